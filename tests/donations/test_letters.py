"""Letters to the owners: who gets which, what stands in them, and that none goes out twice."""

from __future__ import annotations

import logging
from ast import literal_eval
from datetime import timedelta
from smtplib import SMTPRecipientsRefused

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import gettext
from django_q.models import OrmQ, Schedule

from donations import letters, tasks
from donations.connecting import replace_token
from donations.events import writing
from donations.models import Event, InfoToken, Member, WalletState
from donations.telling import tell, tell_of_time

NOBODY = "kopilka@127.0.0.1"


@pytest.fixture(autouse=True)
def post_office(settings):
    """A mail server that keeps what it is given."""
    settings.SENDS_MAIL = True
    settings.PUBLIC_URL = "https://donate.example.org"


@pytest.fixture(autouse=True)
def anyas_address(anya_owner):
    """Anya wants letters."""
    anya_owner.email = "anya@example.org"
    anya_owner.save()


def the_queue_runs(times: int = 1) -> None:
    """As the worker does; more `times` when one of them died before it could say that it was through."""
    for row in OrmQ.objects.order_by("pk"):
        task = row.task
        assert task["func"] == "donations.tasks.letter"
        for _ in range(times):
            tasks.letter(*task["args"])
        row.delete()


def ends_in(days: int) -> None:
    InfoToken.objects.update(expires_at=timezone.now() + timedelta(days=days, minutes=1))
    tell_of_time(timezone.now())
    the_queue_runs()


def retire(purse) -> None:
    purse.was_read()
    purse.sandbox.call("DELETE", f"/sandbox/tokens/{purse.token}")
    purse.read()


def test_a_letter_says_what_happened_what_is_safe_and_what_to_do(anya, purse):
    anya.language = "en"
    anya.save()
    retire(purse)
    the_queue_runs()
    [letter] = mail.outbox
    assert (letter.to, letter.from_email) == (["anya@example.org"], NOBODY)
    assert letter.subject.startswith("QIWI: The wallet no longer accepts the token …")
    assert f"since {purse.state.error_since.astimezone(anya.zone):%H:%M}." in letter.subject
    assert "none is lost" in letter.body
    assert "Put in a new token." in letter.body
    assert f"https://donate.example.org/panel/wallets/{purse.wallet.pk}/" in letter.body
    for secret in (purse.token, purse.wallet.account, "Привет"):
        assert secret not in letter.subject + letter.body


@pytest.mark.parametrize("language", ["ru", "uk", "en"])
def test_a_letter_speaks_the_streamers_language(anya, wallet, language):
    before, anya.language = translation.get_language(), language
    anya.save()
    WalletState.objects.update(error="TargetMissing")
    with writing(anya.pk) as log:
        tell(log, WalletState.objects.get())
    the_queue_runs()
    with translation.override(language):
        assert mail.outbox[0].subject == "QIWI: " + gettext("The wallet is not there any more.")
    assert translation.get_language() == before


def test_owners_with_an_address_are_written_to_and_nobody_else(anya, boris, wallet, django_user_model):
    def member(name: str, streamer=anya, role="owner", **facts):
        user = django_user_model.objects.create_user(name, **{"email": f"{name}@example.org", **facts})
        Member.objects.create(streamer=streamer, user=user, role=role)

    member("second")
    member("silent", email="")
    member("gone", is_active=False)
    member("masha", role="moderator")
    member("boris", streamer=boris)
    ends_in(5)
    # One letter each: no owner reads the address of another.
    assert [letter.to for letter in mail.outbox] == [["anya@example.org"], ["second@example.org"]]


def test_the_end_of_a_trouble_is_written_of_when_the_trouble_was(purse):
    retire(purse)
    the_queue_runs()
    replace_token(purse.wallet, purse.sandbox.call("POST", f"/sandbox/wallets/{purse.id}/tokens", {})["token"])
    purse.read()
    the_queue_runs()
    assert len(mail.outbox) == 2
    purse.break_by(status=429, retry_after=600)
    purse.read()
    purse.mend()
    purse.note(error_until=None)
    purse.read()
    the_queue_runs()
    assert [event.figures["state"] for event in purse.events("wallet")][2:] == ["rate_limited", "working"]
    assert len(mail.outbox) == 2  # what passes by itself is no letter


def shut_out(purse) -> None:
    purse.was_read(rests_until=None)
    purse.break_by(status=423)
    purse.read()
    the_queue_runs()


