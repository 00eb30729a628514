"""What the panel's pages say and do."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django.views.defaults import server_error

from donations.models import Donation, Event, Goal, WalletState
from donations.money import format_money
from donations.tallies import raised, recount_all_time
from widgets.models import Widget
from widgets.options import ALERT_DEFAULTS
from widgets.screen import overlay_link


def words(answer) -> str:
    """The page's text, without markup and runs of blanks."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_the_first_line_says_whether_all_is_right(anya_client, wallet):
    WalletState.objects.update(last_read_at=timezone.now())
    assert "Everything is all right." in words(anya_client.get("/panel/"))
    WalletState.objects.update(error="TargetMissing")
    page = words(anya_client.get("/panel/"))
    assert "Everything is all right." not in page
    assert "not there any more" in page


def test_an_empty_panel_says_what_to_do_next(anya_client):
    assert "Connect a wallet to begin" in words(anya_client.get("/panel/"))
    for address in ("donations", "streams", "goals", "widgets", "wallets"):
        assert anya_client.get(f"/panel/{address}/").status_code == 200


def test_sums_are_told_by_currency_and_count_what_is_settled(anya, anya_client, gift, stream, wallet):
    for txn, facts in enumerate(
        [
            {"status": "pending", "minor": 777_00},
            {"currency": "UAH", "minor": 20_00},
            {"session": stream, "minor": 50_00},
        ]
    ):
        base = {"status": "settled", "currency": "RUB", "occurred_at": timezone.now(), "recorded_at": timezone.now()}
        Donation.objects.create(streamer=anya, wallet=wallet, txn_id=f"s{txn}", kind="gift", **{**base, **facts})
    recount_all_time(anya)
    context = anya_client.get("/panel/").context
    today, of_stream, all_time = (context[name] for name in ("today", "of_stream", "all_time"))
    assert (today.main.minor, [str(m.currency) for m in today.others], today.count) == (200_50, ["UAH"], 3)
    assert of_stream.main.minor == 50_00
    assert all_time.main.minor == 200_50


