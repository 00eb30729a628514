"""How a wallet fares, in words: what is wrong, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from donations.connecting import AccountNeeded, OtherAccount
from donations.models import InfoToken, Wallet, WalletState
from donations.providers.base import (
    Blocked,
    NonsenseAnswer,
    PassingFault,
    RateLimited,
    ReadOnly,
    ScopeMissing,
    SpendingToken,
    TargetMissing,
    TokenRefused,
    WrongSecret,
)

Level = Literal["ok", "warning", "danger"]

EXPIRES_SOON = timedelta(days=14)
PATIENCE = timedelta(minutes=5)
FAULTS_TO_WORRY = 3


@dataclass(frozen=True, slots=True)
class Health:
    """`sentence` says what is, `advice` what to do ("" when nothing is to be done)."""

    level: Level
    sentence: str
    advice: str = ""
    last_read_at: datetime | None = None
    next_poll_at: datetime | None = None

    @property
    def is_due(self) -> bool:
        """Whether the next reading is to be now."""
        return self.next_poll_at is not None and self.next_poll_at <= timezone.now()


def health_of(wallet: Wallet) -> Health:
    """The wallet's health now, from what the machine noted (`state`) and its tokens; prefetch both for a list."""
    state = getattr(wallet, "state", None) or WalletState(wallet=wallet)
    tokens = sorted(wallet.tokens.all(), key=lambda token: token.pk)
    working = next((token for token in tokens if token.state == InfoToken.State.WORKING), None)
    level, sentence, advice = _findings(wallet, state, tokens, working)
    return Health(level, sentence, advice, state.last_read_at, state.next_poll_at if working else None)


def worst(all_of: Iterable[Health]) -> Health | None:
    """The one to tell first; None of none."""
    ranks = ("ok", "warning", "danger")
    return max(all_of, key=lambda health: ranks.index(health.level), default=None)


def words_for(error: Exception) -> str:
    """What went wrong when a token was tried, and what to do, for the form where it was pasted."""
    match error:
        case ScopeMissing(scope=scope):
            return _refused_right(scope)
        case WrongSecret(kind="qiwi-p2p"):
            return _(
                "This is a key for P2P bills, not a token. Nothing was saved. You need the wallet's information token."
            )
        case WrongSecret():
            return _("This is another service's secret. Nothing was saved. Paste the wallet's read-only token.")
        case SpendingToken():
            return _(
                "This token can spend your money, so it was refused and not saved. "
                "Make one that can only read, and remove this one where you got it."
            )
        case TokenRefused():
            return _("The wallet does not accept this token. It may be mistyped, expired or replaced by a newer one.")
        case TargetMissing():
            return _("There is no such wallet. Check its number.")
        case RateLimited() | Blocked():
            return _("The wallet asked us to wait. Nothing was saved. Try again in a few minutes.")
        case PassingFault():
            return _("The wallet did not answer. Nothing was saved. Try again in a minute.")
        case NonsenseAnswer():
            return _("The wallet gave an answer that makes no sense. Nothing was saved. Try again later.")
        case AccountNeeded():
            return _("This token does not tell its wallet number. Type the number, and paste the token again.")
        case OtherAccount():
            return _(
                "This token belongs to another wallet, so the old one stays. Connect the other wallet as a new one."
            )
        case _:
            return _("The token could not be tried. Nothing was saved.")


def right_words(scope: str) -> str:
    """A right that a token may lack, in words: "profile" is the wallet's number."""
    rights = {
        "history": _("the history of payments"),
        "balance": _("the balance"),
        "profile": _("the wallet's number"),
    }
    return rights.get(scope, scope)


def spending_words(read_only: str) -> str:
    """Whether a token can spend, from what `ReadOnly` says of it."""
    known = {
        ReadOnly.PROVEN: _("It can only read: the wallet itself refused it more."),
        ReadOnly.BY_DESIGN: _("It can only read, as all tokens of this kind."),
        ReadOnly.BY_SCOPE: _("It can only read, by the rights it was given."),
    }
    return known.get(ReadOnly(read_only), _("Whether it could also spend is not known."))


