"""Each trouble of a wallet has its sentence and its advice."""

from __future__ import annotations

import inspect
from datetime import timedelta

import pytest
from django.utils import timezone

from donations.connecting import AccountNeeded, OtherAccount
from donations.health import health_of, worst
from donations.models import InfoToken, WalletState
from donations.moments import clock
from donations.providers import base
from donations.refusals import words_for

ERRORS = {
    name: kind
    for name, kind in vars(base).items()
    if inspect.isclass(kind) and issubclass(kind, base.ProviderError) and kind is not base.ProviderError
}
WITH_TIME = ("RateLimited", "Blocked")
VAGUE_HEALTH = "Reading the wallet failed."
VAGUE_WORDS = words_for(base.ProviderError())


def note(wallet, **facts):
    facts = {"next_poll_at": timezone.now(), **facts}
    WalletState.objects.filter(wallet=wallet).update(**facts)
    wallet.refresh_from_db()
    return health_of(wallet)


def an_error(name: str) -> Exception:
    if name in WITH_TIME:
        return ERRORS[name](timezone.now())
    if name in ("ScopeMissing", "WrongSecret"):
        return ERRORS[name]("history")
    return ERRORS[name]()


def test_a_wallet_that_was_just_read_is_well(wallet):
    health = note(wallet, last_read_at=timezone.now())
    assert (health.level, health.sentence) == ("ok", "All is well.")


@pytest.mark.parametrize("name", [*sorted(ERRORS), "CannotUnseal"])
def test_every_error_that_reading_can_meet_has_its_sentence(wallet, name):
    health = note(wallet, error=name, fault_count=5, error_detail="history")
    assert health.level in ("warning", "danger")
    assert health.sentence != VAGUE_HEALTH
    assert health.advice


@pytest.mark.parametrize("name", sorted(ERRORS))
def test_every_error_that_a_form_can_meet_has_its_words(name):
    assert words_for(an_error(name)) != VAGUE_WORDS


def test_what_is_asked_for_has_words_too():
    assert "number" in words_for(AccountNeeded())
    assert "another wallet" in words_for(OtherAccount())


def test_one_missed_answer_worries_nobody(wallet):
    assert note(wallet, error="PassingFault", fault_count=1).level == "ok"
    began = timezone.now()
    assert note(wallet, error="PassingFault", fault_count=9, error_since=began).level == "ok"
    assert note(wallet, error="PassingFault", fault_count=2, error_since=began - timedelta(hours=1)).level == "ok"
    health = note(wallet, error="PassingFault", fault_count=3, error_since=began - timedelta(minutes=6))
    assert (health.level, health.finding.condition) == ("warning", "failing")


def test_a_time_has_its_day_when_that_is_not_today():
    with timezone.override("Asia/Tokyo"):
        now = timezone.localtime()
        assert clock(now) == f"{now:%H:%M}"
        long_ago = now - timedelta(days=400)
        assert clock(long_ago).endswith(f"{long_ago.year}, {now:%H:%M}")


def test_a_refused_token_says_what_to_do(wallet):
    InfoToken.objects.update(state="refused")
    health = note(wallet, error="TokenRefused", next_poll_at=None)
    assert health.level == "danger"
    assert "…cdef" in health.sentence
    assert "new token" in health.advice


def test_a_token_that_ends_soon_is_said_two_weeks_before(wallet):
    InfoToken.objects.update(expires_at=timezone.now() + timedelta(days=15))
    assert note(wallet).level == "ok"
    InfoToken.objects.update(expires_at=timezone.now() + timedelta(days=13))
    assert note(wallet).level == "warning"


def test_a_reader_that_stands_still_is_noticed(wallet):
    health = note(wallet, next_poll_at=timezone.now() - timedelta(minutes=6))
    assert health.level == "danger"
    assert "does not seem to run" in health.sentence


def test_the_worst_is_told_first(wallet):
    well = note(wallet)
    ill = note(wallet, error="TargetMissing")
    assert worst([well, ill, well]) is ill
    assert worst([]) is None
