"""Whoever looks after a wallet is told of each change of its condition once, over the real sandbox."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from django.db import connection, connections
from django.utils import timezone
from django_q.models import OrmQ

from donations import tasks
from donations.connecting import archive_wallet, connect, replace_token, revoke_token
from donations.models import InfoToken, Wallet, WalletState
from donations.outcomes import write
from donations.polling import Poller, fetch
from donations.providers import PROVIDERS
from donations.providers.qiwi import Qiwi
from donations.telling import tell_of_time

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def told(purse) -> list[str]:
    """What the log says of the wallet, one word each."""
    return [event.figures["state"] for event in purse.events("wallet")]


def retire(purse) -> None:
    purse.sandbox.call("DELETE", f"/sandbox/tokens/{purse.token}")


def new_token(purse) -> str:
    return purse.sandbox.call("POST", f"/sandbox/wallets/{purse.id}/tokens", {})["token"]


def fails(purse, times: int = 1) -> None:
    for _ in range(times):
        purse.read()


def ages(purse, span: timedelta) -> None:
    """As if its trouble had begun so much earlier."""
    purse.note(error_since=purse.state.error_since - span)


# --- tokens -----------------------------------------------------------------------------------------------------------


def test_a_refused_token_is_told_once_and_the_wallet_asked_no_more(purse):
    purse.was_read()
    retire(purse)
    purse.read()
    calls = purse.calls("history"), purse.calls("balance"), purse.calls("profile")
    for _ in range(3):
        purse.read()
        tasks.minute()
    assert (purse.calls("history"), purse.calls("balance"), purse.calls("profile")) == calls
    [event] = purse.events("wallet")
    assert event.figures == {
        "wallet": purse.wallet.pk,
        "state": "refused",
        "level": "danger",
        "since": purse.state.error_since.isoformat(),
        "until": None,
    }
    assert not any(secret in str(event.figures) for secret in (purse.token, purse.token[-4:], purse.wallet.account))


def test_a_replaced_token_goes_on_and_all_that_came_in_between_arrives_once(purse):
    purse.was_read(ago=60 * MINUTE)
    retire(purse)
    purse.read()
    [old] = purse.pay(at=40 * MINUTE)
    recent = purse.pay(at=5 * MINUTE, repeat=3)
    waiting = purse.pay(status="WAITING")
    assert purse.read().next_poll_at is None
    assert purse.ledger() == {}
    replace_token(purse.wallet, new_token(purse))
    for _ in range(2):
        purse.read()
    assert purse.ledger() == purse.books()
    assert len(purse.ledger()) == 5
    alerts = {event.donation.txn_id: event.figures["alert"] for event in purse.events("donation")}
    assert alerts == {old: False} | dict.fromkeys(recent, True)
    purse.settle(waiting[0])
    purse.read()
    assert purse.events("donation")[-1].donation.txn_id == waiting[0]
    assert told(purse) == ["refused", "working"]


def test_a_token_without_the_right_is_told(another_purse):
    purse = another_purse(scopes=["profile", "balance"])
    fails(purse, 2)
    assert told(purse) == ["no_right"]


def test_a_token_that_cannot_be_opened_is_told(purse, settings):
    purse.was_read()
    keys, settings.SECRET_KEYS = settings.SECRET_KEYS, [Fernet.generate_key().decode()]
    fails(purse, 2)
    assert told(purse) == ["locked"]
    settings.SECRET_KEYS = keys
    purse.read()
    assert told(purse) == ["locked", "working"]


class OneThatTells(Qiwi):
    """A service that says when its tokens end."""

    ends_at = timezone.now() + 30 * DAY

    def verify(self, credential, account=""):
        return replace(super().verify(credential, account), expires_at=self.ends_at)


def test_a_token_lives_as_long_as_its_service_says_else_180_days(purse, monkeypatch):
    token = replace_token(purse.wallet, new_token(purse))
    assert abs(token.expires_at - token.created_at - 180 * DAY) < MINUTE
    monkeypatch.setitem(PROVIDERS, "qiwi-sandbox", OneThatTells("qiwi-sandbox", "QIWI", purse.sandbox.url))
    assert replace_token(purse.wallet, new_token(purse)).expires_at == OneThatTells.ends_at


# --- faults -----------------------------------------------------------------------------------------------------------


def test_being_shut_out_is_told_once_and_its_end_too(purse):
    purse.was_read()
    purse.break_by(status=423)
    purse.read()
    for _ in range(2):
        purse.note(next_poll_at=timezone.now(), error_until=None)
        purse.read()
        tasks.minute()
    assert told(purse) == ["blocked"]
    [event] = purse.events("wallet")
    assert event.figures["since"] < event.figures["until"]
    purse.mend()
    purse.note(error_until=None)
    purse.read()
    assert told(purse) == ["blocked", "working"]


@pytest.mark.parametrize(("asked", "said"), [(20, []), (600, ["rate_limited"])])
def test_a_wait_that_was_asked_for_is_told_when_it_is_long(purse, asked, said):
    purse.was_read()
    purse.break_by(status=429, retry_after=asked)
    began = timezone.now()
    state = purse.read()
    assert state.next_poll_at == state.error_until
    assert began + asked * SECOND <= state.error_until <= timezone.now() + asked * SECOND
    before = purse.calls("history")
    purse.read()
    tasks.minute()
    assert purse.calls("history") == before
    assert told(purse) == said
    purse.mend()
    purse.note(error_until=None)
    purse.read()
    assert told(purse) == said + ["working"] * len(said)


def test_a_fault_that_heals_is_told_to_nobody(purse):
    purse.was_read()
    purse.break_by(status=500)
    fails(purse, 2)
    purse.mend()
    purse.read()
    purse.break_by(html=True)
    fails(purse, 5)  # many, and all within a few seconds
    purse.mend()
    purse.read()
    assert told(purse) == []


def test_a_fault_that_lasts_is_told_since_it_began_and_so_is_its_end(purse):
    purse.was_read()
    purse.break_by(status=500)
    purse.read()
    ages(purse, 6 * MINUTE)
    since = purse.state.error_since
    purse.read()
    assert told(purse) == []
    purse.break_by(html=True)  # silence of another kind is the same trouble
    for _ in range(3):
        purse.read()
        tasks.minute()
    [event] = purse.events("wallet")
    assert (event.figures["state"], event.figures["since"]) == ("failing", since.isoformat())
    purse.mend()
    purse.pay()
    fails(purse, 3)
    assert told(purse) == ["failing", "working"]
    assert purse.ledger() == purse.books()


def test_faults_that_take_turns_are_one_trouble(purse):
    purse.was_read()
    for fault in ({"status": 500}, {"status": 429, "retry_after": 5}) * 3:
        purse.mend()
        purse.break_by(**fault)
        purse.note(error_until=None)
        purse.read()
        ages(purse, 2 * MINUTE)
    assert "failing" in told(purse)


def test_a_passing_fault_does_not_say_that_a_trouble_is_over(purse):
    purse.was_read()
    purse.break_by(status=423)
    purse.read()
    purse.break_by(status=500)
    purse.note(error_until=None)
    purse.read()
    assert purse.state.error == "PassingFault"
    assert told(purse) == ["blocked"]


def test_two_pollers_at_once_tell_once(purse):
    purse.was_read()
    retire(purse)
    pollers = [Poller(fast=False), Poller(fast=False)]
    job = purse.claim(fast=False)
    for poller in pollers:
        poller.start_due()
    outcome = fetch(job)
    write([outcome])
    write([outcome])
    for poller in pollers:
        poller.close()
    assert told(purse) == ["refused"]


# --- time -------------------------------------------------------------------------------------------------------------


def test_the_end_of_a_token_is_told_two_weeks_before_and_when_it_came(wallet):
    now = timezone.now()
    token = wallet.tokens.get()
    for ends_in, says in ((15, ""), (14, "expires"), (3, "expires"), (0, "expired"), (-5, "expired")):
        InfoToken.objects.update(expires_at=now + ends_in * DAY)
        for _ in range(2):
            tell_of_time(timezone.now())
        wallet.state.refresh_from_db()
        assert wallet.state.told == says
    events = wallet.streamer.events.filter(kind="wallet").order_by("seq")
    assert [(event.figures["state"], event.figures["level"]) for event in events] == [
        ("expires", "warning"),
        ("expired", "warning"),
    ]
    assert token.tail not in str([event.figures for event in events])


def test_the_minute_task_tells_of_time(wallet):
    InfoToken.objects.update(expires_at=timezone.now() + 5 * DAY)
    WalletState.objects.update(next_poll_at=timezone.now() + DAY)
    tasks.minute()
    assert wallet.streamer.events.get(kind="wallet").figures["state"] == "expires"


def test_a_new_token_ends_the_worry_about_the_old_one(purse):
    InfoToken.objects.update(expires_at=timezone.now() + DAY)
    tell_of_time(timezone.now())
    replace_token(purse.wallet, new_token(purse))
    tell_of_time(timezone.now())
    assert told(purse) == ["expires", "working"]


@pytest.mark.django_db(transaction=True)
def test_two_minute_tasks_at_once_tell_once(wallet, another_purse):
    InfoToken.objects.update(expires_at=timezone.now() + DAY)
    start = threading.Barrier(2)

    def tell() -> None:
        start.wait()
        tell_of_time(timezone.now())
        connections.close_all()

    threads = [threading.Thread(target=tell) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [event.figures["state"] for event in wallet.streamer.events.all()] == ["expires"]


def test_wallets_of_which_nothing_is_to_be_told_cost_one_query_by_an_index(anya, django_assert_num_queries):
    wallets = Wallet.objects.bulk_create(
        Wallet(streamer=anya, provider="qiwi-sandbox", account=str(n), title="QIWI") for n in range(300)
    )
    WalletState.objects.bulk_create(WalletState(wallet=wallet, told="expires") for wallet in wallets)
    WalletState.objects.filter(wallet__in=wallets[:40]).update(told="blocked", error="Blocked")
    soon, late = timezone.now() + DAY, timezone.now() + 100 * DAY
    InfoToken.objects.bulk_create(
        InfoToken(wallet=wallet, sealed="", expires_at=soon if wallet.pk % 20 == 0 else late) for wallet in wallets
    )
    with django_assert_num_queries(1) as asked:
        tell_of_time(timezone.now())
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {asked.captured_queries[0]['sql']}")
            plan = " ".join(str(row) for row in cursor.fetchall())
        assert "working_token_ends" in plan
        assert "SCAN" not in plan


# --- what a person does -----------------------------------------------------------------------------------------------


def test_what_a_person_does_is_told_at_once(anya, purse, settings):
    settings.SENDS_MAIL = True
    revoke_token(purse.wallet)
    connect(anya, "qiwi-sandbox", new_token(purse))
    archive_wallet(purse.wallet)
    connect(anya, "qiwi-sandbox", new_token(purse))
    assert told(purse) == ["no_token", "working", "archived", "working"]
    assert OrmQ.objects.count() == 0  # they know: no letter


def test_what_broke_off_was_not_told(purse, settings, monkeypatch):
    """The event, the note and the letter in the queue stand or fall together."""
    settings.SENDS_MAIL = True
    purse.was_read()
    retire(purse)
    outcome = fetch(purse.claim(fast=False))
    monkeypatch.setattr("donations.events.Log.close", lambda self: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write([outcome])
    assert (purse.state.told, purse.events(), OrmQ.objects.count()) == ("", [], 0)