def _refused_right(scope: str) -> str:
    if scope == "history":
        return _(
            "This token may not read the history of payments, so donations cannot be seen. "
            "Make one with that right, and check the wallet number if you typed it."
        )
    return _("This token lacks a right that is needed: %(right)s.") % {"right": right_words(scope)}


def _findings(
    wallet: Wallet, state: WalletState, tokens: list[InfoToken], working: InfoToken | None
) -> tuple[Level, str, str]:
    if wallet.archived_at is not None:
        return "ok", _("Archived. It is not read any more, its donations stay."), ""
    if working is None:
        return _without_token(tokens)
    if state.error:
        return _with_error(state)
    expiry = _expiry(working)
    if expiry:
        return expiry
    return _reading(wallet, state)


def _without_token(tokens: list[InfoToken]) -> tuple[Level, str, str]:
    if tokens and tokens[-1].state == InfoToken.State.REFUSED:
        return (
            "danger",
            _("The wallet no longer accepts the token …%(tail)s.") % {"tail": tokens[-1].tail},
            _("Put in a new token. Donations that come meanwhile are read later, none is lost."),
        )
    return "danger", _("There is no token, so the wallet is not read."), _("Put in a token to go on.")


def _with_error(state: WalletState) -> tuple[Level, str, str]:
    catch_up = _("Nothing to do: it is tried again by itself, and donations that come meanwhile are read then.")
    calm: Level = "warning" if state.fault_count >= FAULTS_TO_WORRY else "ok"
    until = _clock(state.error_until or state.next_poll_at)
    match state.error:
        case "PassingFault":
            return calm, _("The wallet does not answer. The next try is at %(time)s.") % {"time": until}, catch_up
        case "NonsenseAnswer":
            sentence = _("The wallet answers with something that makes no sense. The next try is at %(time)s.")
            return calm, sentence % {"time": until}, catch_up
        case "RateLimited":
            return "warning", _("The wallet asked us to wait until %(time)s.") % {"time": until}, catch_up
        case "Blocked":
            sentence = _("The wallet has shut us out until %(time)s: it was asked too often.")
            advice = _("Check that no other program reads the same wallet often. It is tried again by itself.")
            return "warning", sentence % {"time": until}, advice
        case "ScopeMissing":
            sentence = _("The token may not read what is needed: %(right)s.")
            return "danger", sentence % {"right": right_words(state.error_detail)}, _("Put in a token with that right.")
        case "TargetMissing":
            return "danger", _("The wallet is not there any more."), _("Connect it anew, or archive it.")
        case "TokenRefused":
            return "danger", _("The wallet no longer accepts the token."), _("Put in a new token.")
        case "SpendingToken":
            return "danger", _("The token can spend money, so it is not used."), _("Put in one that can only read.")
        case "CannotUnseal":
            sentence = _("The stored token cannot be opened: the key that sealed it is gone.")
            return "danger", sentence, _("Put in the token again, or let the host bring the key file back.")
        case _:
            return "warning", _("Reading the wallet failed."), catch_up


def _expiry(token: InfoToken) -> tuple[Level, str, str] | None:
    if token.expires_at is None or token.expires_at - timezone.now() > EXPIRES_SOON:
        return None
    day = date_format(timezone.localtime(token.expires_at), "DATE_FORMAT")
    if token.expires_at <= timezone.now():
        sentence = _("The token's life ended on %(day)s. It may stop working any moment.")
    else:
        sentence = _("The token ends on %(day)s.")
    return "warning", sentence % {"day": day}, _("Make a new one in time and put it in here.")


def _reading(wallet: Wallet, state: WalletState) -> tuple[Level, str, str]:
    now = timezone.now()
    due = state.next_poll_at
    if due is None or now - due > max(PATIENCE, 5 * timedelta(seconds=wallet.poll_seconds)):
        return (
            "danger",
            _("The wallet should have been read long ago. The reader does not seem to run."),
            _("Ask the host to look at the program. Donations wait in the wallet and are read then."),
        )
    if state.last_read_at is None:
        return "ok", _("Reading the last 30 days for the first time."), ""
    return "ok", _("All is well."), ""


def _clock(moment: datetime | None) -> str:
    return date_format(timezone.localtime(moment), "TIME_FORMAT") if moment else "…"
