"""Checks: the ledger is held beside what the wallet itself says, its balance and its own sum of each day.

A difference is kept in `BalanceCheck` and `DayCheck`, and starts the re-reading of 30 days. It changes no donation and
no sum: what is counted comes from the rows of the history alone.

The balance is compared with every reading of it. Money that the ledger does not explain either came (the history does
not show it yet) or left (its owner spent it). A payment between the call for the history and the one for the balance
looks like the first and is gone with the next reading, so the 30 days are read only after another reading has seen the
difference too. Money that has left is explained when it still has after that; money that came unseen is waited for as
long as a row may be late.

The days are compared once a day, each when it is over and on the two days that follow, three a reading at most: the
30 days before the wallet was connected too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import F, Q, QuerySet, Sum

from donations.events import Log
from donations.models import BalanceCheck, DayCheck, Donation, Wallet, WalletState
from donations.money import Money
from donations.periods import DAY, midnight
from donations.providers import PROVIDERS
from donations.providers.base import Span

REACH = timedelta(days=30)
"""How far the re-reading goes back, and for how long a difference is looked after: the bound on lateness."""

AN_HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
DAYS_AGAIN = 3
MOST_DAYS = 3
"""In one reading: with the history's call they last 4 seconds of QIWI's limit, less than the shortest interval."""

DayTotal = tuple[date, Sequence[Money]]
"""A day, and what the service says came in on it."""


def reach_of(wallet: Wallet) -> timedelta:
    """How far back a re-reading goes: 30 days, or as far as the first reading went."""
    return min(REACH, PROVIDERS[wallet.provider].first_read)


def is_reread_due(state: WalletState, now: datetime) -> bool:
    """Whether a difference asks for 30 days to be read: after another reading, then with growing gaps from an hour."""
    asked, read = state.reread_asked_at, state.read_30d_at
    if asked is None or state.last_read_at is None or state.last_read_at <= asked:
        return False
    return read is None or now - read >= max(AN_HOUR, (read - asked) / 4)


def is_balance_due(state: WalletState, now: datetime) -> bool:
    """Whether a difference asks for the balance: with the reading that follows it, and with each of 30 days."""
    asked = state.reread_asked_at
    is_new = asked is not None and (state.last_read_at is None or state.last_read_at <= asked)
    return is_new or is_reread_due(state, now)


def days_to_ask(state: WalletState, zone: ZoneInfo, now: datetime) -> list[date]:
    """The days of the streamer's zone whose totals a reading that begins now asks for, oldest first.

    Once a day those that are over since the last time and the last three; else those that differed before 30 days were
    read again.
    """
    if state.last_read_at is None:
        return []
    if _is_daily_due(state, now):
        today = now.astimezone(zone).date()
        # The first reading began in the middle of a day.
        earliest = (now - reach_of(state.wallet)).astimezone(zone).date() + DAY
        checked = state.totals_read_at.astimezone(zone).date() if state.totals_read_at else earliest
        first = max(earliest, min(checked, today - timedelta(days=DAYS_AGAIN)))
        return [first + n * DAY for n in range((today - first).days)][:MOST_DAYS]
    if state.reread_asked_at is None or state.read_30d_at is None:
        return []
    differing = differing_days(state.pk, now).filter(checked_at__lt=state.read_30d_at)
    return sorted(set(differing.values_list("day", flat=True)))[:MOST_DAYS]


def note_days(state: WalletState, days: Sequence[date], zone: ZoneInfo, at: datetime) -> None:
    """A reading that began at `at` asked for these days, or tried to: what failed has its turn a day later."""
    if days and _is_daily_due(state, at):
        end = midnight(days[-1] + DAY, zone)
        is_all = days[-1] + DAY >= at.astimezone(zone).date()
        state.totals_read_at = at if is_all else end


def span_of_day(day: date, zone: ZoneInfo) -> Span:
    """From its first second to its last."""
    # In UTC: a second before midnight by the clock on the wall may have come twice.
    start, end = (midnight(each, zone).astimezone(UTC) for each in (day, day + DAY))
    return Span(start, end - SECOND)


def compare(
    log: Log, state: WalletState, wallet: Wallet, balances: Iterable[Money], totals: Iterable[DayTotal]
) -> None:
    """Hold the ledger beside what a whole reading was told, inside `writing`; `state` is saved by the caller.

    A new difference asks for the re-reading from now on; when none is left that it could explain, it is called off.
    A reading without news, with balances that are `even_balances` and without totals, need not come here while
    `reread_asked_at` is None.
    """
    news = [_beside_balance(log, state, wallet, money) for money in balances]
    news += [_beside_total(log, wallet, day, told) for day, told in totals]
    if any(news):
        state.reread_asked_at = log.now
    elif state.reread_asked_at is not None and not _is_open(state, log.now):
        state.reread_asked_at = None


def differing_days(wallet_id: int, now: datetime) -> QuerySet[DayCheck]:
    """The days of the last 30 that do not agree."""
    recent = DayCheck.objects.filter(wallet=wallet_id, day__gte=(now - REACH).date())
    return recent.exclude(told_minor=F("read_minor"))


def forget_baselines(wallet: Wallet) -> None:
    """The next balance is taken as it is: nobody saw what happened in between."""
    wallet.balance_checks.update(drift_minor=None, difference_minor=0, noticed_at=None)


def even_balances(wallet_ids: Iterable[int]) -> dict[tuple[int, str], int]:
    """What must lie in these wallets for all to be explained, by wallet and currency. Where something is open already,
    or nothing was compared yet, there is no such balance: the next one must be compared, even if it is as before.
    """
    even = BalanceCheck.objects.filter(wallet__in=wallet_ids, drift_minor__isnull=False, difference_minor=0)
    rows = even.values_list("wallet_id", "currency", "ledger_minor", "drift_minor")
    return {(wallet_id, currency): ledger + (drift or 0) for wallet_id, currency, ledger, drift in rows}


def is_explained(check: BalanceCheck, state: WalletState) -> bool:
    """Whether money is known to have left: 30 days were read again and explain nothing of it."""
    noticed, read = check.noticed_at, state.read_30d_at
    return check.difference_minor < 0 and noticed is not None and read is not None and read > noticed


def is_told(check: BalanceCheck, state: WalletState, now: datetime) -> bool:
    """Whether the difference still is for people to know: for a day once it is explained, else for 30."""
    if check.noticed_at is None:
        return False
    return now - check.noticed_at < (DAY if is_explained(check, state) else REACH)


def _beside_balance(log: Log, state: WalletState, wallet: Wallet, money: Money) -> bool:
    """Whether a difference is new."""
    check, _new = BalanceCheck.objects.get_or_create(wallet=wallet, currency=money.currency)
    drift = money.minor - check.ledger_minor
    explained, told = check.drift_minor, check.difference_minor
    if explained is None:
        explained = drift
    elif _is_past(check, state, drift, log.now):
        explained, told = explained + told, 0
    difference = drift - explained
    is_new = difference not in (0, told)
    if is_new or difference == 0:
        check.noticed_at = log.now if is_new else None
    if (explained, difference) != (check.drift_minor, check.difference_minor):
        check.drift_minor, check.difference_minor = explained, difference
        check.save(update_fields=["drift_minor", "difference_minor", "noticed_at"])
    return is_new


def _is_past(check: BalanceCheck, state: WalletState, drift: int, now: datetime) -> bool:
    """Whether what follows is measured from this difference."""
    if check.drift_minor is None or not check.difference_minor:
        return False
    is_other = drift - check.drift_minor != check.difference_minor
    return not is_told(check, state, now) or (is_explained(check, state) and is_other)


def _beside_total(log: Log, wallet: Wallet, day: date, told: Sequence[Money]) -> bool:
    """Whether a difference is new."""
    zone = wallet.streamer.zone
    rows = Donation.objects.filter(
        streamer_id=wallet.streamer_id,
        wallet=wallet,
        status=Donation.Status.SETTLED,
        occurred_at__gte=midnight(day, zone),
        occurred_at__lt=midnight(day + DAY, zone),
    )
    read = dict(rows.order_by().values_list("currency").annotate(minor=Sum("minor")))
    said = {money.currency: money.minor for money in told}
    before = wallet.day_checks.filter(day=day)
    known = {row.currency: (row.told_minor, row.read_minor) for row in before}
    now = {code: (said.get(code, 0), read.get(code, 0)) for code in sorted(said.keys() | read.keys())}
    wallet.day_checks.filter(Q(day=day) | Q(day__lt=(log.now - REACH).date())).delete()
    DayCheck.objects.bulk_create(
        DayCheck(wallet=wallet, day=day, currency=code, told_minor=of[0], read_minor=of[1], checked_at=log.now)
        for code, of in now.items()
    )
    return any(of[0] != of[1] and known.get(code) != of for code, of in now.items())


def _is_open(state: WalletState, now: datetime) -> bool:
    """Whether there is a difference that a re-reading may explain."""
    checks = BalanceCheck.objects.filter(wallet=state.pk)
    is_open = any(is_told(check, state, now) and not is_explained(check, state) for check in checks)
    return is_open or differing_days(state.pk, now).exists()


def _is_daily_due(state: WalletState, now: datetime) -> bool:
    return state.totals_read_at is None or now - state.totals_read_at >= DAY