def let_in(purse) -> None:
    purse.mend()
    purse.note(error_until=None, rests_until=None)
    purse.read()
    the_queue_runs()


def an_hour_passes() -> None:
    Event.objects.update(at=F("at") - timedelta(hours=1))
    for waiting in Schedule.objects.all():
        tasks.letter(*literal_eval(waiting.args))
        waiting.delete()


def test_a_wallet_that_is_shut_out_again_and_again_fills_no_mailbox(purse):
    for _ in range(4):
        shut_out(purse)
        let_in(purse)
    assert len(purse.events("wallet")) == 8
    assert len(mail.outbox) == 2
    an_hour_passes()
    assert len(mail.outbox) == 2  # it is well: nothing to write of
    shut_out(purse)
    assert len(mail.outbox) == 3


def test_a_trouble_that_stays_is_written_of_when_the_hour_is_over(purse):
    shut_out(purse)
    let_in(purse)
    shut_out(purse)
    assert len(mail.outbox) == 2
    an_hour_passes()
    assert len(mail.outbox) == 3
    let_in(purse)
    assert len(mail.outbox) == 4
    assert Schedule.objects.count() == 0


def test_one_wrong_address_keeps_no_letter_from_the_others(anya, wallet, django_user_model, settings, caplog):
    user = django_user_model.objects.create_user("second", email="second@example.org")
    Member.objects.create(streamer=anya, user=user, role="owner")
    settings.EMAIL_BACKEND = f"{__name__}.Choosy"
    ends_in(5)
    assert [letter.to for letter in mail.outbox] == [["second@example.org"]]
    assert "not sent" in caplog.text
    assert "anya@" not in caplog.text


def test_a_letter_goes_out_once_however_often_the_queue_gives_it(purse):
    retire(purse)
    the_queue_runs(times=3)
    assert len(mail.outbox) == 1


def test_what_is_no_longer_so_is_not_written(wallet):
    InfoToken.objects.update(expires_at=timezone.now() + timedelta(days=5))
    tell_of_time(timezone.now())
    InfoToken.objects.update(expires_at=timezone.now() + timedelta(days=100))
    the_queue_runs()
    assert mail.outbox == []


class Away(EmailBackend):
    """A mail server that is down."""

    def send_messages(self, messages):
        raise ConnectionRefusedError("anya@example.org could not be delivered to smtp://user:password@host")


class Choosy(EmailBackend):
    """One that knows no Anya."""

    def send_messages(self, messages):
        if "anya@example.org" in messages[0].to:
            raise SMTPRecipientsRefused({"anya@example.org": (550, b"no such user")})
        return super().send_messages(messages)


class Watchful(EmailBackend):
    """One that looks whether somebody keeps a transaction open while it works."""

    def send_messages(self, messages):
        assert not connection.in_atomic_block
        return super().send_messages(messages)


def test_a_mail_server_that_is_down_stops_nothing(wallet, settings, caplog):
    settings.EMAIL_BACKEND = f"{__name__}.Away"
    ends_in(5)
    wallet.state.refresh_from_db()
    assert wallet.state.told == "expires"
    [record] = [record for record in caplog.records if record.name == "kopilka.letters"]
    assert (record.levelno, "not sent" in record.message) == (logging.WARNING, True)
    assert "anya@" not in caplog.text
    assert "password" not in caplog.text


@pytest.mark.django_db(transaction=True)
def test_no_transaction_waits_for_a_mail_server(wallet, settings):
    settings.EMAIL_BACKEND = f"{__name__}.Watchful"
    ends_in(5)
    assert len(mail.outbox) == 1


def test_a_title_cannot_add_a_header(wallet):
    wallet.title = "QIWI\nBcc: everybody@example.org"
    wallet.save()
    ends_in(5)
    [letter] = mail.outbox
    assert "\n" not in letter.subject
    assert letter.recipients() == ["anya@example.org"]


def test_without_a_mail_server_nothing_is_queued(wallet, settings):
    settings.SENDS_MAIL = False
    InfoToken.objects.update(expires_at=timezone.now() + timedelta(days=5))
    tell_of_time(timezone.now())
    assert wallet.streamer.events.count() == 1
    assert OrmQ.objects.count() == 0


def test_a_letter_about_an_event_that_was_pruned_is_dropped(wallet):
    letters.send_letter(wallet.streamer_id, 99)
    assert mail.outbox == []