def test_days_begin_where_the_streamer_lives(anya, anya_client, gift):
    midnight = timezone.localtime(timezone=anya.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    Donation.objects.update(occurred_at=midnight - timedelta(seconds=1))
    assert anya_client.get("/panel/").context["today"].count == 0
    Donation.objects.update(occurred_at=midnight)
    assert anya_client.get("/panel/").context["today"].count == 1


def test_a_day_whose_midnight_comes_twice_begins_with_the_first(anya, anya_client, gift, monkeypatch):
    anya.time_zone = "America/Havana"
    anya.save()
    first = datetime(2026, 11, 1, 4, tzinfo=UTC)
    monkeypatch.setattr(timezone, "now", lambda: first + timedelta(minutes=90))  # 0:30 for the second time
    Donation.objects.update(occurred_at=first)
    assert anya_client.get("/panel/").context["today"].count == 1
    Donation.objects.update(occurred_at=first - timedelta(seconds=1))
    assert anya_client.get("/panel/").context["today"].count == 0


def test_hostile_words_stay_words(anya_client, gift):
    for address in ("/panel/", "/panel/donations/", f"/panel/donations/{gift.public_id}/"):
        page = anya_client.get(address).content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page


def test_hiding_and_showing_a_donation(anya_client, gift):
    address = "/panel/donations/?state=&q=%D0%9B%D0%B8%D1%81"
    answer = anya_client.post(f"/panel/donations/{gift.public_id}/hide/", {"back": address})
    assert answer["Location"] == f"{address}#d-{gift.public_id}"
    gift.refresh_from_db()
    assert (gift.name_shown, gift.words_shown, gift.counts) == ("", "", True)
    assert "hidden" in words(anya_client.get("/panel/donations/?state=hidden"))
    anya_client.post(f"/panel/donations/{gift.public_id}/show/")
    gift.refresh_from_db()
    assert gift.name_shown == "Щедрый Лис"


def test_the_way_back_leads_to_no_other_site(masha_client, gift):
    answer = masha_client.post(f"/panel/donations/{gift.public_id}/hide/", {"back": "https://evil.example/"})
    assert answer["Location"].startswith("/panel/donations/")


@pytest.mark.parametrize(("query", "found"), [("щедрый", 1), ("СПАСИБО", 1), ("100%", 0), ("стрим <", 1), (".*", 0)])
def test_donations_are_found_by_words_and_names_in_any_case(anya_client, gift, query, found):
    page = anya_client.get("/panel/donations/", {"q": query})
    assert len(page.context["page"].rows) == found


def test_a_page_asks_the_database_a_bounded_number_of_times(anya, anya_client, gift, django_assert_max_num_queries):
    many = [Donation(streamer=anya, wallet=gift.wallet, txn_id=f"q{n}", status="settled", kind="gift", currency="RUB",
                     minor=100, occurred_at=timezone.now(), recorded_at=timezone.now()) for n in range(30)]  # fmt: skip
    Donation.objects.bulk_create(many)
    for address in ("/panel/", "/panel/donations/", "/panel/donors/", "/panel/streams/", "/panel/wallets/"):
        with django_assert_max_num_queries(16):
            anya_client.get(address)


def test_a_goal_is_set_by_what_people_type(anya, anya_client, gift, wallet):
    day = timezone.localtime(timezone=anya.zone).replace(hour=0, minute=0)
    fields = {"title": "Новый микрофон", "target": "1 500,50", "currency": "RUB", "period": "all"}
    fields["since"] = f"{day:%Y-%m-%dT%H:%M}"
    answer = anya_client.post("/panel/goals/new/", {**fields, "wallets": [wallet.pk], "is_public": "on"})
    goal = Goal.objects.get()
    assert answer["Location"] == f"/panel/goals/{goal.public_id}/"
    assert (goal.slug, goal.target_minor, goal.is_public) == ("novyi-mikrofon", 150050, True)
    assert goal.since.astimezone(anya.zone) == day.replace(second=0, microsecond=0)
    assert raised(goal).minor == 150_50
    page = anya_client.get(answer["Location"]).content.decode()
    assert "/@anya/novyi-mikrofon/" in page
    assert f"/g/{goal.public_id}/" in page
    assert Client().get("/@anya/novyi-mikrofon/").status_code == 200


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"target": "0"}, "greater than zero"),
        ({"target": "много"}, "Write an amount in figures"),
        ({"target": "10.0055"}, "at most 2 digits"),
        ({"slug": "mic"}, "Another goal has this name"),
        ({"title": "🎤"}, "Latin letters"),
        ({"since": "вчера"}, "valid date"),
    ],
)
def test_a_goal_that_makes_no_sense_is_refused_in_words(anya, anya_client, goal, wrong, said):
    fields = {"title": "Ещё", "target": "100", "currency": "RUB", "period": "all", "since": "2026-01-01T00:00", **wrong}
    page = anya_client.post("/panel/goals/new/", fields)
    assert said in words(page)
    assert anya.goals.count() == 1


def test_a_title_may_be_used_again(anya, anya_client):
    fields = {
        "title": "Новый микрофон",
        "target": "100",
        "currency": "RUB",
        "period": "all",
        "since": "2026-01-01T00:00",
    }
    for _again in range(3):
        anya_client.post("/panel/goals/new/", fields)
    slugs = list(anya.goals.order_by("pk").values_list("slug", flat=True))
    assert slugs == ["novyi-mikrofon", "novyi-mikrofon-2", "novyi-mikrofon-3"]


def test_without_a_title_only_the_title_is_asked_for(anya_client):
    errors = anya_client.post("/panel/goals/new/", {"target": "100", "currency": "RUB"}).context["form"].errors
    assert "title" in errors
    assert "slug" not in errors


