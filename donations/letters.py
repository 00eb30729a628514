"""Letters: an e-mail to the owners when a wallet needs them, and when it is well again. Plain text, short."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from donations.condition import Condition
from donations.health import Health, health_of
from donations.models import Event, Member, Wallet, WalletState

logger = logging.getLogger("kopilka.letters")


@dataclass(frozen=True, slots=True)
class Letter:
    """What is written to each owner."""

    subject: str
    text: str


def send_letter(streamer_id: int, number: int) -> None:
    """Send what that event says of a wallet to the streamer's owners. Sends nothing that is no longer so.

    The number is noted before the letter goes out, so that it never goes out twice; one that the mail server does not
    take is lost, with a warning in the log. The panel says the same for as long as it is so.
    """
    event = Event.objects.filter(streamer_id=streamer_id, seq=number, kind=Event.Kind.WALLET).first()
    addresses = owners_addresses(streamer_id)
    if event is None or not addresses:
        return
    wallet = (
        Wallet.objects.select_related("streamer", "state").prefetch_related("tokens").get(pk=event.figures["wallet"])
    )
    if not WalletState.objects.filter(pk=wallet.pk, mailed__lt=number).update(mailed=number):
        return
    with translation.override(wallet.streamer.language), timezone.override(wallet.streamer.zone):
        health = health_of(wallet)
        if health.finding.condition != event.figures["state"]:
            return
        letter = write_letter(wallet, health)
    try:
        with get_connection() as connection:
            for address in addresses:
                EmailMessage(letter.subject, letter.text, to=[address], connection=connection).send()
    except (OSError, SMTPException) as error:
        # The message of such an error may quote the address.
        logger.warning("wallet %s: the letter was not sent (%s)", wallet.pk, type(error).__name__)


def owners_addresses(streamer_id: int) -> list[str]:
    """Of those owners who gave one."""
    owners = Member.objects.filter(streamer_id=streamer_id, role=Member.Role.OWNER, user__is_active=True)
    return list(owners.exclude(user__email="").order_by("pk").values_list("user__email", flat=True))


def write_letter(wallet: Wallet, health: Health) -> Letter:
    """In the active language: what happened, what is safe, what to do, and where."""
    condition = health.finding.condition
    what = _("It is read again.") if condition == Condition.WORKING else health.sentence
    paragraphs = [
        f"{wallet.title}: {what}",
        _safe(condition),
        health.advice if condition != Condition.WORKING else "",
        settings.PUBLIC_URL + reverse("panel:wallet", args=[wallet.pk]),
        _("You get this letter because your address stands on the wallets page of the panel. Remove it there."),
    ]
    # A title with a line break in it would be refused as a header.
    subject = " ".join(f"{wallet.title}: {what}".split())
    return Letter(subject, "\n\n".join(filter(None, paragraphs)) + "\n")


def _safe(condition: Condition) -> str:
    match condition:
        case Condition.WORKING:
            return _("What came in meanwhile is read now, and nothing is lost.")
        case Condition.EXPIRES | Condition.EXPIRED:
            return _("Donations are read as always until then.")
        case Condition.GONE:
            return _("What was read before is safe and stays.")
        case _:
            return _("Nothing is lost: donations that come now wait in the wallet and are read later.")
