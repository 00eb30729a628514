"""How a wallet fares, in words: what is, since or until when, and one sentence of what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from donations.condition import Condition, Finding, Level, find
from donations.models import InfoToken, Wallet, WalletState
from donations.moments import clock, day_of_year
from donations.providers.base import ReadOnly


@dataclass(frozen=True, slots=True)
class Health:
    """`sentence` says what is, `advice` what to do ("" when nothing is to be done)."""

    finding: Finding
    sentence: str
    advice: str = ""
    last_read_at: datetime | None = None
    next_poll_at: datetime | None = None

    @property
    def level(self) -> Level:
        """How bad it is."""
        return self.finding.level

    @property
    def is_due(self) -> bool:
        """Whether the next reading is to be now."""
        return self.next_poll_at is not None and self.next_poll_at <= timezone.now()


def health_of(wallet: Wallet) -> Health:
    """The wallet's health now, its times in the active zone; prefetch `state` and `tokens` for a list."""
    state = getattr(wallet, "state", None) or WalletState(wallet=wallet)
    token = max(wallet.tokens.all(), key=lambda token: token.pk, default=None)
    now = timezone.now()
    finding = find(state, token, now)
    is_read = token is not None and token.state == InfoToken.State.WORKING
    sentence, advice = _words(finding, state, token, now)
    return Health(finding, sentence, advice, state.last_read_at, state.next_poll_at if is_read else None)


def worst(all_of: Iterable[Health]) -> Health | None:
    """The one to tell first; None of none."""
    ranks = ("ok", "warning", "danger")
    return max(all_of, key=lambda health: ranks.index(health.level), default=None)


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


def _words(finding: Finding, state: WalletState, token: InfoToken | None, now: datetime) -> tuple[str, str]:
    """What is, and what to do."""
    facts = {
        "since": clock(finding.since or now),
        "until": clock(finding.until or now),
        "next": clock(state.next_poll_at or now),
        "tail": token.tail if token else "",
        "right": right_words(state.error_detail),
    }
    match finding.condition:
        case Condition.WORKING:
            sentence, advice = _reading(state)
        case Condition.FAILING:
            sentence, advice = _failing(state), _catch_up()
        case Condition.RATE_LIMITED:
            sentence, advice = _("The wallet asked us to wait until %(until)s."), _catch_up()
        case Condition.BLOCKED:
            sentence = _("The wallet has shut us out until %(until)s: it was asked too often.")
            advice = _("Check that no other program reads the same wallet often. It is tried again by itself.")
        case Condition.EXPIRES:
            return _ending(finding, now), _("Make a new one in time, and put it in on the page of the wallet.")
        case Condition.EXPIRED:
            sentence = _("The token has been out of date since %(since)s. It may stop working any moment.")
            advice = _("Make a new one now, and put it in on the page of the wallet.")
        case Condition.STALLED:
            sentence = _("The wallet should have been read long ago. The reader does not seem to run.")
            advice = _("Ask the host to look at the program. Donations wait in the wallet and are read then.")
        case Condition.ARCHIVED:
            sentence, advice = _("Archived. It is not read any more, its donations stay."), ""
        case _:
            sentence, advice = _stopped(finding)
    return sentence % facts, advice


def _stopped(finding: Finding) -> tuple[str, str]:
    """What keeps the wallet from being read until a person acts."""
    match finding.condition:
        case Condition.REFUSED:
            sentence = _("The wallet no longer accepts the token …%(tail)s, since %(since)s.")
            return sentence, _("Put in a new token. Donations that come meanwhile are read later, none is lost.")
        case Condition.NO_RIGHT:
            return _("The token may not read what is needed: %(right)s."), _("Put in a token with that right.")
        case Condition.SPENDING:
            return _("The token can spend money, so it is not used."), _("Put in one that can only read.")
        case Condition.GONE:
            return _("The wallet is not there any more."), _("Connect it anew, or archive it.")
        case Condition.LOCKED:
            sentence = _("The stored token cannot be opened: the key that sealed it is gone.")
            return sentence, _("Put in the token again, or let the host bring the key file back.")
        case _:
            return _("There is no token, so the wallet is not read."), _("Put in a token to go on.")


def _reading(state: WalletState) -> tuple[str, str]:
    """A wallet that works, with a fault that does not last yet."""
    match state.error:
        case "" if state.last_read_at is None:
            return _("Reading the last 30 days for the first time."), ""
        case "":
            return _("All is well."), ""
        case "RateLimited":
            return _("The wallet asked us to wait until %(next)s."), _catch_up()
        case "NonsenseAnswer":
            sentence = _("The wallet answered with something that makes no sense. The next try is at %(next)s.")
            return sentence, _catch_up()
        case _:
            return _("The wallet did not answer. The next try is at %(next)s."), _catch_up()


def _failing(state: WalletState) -> str:
    if state.error == "NonsenseAnswer":
        return _("Since %(since)s the wallet answers with something that makes no sense. The next try is at %(next)s.")
    return _("The wallet has not answered since %(since)s. The next try is at %(next)s.")


def _catch_up() -> str:
    return _("Nothing to do: it is tried again by itself, and donations that come meanwhile are read then.")


def _ending(finding: Finding, now: datetime) -> str:
    assert finding.until is not None
    days = (timezone.localtime(finding.until).date() - timezone.localtime(now).date()).days
    if days == 0:
        return _("The token ends today at %(time)s.") % {"time": clock(finding.until)}
    words = ngettext("The token ends on %(day)s, in %(n)d day.", "The token ends on %(day)s, in %(n)d days.", days)
    return words % {"n": days, "day": day_of_year(timezone.localtime(finding.until))}
