"""What the wallet's page says of the balance and the days: in words, with amounts, and never alarming."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.formats import date_format

from donations.models import Balance, BalanceCheck, DayCheck, WalletState

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def told(anya_client, wallet):
    """What the wallet's page says, in the language given."""

    def page(language: str = "en") -> str:
        answer = anya_client.get(f"/panel/wallets/{wallet.pk}/", headers={"accept-language": language})
        return " ".join(answer.content.decode().replace("\u202f", " ").replace("\xa0", " ").split())

    return page


def differs(wallet, minor, ago=HOUR, currency="RUB", **facts):
    """The newest balance is so far from the ledger, since then."""
    now = timezone.now()
    Balance.objects.create(wallet=wallet, currency=currency, minor=500_00, first_seen_at=now, last_seen_at=now)
    noticed_at = now - ago if minor else None
    check = {"drift_minor": 0, "difference_minor": minor, "noticed_at": noticed_at, "ledger_minor": 500_00 - minor}
    BalanceCheck.objects.create(wallet=wallet, currency=currency, **check | facts)


def note(wallet, **facts):
    WalletState.objects.filter(wallet=wallet).update(**facts)


def test_before_anything_was_compared_nothing_is_said(told):
    page = told()
    assert "agree" not in page
    assert "left" not in page


def test_a_balance_that_was_not_compared_yet_is_shown_without_a_word(told, wallet):
    differs(wallet, 0, drift_minor=None)
    page = told()
    assert "500 ₽" in page
    assert "agree" not in page


def test_a_balance_that_agrees_is_a_calm_line(told, wallet):
    differs(wallet, 0)
    Balance.objects.update(last_seen_at=timezone.now() - 12 * MINUTE)
    page = told()
    assert "Balance and history agree." in page
    assert "12 min. ago" in page
    assert "500 ₽" in page


def test_money_that_left_is_said_with_how_much(told, wallet):
    differs(wallet, -120_50)
    page = told()
    assert "120.50 ₽ left the wallet." in page
    assert "1 hr. ago" in page
    assert "The last 30 days are read again within the hour." in page
    note(wallet, read_30d_at=timezone.now() - HOUR / 2)
    page = told()
    assert "120.50 ₽ left the wallet." in page
    assert "That changes no goal and no total." in page
    assert "within the hour" not in page
    assert "agree" not in page


def test_money_that_left_is_forgotten_a_day_after_it_was_explained(told, wallet):
    differs(wallet, -120_50, ago=25 * HOUR)
    note(wallet, read_30d_at=timezone.now() - 20 * HOUR)
    page = told()
    assert "left the wallet" not in page
    assert "Balance and history agree." in page


def test_money_that_the_history_does_not_show_is_said_with_what_is_done_about_it(told, wallet):
    differs(wallet, 50_00, currency="USD")
    page = told()
    assert "$50 arrived that the history does not show yet." in page
    assert "The last 30 days are read again within the hour." in page
    note(wallet, read_30d_at=timezone.now() - HOUR / 2)
    assert "It counts as soon as the history shows it." in told()


def test_a_day_that_differs_is_said_with_both_sums(told, wallet):
    now = timezone.now()
    facts = {"wallet": wallet, "currency": "RUB", "checked_at": now - HOUR}
    day = timezone.localdate() - timedelta(days=1)
    DayCheck.objects.create(day=day, told_minor=500_00, read_minor=450_00, **facts)
    DayCheck.objects.create(day=day - timedelta(days=1), told_minor=1, read_minor=1, **facts)
    note(wallet, reread_asked_at=now - HOUR)
    page = told()
    assert f"On {date_format(day, 'F j')} QIWI Sandbox counts 500 ₽, the rows that came add up to 450 ₽." in page
    assert page.count("the rows that came add up to") == 1
    assert "The last 30 days are read again within the hour." in page
    note(wallet, read_30d_at=now)
    assert "They are read once more from time to time." in told()


def test_days_that_agree_are_said_where_no_balance_may_be_read(told, wallet):
    now = timezone.now()
    DayCheck.objects.create(
        wallet=wallet, day=now.date(), currency="RUB", told_minor=1, read_minor=1, checked_at=now - HOUR
    )
    page = told()
    assert "The wallet's own sums of the days and the history agree." in page.replace("&#x27;", "'")
    assert "1 hr. ago" in page


def test_nothing_of_it_alarms(told, wallet):
    differs(wallet, 50_00)
    differs(wallet, -50_00, currency="KZT")
    note(wallet, next_poll_at=timezone.now() + MINUTE)
    page = told()
    assert "50 ₽ arrived" in page
    assert "50 ₸ left" in page
    assert "All is well." in page
