"""The host's pages and Django's admin: for superusers alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django_q.models import OrmQ

from donations import tasks
from donations.events import writing
from donations.ingest import ingest
from donations.models import AccessKey, Correction, Donation, DonorTally, Event, Goal, InfoToken, Member, Rate, Streamer
from donations.models.rate import SCALE
from donations.money import Money
from donations.providers.base import Kind, Payment, Status
from donations.tallies import raised, raised_in_all_time, save_goal

NEW = {
    "name": "Вика",
    "slug": "vika",
    "language": "ru",
    "time_zone": "Europe/Moscow",
    "currency": "RUB",
    "username": "vika",
}


def test_the_host_creates_a_streamer_and_gets_an_invitation_shown_once(host_client):
    answer = host_client.post("/host/new/", NEW)
    page = host_client.get(answer["Location"]).content.decode()
    assert "/welcome/#" in page
    assert "/welcome/#" not in host_client.get(answer["Location"]).content.decode()
    member = Member.objects.get(streamer__slug="vika")
    assert (member.user.username, member.role) == ("vika", "owner")
    assert not member.user.is_staff
    assert not member.user.has_usable_password()


def test_somebody_who_has_a_password_is_added_without_a_link(host_client, anya_owner):
    answer = host_client.post("/host/new/", {**NEW, "username": "ANYA"}, follow=True)
    page = answer.content.decode()
    assert "/welcome/#" not in page
    assert "can sign in" in page
    assert Streamer.objects.get(slug="vika").members.get() == anya_owner


def test_a_slug_or_time_zone_that_makes_no_sense_is_refused_in_words(host_client, anya):
    page = host_client.post("/host/new/", {**NEW, "slug": "Вика", "time_zone": "Moskow"}).content.decode()
    assert "is not a time zone" in page
    taken = host_client.post("/host/new/", {**NEW, "slug": "anya"}).content.decode()
    assert "already exists" in taken
    assert Streamer.objects.count() == 1
    assert not User.objects.filter(username="vika").exists()


def test_a_forgotten_password_gets_a_link(host_client, anya, anya_owner):
    member = anya.member_set.get()
    answer = host_client.post(f"/host/streamers/anya/members/{member.pk}/link/", follow=True)
    link = answer.context["given"]["link"]
    client = Client()
    fields = {"token": link.partition("#")[2], "password1": "a brand new horse", "password2": "a brand new horse"}
    client.post("/welcome/", fields)
    anya_owner.refresh_from_db()
    assert anya_owner.check_password("a brand new horse")


def test_members_come_and_go(host_client, anya, masha):
    host_client.post("/host/streamers/anya/members/", {"username": "petya", "role": "moderator"})
    assert anya.members.filter(username="petya").exists()
    member = anya.member_set.get(user=masha)
    host_client.post(f"/host/streamers/anya/members/{member.pk}/remove/")
    assert not anya.members.filter(pk=masha.pk).exists()


def test_another_currency_shows_another_total_and_values_every_donation_anew(host_client, anya, gift):
    Rate.objects.create(day=gift.occurred_at.date() - timedelta(days=1), currency="USD", base="RUB", scaled=50 * SCALE)
    facts = {"name": "Аня", "slug": "anya", "language": "ru", "time_zone": "Europe/Moscow"}
    host_client.post("/host/streamers/anya/", {**facts, "currency": "USD"})
    assert raised_in_all_time(Streamer.objects.get())["USD"].minor == 0
    gift.refresh_from_db()
    assert (gift.currency, gift.minor, gift.base_minor) == ("RUB", 150_50, 3_01)


def test_another_time_zone_sorts_donations_into_its_own_days(host_client, anya, gift):
    evening = datetime(2026, 11, 25, 23, tzinfo=anya.zone)
    Donation.objects.update(occurred_at=evening)
    daily = Goal(streamer=anya, slug="day", title="Day", target_minor=1, currency="RUB", period=Goal.Period.DAY)
    daily.since = evening - timedelta(days=3)
    save_goal(daily)
    facts = {"name": "Аня", "slug": "anya", "language": "ru", "currency": "RUB"}
    host_client.post("/host/streamers/anya/", {**facts, "time_zone": "Asia/Vladivostok"})
    assert daily.tallies.get().period_start == datetime(2026, 11, 26, tzinfo=ZoneInfo("Asia/Vladivostok"))
    assert Event.objects.filter(goal=daily).count() == 2


@pytest.mark.parametrize(
    "address",
    [
        "/host/",
        "/host/new/",
        "/host/streamers/anya/",
        "/admin/",
        "/admin/donations/infotoken/",
        "/admin/django_q/schedule/",
    ],
)
def test_members_and_staff_are_refused(anya, anya_client, address, django_user_model):
    assert Client().get(address).status_code == 302
    assert anya_client.get(address).status_code in (302, 403)
    staff = Client()
    staff.force_login(django_user_model.objects.create_user("staff", password="x", is_staff=True))
    answer = staff.get(address, follow=True)
    assert answer.status_code == 403
    assert "Аня" not in answer.content.decode()


def test_a_host_without_a_streamer_is_sent_to_the_hosts_pages(host_client):
    assert host_client.get("/panel/")["Location"] == "/host/"


def test_the_admin_shows_every_model_and_no_secret(host_client, wallet, gift, alert, stream, goal):
    token = InfoToken.objects.get()
    key = AccessKey.objects.get()
    words = {"words_given": gift.words_given}
    Correction.objects.create(donation=gift, what="edited", at=gift.recorded_at, before=words, after=words)
    DonorTally.objects.create(streamer=gift.streamer, donor_key="feed5eed", currency="RUB")
    secrets = [token.sealed, token.reveal(), key.sealed, key.digest, key.reveal(), "79990000001", gift.words_given[:10]]
    secrets.append("feed5eed")
    for model, registered in admin.site._registry.items():
        if model._meta.app_label not in ("donations", "widgets"):
            continue
        base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        pages = [host_client.get(base)]
        row = model.objects.first()
        if row is not None:
            pages.append(host_client.get(f"{base}{row.pk}/change/"))
        for page in pages:
            assert page.status_code == 200, base
            for secret in secrets:
                if model._meta.model_name == "donation" and secret == gift.words_given[:10]:
                    continue
                assert secret not in page.content.decode(), f"{base} tells {secret}"
        # Rates are the host's own table.
        assert registered.has_add_permission(page.wsgi_request) == (model is Rate)


def test_a_goal_changed_in_the_admin_is_counted_anew(host_client, goal, gift):
    assert raised(goal).minor == 0
    page = host_client.get(f"/admin/donations/goal/{goal.pk}/change/")
    form = page.context["adminform"].form
    fields = {name: form[name].value() for name in form.fields if name not in ("since", "until", "deadline")}
    fields = {name: value for name, value in fields.items() if value is not None and value is not False}
    since = goal.since
    fields |= {"since_0": f"{since:%Y-%m-%d}", "since_1": f"{since:%H:%M:%S}", "title": "Микрофон мечты"}
    host_client.post(f"/admin/donations/goal/{goal.pk}/change/", fields)
    changed = Goal.objects.get(pk=goal.pk)
    assert changed.title == "Микрофон мечты"
    assert raised(changed).minor == 150_50


# --- rates ------------------------------------------------------------------------------------------------------------

DOLLAR = {"day": "2026-11-25", "currency": "USD", "rate": "41.5012", "base": "UAH"}


def test_the_host_writes_a_rate_as_people_say_it(host_client):
    answer = host_client.post("/admin/donations/rate/add/", DOLLAR, follow=True)
    assert "1 USD = 41.5012 UAH on Nov. 25, 2026" in answer.content.decode()
    row = Rate.objects.get()
    assert (row.scaled, row.source) == (41_5012_0000, "host")
    host_client.post(f"/admin/donations/rate/{row.pk}/change/", {**DOLLAR, "rate": "42"})
    assert Rate.objects.get().rate == 42
    page = host_client.get(f"/admin/donations/rate/{row.pk}/change/").content.decode()
    assert 'value="42"' in page
    host_client.post(f"/admin/donations/rate/{row.pk}/delete/", {"post": "yes"})
    assert not Rate.objects.exists()


def test_a_comma_is_understood_where_people_write_one(host_client):
    host_client.post("/admin/donations/rate/add/", {**DOLLAR, "rate": "41,5012"}, headers={"accept-language": "uk"})
    assert Rate.objects.get().scaled == 41_5012_0000


def test_a_bank_s_rate_that_the_host_changes_is_the_hosts_own(host_client):
    row = Rate.objects.create(day="2026-11-25", currency="USD", base="UAH", scaled=SCALE, source="nbu")
    host_client.post(f"/admin/donations/rate/{row.pk}/change/", DOLLAR)
    row.refresh_from_db()
    assert (row.scaled, row.source) == (41_5012_0000, "host")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"base": "USD"}, "Choose another currency"),
        ({"rate": "0"}, "greater than or equal to"),
        ({"rate": "-1"}, "greater than or equal to"),
        ({"rate": "1.123456789"}, "no more than 8 decimal places"),
        ({"rate": "99999999999"}, "no more than"),
        ({"rate": "NaN"}, "Enter a number"),
        ({"currency": "XXX"}, "not one of the available choices"),
        ({}, "already exists"),
    ],
)
def test_a_rate_that_cannot_be_is_refused_in_words(host_client, changes, words):
    Rate.objects.create(day="2026-11-25", currency="USD", base="UAH", scaled=SCALE)
    page = host_client.post("/admin/donations/rate/add/", {**DOLLAR, **changes}).content.decode()
    assert words in page
    assert Rate.objects.count() == 1


def test_a_rate_that_the_host_writes_values_what_waited_for_it(host_client, wallet):
    with writing(wallet.streamer_id) as log:
        ingest(log, wallet, [Payment("1:IN", Status.SETTLED, Kind.GIFT, Money(20_00, "USD"), log.now)], None)
    yesterday = f"{log.now - timedelta(days=1):%Y-%m-%d}"
    host_client.post("/admin/donations/rate/add/", {"day": yesterday, "currency": "USD", "rate": "80", "base": "RUB"})
    (queued,) = OrmQ.objects.all()
    assert queued.task["func"] == "donations.tasks.values"
    tasks.values()
    assert wallet.donations.get().base_minor == 1600_00
