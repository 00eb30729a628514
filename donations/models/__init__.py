"""The rows of the money side, one noun a file."""

from donations.models.access_key import AccessKey
from donations.models.donation import Donation
from donations.models.event import Event, FeedCounter
from donations.models.goal import Goal, GoalTally
from donations.models.heartbeat import Heartbeat
from donations.models.info_token import InfoToken
from donations.models.stream_session import StreamSession
from donations.models.streamer import Member, Streamer
from donations.models.wallet import Balance, OddRow, Wallet, WalletState

__all__ = [
    "AccessKey",
    "Balance",
    "Donation",
    "Event",
    "FeedCounter",
    "Goal",
    "GoalTally",
    "Heartbeat",
    "InfoToken",
    "Member",
    "OddRow",
    "StreamSession",
    "Streamer",
    "Wallet",
    "WalletState",
]