def test_a_goal_is_changed_archived_and_brought_back(anya_client, goal):
    address = f"/panel/goals/{goal.public_id}/"
    fields = {"title": "Микрофон", "target": "20000", "currency": "RUB", "since": "2026-01-01T00:00", "slug": "mic"}
    anya_client.post(address, {**fields, "period": "all", "is_public": "on"})
    goal.refresh_from_db()
    assert (goal.title, goal.target_minor) == ("Микрофон", 20_000_00)
    anya_client.post(f"{address}archive/")
    assert Client().get("/@anya/mic/").status_code == 404
    anya_client.post(f"{address}restore/")
    assert Client().get("/@anya/mic/").status_code == 200


def test_a_stream_starts_and_stops(anya, masha_client):
    masha_client.post("/panel/streams/start/", {"title": "Вечер"})
    session = anya.sessions.get()
    assert (session.title, session.ended_at) == ("Вечер", None)
    again = masha_client.post("/panel/streams/start/", {"title": "Ещё"}, follow=True)
    assert "already on" in words(again)
    masha_client.post("/panel/streams/stop/")
    session.refresh_from_db()
    assert session.ended_at is not None


def test_an_overlay_link_is_hidden_until_it_is_wanted(anya_client, alert):
    page = anya_client.get(f"/panel/widgets/{alert.public_id}/").content.decode()
    link = overlay_link(alert)
    visible = re.sub(r"<details class=\"secret\">.*?</details>|data-copy=\"[^\"]*\"", "", page, flags=re.DOTALL)
    assert link in page
    assert link not in visible
    assert "width 800, height 600" in words(anya_client.get(f"/panel/widgets/{alert.public_id}/"))


def test_a_link_that_cannot_be_opened_breaks_no_list(anya_client, alert, settings):
    settings.SECRET_KEYS = ["q0XkYyXG3wsrT0yVx1pYH7HqfEJqHqk1cOk0Zl2m6yQ="]
    assert "the key that sealed it is gone" in words(anya_client.get("/panel/widgets/"))


def test_a_test_goes_the_real_way(anya, anya_client, alert):
    anya_client.post(f"/panel/widgets/{alert.public_id}/test/")
    event = Event.objects.get(kind="test")
    assert event.widget == alert.public_id
    assert not anya.donations.exists()


ALERT = {"title": "Донат", "seconds": "9", "volume": "50"}


def test_sound_stays_off_until_it_was_heard(anya_client, alert):
    address = f"/panel/widgets/{alert.public_id}/"
    refused = anya_client.post(address, {**ALERT, "sound": "on"})
    assert "Listen to it first" in words(refused)
    anya_client.post(address, {**ALERT, "sound": "on", "heard": "on"})
    alert.refresh_from_db()
    assert alert.options == {**ALERT_DEFAULTS, "duration_ms": 9000, "volume": 0.5, "sound": True}
    anya_client.post(address, {**ALERT, "sound": "on"})
    alert.refresh_from_db()
    assert alert.options["sound"] is True


@pytest.mark.parametrize(
    ("kind", "fields", "options"),
    [
        ("alert", {"seconds": "7", "volume": "80"}, ALERT_DEFAULTS),
        ("goal", {}, {}),
        ("total", {"scope": "all", "caption": "Всего"}, {"scope": "all", "title": "Всего"}),
        ("latest", {"count": "3"}, {"count": 3}),
    ],
)
def test_each_kind_of_widget_is_made_and_changed(anya, anya_client, goal, kind, fields, options):
    fields = {"title": "Мой", "goal_shown": goal.public_id, **fields}
    answer = anya_client.post(f"/panel/widgets/new/{kind}/", fields)
    widget = Widget.objects.get()
    assert answer["Location"] == f"/panel/widgets/{widget.public_id}/"
    assert (widget.kind, widget.options) == (kind, options)
    assert (widget.goal == goal) is (kind == "goal")
    anya_client.post(answer["Location"], {**fields, "title": "Другой"})
    widget.refresh_from_db()
    assert (widget.title, widget.options) == ("Другой", options)
    assert Event.objects.filter(kind="widget", widget=widget.public_id).exists()


