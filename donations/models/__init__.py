"""The rows of the money side, one noun a file."""

from donations.models.access_key import AccessKey
from donations.models.call_limit import CallLimit
from donations.models.correction import Correction
from donations.models.donation import Donation
from donations.models.donor_mark import DonorMark
from donations.models.event import Event, FeedCounter
from donations.models.goal import Goal, GoalTally, Milestone
from donations.models.heartbeat import Heartbeat
from donations.models.info_token import InfoToken
from donations.models.rate import Rate
from donations.models.stream_session import StreamSession
from donations.models.streamer import Member, Streamer
from donations.models.tally import DonorTally, Raised
from donations.models.wallet import Balance, BalanceCheck, DayCheck, OddRow, Wallet, WalletState

__all__ = [
    "AccessKey",
    "Balance",
    "BalanceCheck",
    "CallLimit",
    "Correction",
    "DayCheck",
    "Donation",
    "DonorMark",
    "DonorTally",
    "Event",
    "FeedCounter",
    "Goal",
    "GoalTally",
    "Heartbeat",
    "InfoToken",
    "Member",
    "Milestone",
    "OddRow",
    "Raised",
    "Rate",
    "StreamSession",
    "Streamer",
    "Wallet",
    "WalletState",
]
