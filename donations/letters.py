"""Letters: an e-mail to the owners when a wallet needs them, and when it is well again. Plain text, short."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from smtplib import SMTPException, SMTPRecipientsRefused

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django_q.models import Schedule
from django_q.tasks import schedule

from donations.condition import Condition
from donations.health import Health, health_of
from donations.models import Event, Member, Wallet, WalletState
from donations.telling import LETTER

logger = logging.getLogger("kopilka.letters")

AN_HOUR = timedelta(hours=1)
HEADERS = {"Auto-Submitted": "auto-generated"}
"""Nobody's holiday reply is wanted."""

COMES_AND_GOES = (Condition.BLOCKED, Condition.FAILING)


@dataclass(frozen=True, slots=True)
class Letter:
    """What is written to each owner."""

    subject: str
    text: str


def send_letter(streamer_id: int, number: int) -> None:
    """Send what that event says of a wallet to the streamer's owners, unless it is no longer so, or was said.

    The number is noted before the letter goes out, so that it never goes out twice; one that the mail server does not
    take is lost, with a warning in the log. The panel says the same for as long as it is so.
    """
    event = Event.objects.filter(streamer_id=streamer_id, seq=number, kind=Event.Kind.WALLET).first()
    addresses = owners_addresses(streamer_id)
    if event is None or not addresses:
        return
    wallets = Wallet.objects.select_related("streamer", "state").prefetch_related("tokens")
    wallet = wallets.get(pk=event.figures["wallet"])
    with translation.override(wallet.streamer.language), timezone.override(wallet.streamer.zone):
        health = health_of(wallet)
        letter = write_letter(wallet, health)
    if health.finding.condition != event.figures["state"] or _is_needless(event, wallet.state.mailed):
        return
    waits_until = _waits_until(event, wallet.state.mailed)
    if waits_until > timezone.now():
        schedule(LETTER, streamer_id, number, schedule_type=Schedule.ONCE, next_run=waits_until)
    elif WalletState.objects.filter(pk=wallet.pk, mailed__lt=number).update(mailed=number):
        _post(letter, addresses, wallet)


def _is_needless(event: Event, mailed: int) -> bool:
    """Whether this was written, or something later was told, or a trouble is over that nobody was written to about."""
    log = Event.objects.filter(streamer_id=event.streamer_id, kind=Event.Kind.WALLET)
    if mailed >= event.seq or log.filter(seq__gt=event.seq, figures__wallet=event.figures["wallet"]).exists():
        return True
    was_well = mailed == 0 or log.filter(seq=mailed, figures__state=Condition.WORKING).exists()
    return was_well and event.figures["state"] == Condition.WORKING


def _waits_until(event: Event, mailed: int) -> datetime:
    """What comes and goes by itself is written of once an hour: a wallet that is shut out again and again would else
    fill a mailbox. What is over by then is not written of at all.
    """
    last = Event.objects.filter(streamer_id=event.streamer_id, seq=mailed).first()
    if event.figures["state"] in COMES_AND_GOES and last is not None:
        return last.at + AN_HOUR
    return event.at


def owners_addresses(streamer_id: int) -> list[str]:
    """Of those owners who gave one."""
    owners = Member.objects.filter(streamer_id=streamer_id, role=Member.Role.OWNER, user__is_active=True)
    return list(owners.exclude(user__email="").order_by("pk").values_list("user__email", flat=True))


def _post(letter: Letter, addresses: list[str], wallet: Wallet) -> None:
    messages = [EmailMessage(letter.subject, letter.text, to=[address], headers=HEADERS) for address in addresses]
    try:
        with get_connection() as connection:
            for message in messages:
                message.connection = connection
                _hand_in(message, wallet)
    except (OSError, SMTPException) as error:
        _regret(wallet, error)


def _hand_in(message: EmailMessage, wallet: Wallet) -> None:
    try:
        message.send()
    except SMTPRecipientsRefused as error:
        # The others' addresses may be right.
        _regret(wallet, error)


def _regret(wallet: Wallet, error: Exception) -> None:
    # Its kind alone: the message of such an error may quote the address.
    logger.warning("wallet %s: a letter was not sent (%s)", wallet.pk, type(error).__name__)


def write_letter(wallet: Wallet, health: Health) -> Letter:
    """In the active language: what happened, what is safe, what to do, and where."""
    is_over = health.finding.condition == Condition.WORKING
    what = _("It is read again.") if is_over else health.sentence
    paragraphs = [
        f"{wallet.title}: {what}",
        _safe(health.finding.condition),
        "" if is_over else health.advice,
        settings.PUBLIC_URL + reverse("panel:wallet", args=[wallet.pk]),
        _("You get this letter because your address stands on the wallets page of the panel. Remove it there."),
    ]
    # A title with a line break in it would be refused as a header.
    subject = " ".join(f"{wallet.title}: {what}".split())
    return Letter(subject, "\n\n".join(filter(None, paragraphs)) + "\n")


def _safe(condition: Condition) -> str:
    """What is safe, where the advice does not say it."""
    match condition:
        case Condition.WORKING:
            return _("What came in meanwhile is read now, and nothing is lost.")
        case Condition.EXPIRES | Condition.EXPIRED:
            return _(
                "Donations are read for as long as the wallet accepts the token, and what comes later is not lost."
            )
        case Condition.GONE:
            return _("What was read before is safe and stays.")
        case Condition.REFUSED | Condition.FAILING:
            return ""
        case _:
            return _("Nothing is lost: donations that come now wait in the wallet and are read later.")