def test_which_donations_play_and_what_becomes_of_missed_ones_is_chosen(anya_client, alert):
    address = f"/panel/widgets/{alert.public_id}/"
    chosen = {"minimum": "50", "interrupt_from": "1 000,50", "gap": "2.5", "missed": "skip", "missed_minutes": "30"}
    anya_client.post(address, {**ALERT, **chosen, "only_streaming": "on", "headline": "{name}: {amount}"})
    alert.refresh_from_db()
    saved = (
        "minimum_minor",
        "interrupt_from_minor",
        "gap_ms",
        "missed",
        "missed_minutes",
        "only_streaming",
        "headline",
    )
    assert [alert.options[name] for name in saved] == [5000, 100050, 2500, "skip", 30, True, "{name}: {amount}"]
    assert "1000.50" in anya_client.get(address).content.decode()


def test_a_widget_takes_no_nonsense(anya_client, alert):
    missed = {"missed": "never"}
    amounts = ({"minimum": "-5"}, {"interrupt_from": "много"}, {"gap": "90"}, {"missed_minutes": "0"})
    for wrong in ({"seconds": "500"}, {"volume": "101"}, {"title": ""}, {"headline": "{sum}"}, missed, *amounts):
        assert anya_client.post(f"/panel/widgets/{alert.public_id}/", {**ALERT, **wrong}).status_code == 200
    alert.refresh_from_db()
    assert alert.options == {}


@pytest.mark.parametrize("language", ["ru", "uk", "en"])
def test_the_language_can_be_switched(anya_client, language):
    anya_client.post("/i18n/setlang/", {"language": language, "next": "/panel/"})
    assert f'<html lang="{language}">' in anya_client.get("/panel/").content.decode()


def test_pages_carry_no_inline_script_or_style(anya_client, host_client, wallet, goal, gift, alert, stream):
    pages = ["/panel/", "/panel/donations/", "/panel/donations/new/", f"/panel/donations/{gift.public_id}/",
             "/panel/streams/", "/panel/goals/", f"/panel/goals/{goal.public_id}/",
             f"/panel/wallets/{wallet.pk}/", "/panel/wallets/connect/",
             f"/panel/widgets/{alert.public_id}/", f"/panel/widgets/{alert.public_id}/variations/new/"]  # fmt: skip
    for address in pages:
        page = anya_client.get(address).content.decode()
        assert not re.search(r"<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=", page), address


def test_errors_speak_in_words(client):
    missing = client.get("/panel/that/is/not/there/")
    assert missing.status_code == 404
    assert "There is nothing here" in words(missing)
    assert "makes no sense" in words(client.get("/", headers={"host": "elsewhere.example"}))


def test_a_broken_page_says_what_is_safe(rf):
    """Django renders it without a request and without the static files' manifest."""
    answer = server_error(rf.get("/panel/"))
    assert answer.status_code == 500
    assert "your donations are safe" in words(answer)


def test_what_came_in_another_currency_stands_beside_its_value_of_that_day(anya, anya_client, gift):
    gift.base_minor = gift.minor
    gift.save()
    facts = {
        "streamer": anya,
        "wallet": gift.wallet,
        "status": "settled",
        "kind": "gift",
        "occurred_at": timezone.now(),
    }
    facts |= {"currency": "USD", "minor": 20_00, "recorded_at": timezone.now()}
    Donation.objects.create(txn_id="2:IN", base_minor=1870_00, **facts)
    Donation.objects.create(txn_id="3:IN", **facts)
    for address in ("/panel/", "/panel/donations/"):
        page = html.unescape(anya_client.get(address, headers={"accept-language": "en"}).content.decode())
        assert page.count("$20") == 2
        assert page.count("at that day’s rate") == 1
        assert f"{format_money(1870_00, 'RUB', 'en')} at that day’s rate" in page
