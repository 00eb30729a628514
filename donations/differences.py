"""Where a wallet's balance and its own sums of the days differ from the ledger, in words; and that they agree."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from donations.checks import differing_days, is_explained, is_told
from donations.models import Balance, BalanceCheck, DayCheck, Wallet, WalletState
from donations.moments import day_of_year
from donations.money import format_money
from donations.providers import PROVIDERS

MOST_DAYS = 5
"""The newest: a page is read by a person."""


@dataclass(frozen=True, slots=True)
class Difference:
    """`sentence` says what differs and by how much, `advice` what comes of it."""

    sentence: str
    advice: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is to be told of a wallet: its newest balances, and what differs or that nothing does.

    `agreed` is "" while something differs or nothing was compared yet; `checked_at` says when that was seen.
    """

    balances: list[Balance]
    differences: list[Difference]
    agreed: str = ""
    checked_at: datetime | None = None


def comparison_of(wallet: Wallet) -> Comparison:
    """How the wallet's own word and the ledger compare now."""
    state = getattr(wallet, "state", None) or WalletState(wallet=wallet)
    own = wallet.streamer.currency
    checks = sorted(wallet.balance_checks.all(), key=lambda check: (check.currency != own, check.currency))
    found = [wallet.balances.filter(currency=check.currency).order_by("-pk").first() for check in checks]
    balances = [balance for balance in found if balance is not None]
    now = timezone.now()
    differences = [_of_balance(check, state) for check in checks if is_told(check, state, now)]
    days = differing_days(wallet.pk, now).order_by("-day", "currency")
    differences += [_of_day(day, wallet, state) for day in days[:MOST_DAYS]]
    if differences:
        return Comparison(balances, differences)
    if balances and any(check.drift_minor is not None for check in checks):
        return Comparison(balances, [], _("Balance and history agree."), max(row.last_seen_at for row in balances))
    newest = wallet.day_checks.order_by("-checked_at").first()
    if newest is not None:
        return Comparison(
            balances, [], _("The wallet's own sums of the days and the history agree."), newest.checked_at
        )
    return Comparison(balances, [])


def _of_balance(check: BalanceCheck, state: WalletState) -> Difference:
    amount = format_money(abs(check.difference_minor), check.currency)
    since = check.noticed_at or timezone.now()
    if check.difference_minor > 0:
        sentence = _("%(amount)s arrived that the history does not show yet.") % {"amount": amount}
        searched = _("The last 30 days were read again without it. It counts as soon as the history shows it.")
        return Difference(sentence, searched if _is_searched(state, since) else _to_be_read(), since)
    sentence = _("%(amount)s left the wallet.") % {"amount": amount}
    harmless = _("That changes no goal and no total.")
    return Difference(sentence, harmless if is_explained(check, state) else f"{harmless} {_to_be_read()}", since)


def _of_day(day: DayCheck, wallet: Wallet, state: WalletState) -> Difference:
    sentence = _("On %(day)s %(service)s counts %(told)s, the rows that came add up to %(read)s.") % {
        "day": day_of_year(day.day),
        "service": PROVIDERS[wallet.provider].title,
        "told": format_money(day.told_minor, day.currency),
        "read": format_money(day.read_minor, day.currency),
    }
    searched = _("The last 30 days were read again, and it stays so. They are read once more from time to time.")
    is_searched = _is_searched(state, state.reread_asked_at or day.checked_at)
    return Difference(sentence, searched if is_searched else _to_be_read(), day.checked_at)


def _is_searched(state: WalletState, since: datetime) -> bool:
    return state.read_30d_at is not None and state.read_30d_at > since


def _to_be_read() -> str:
    return _("The last 30 days are read again within the hour.")
