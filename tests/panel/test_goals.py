"""The form of a goal: everything can be edited, and what makes no sense is refused in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone, translation

from donations.events import writing
from donations.ingest import ingest
from donations.models import Donation, Goal, Milestone
from donations.money import Money
from donations.period_words import deadline_words, period_words
from donations.periods import Period
from donations.providers.base import Kind, Payment, Status
from donations.tallies import raised, save_goal
from tests.panel.test_pages import words

FIELDS = {"title": "Зима", "target": "1000", "currency": "RUB", "period": "all", "since": "2026-11-01T12:00"}
ROWS = {"milestones-TOTAL_FORMS": "3", "milestones-INITIAL_FORMS": "0"}


def rows(*marks: tuple[str, str]) -> dict[str, str]:
    """The rows of the milestones as a browser sends them."""
    sent = {
        f"milestones-{n}-{name}": mark[i] for n, mark in enumerate(marks) for i, name in enumerate(("amount", "title"))
    }
    return {**ROWS, **sent}


def fields_of(form) -> dict[str, object]:
    """Everything as a browser would send it when nobody touched it."""
    with timezone.override(form.streamer.zone):
        fields = {name: form[name].value() for name in form.fields}
    for name in ("since", "until", "deadline"):
        fields[name] = f"{fields[name]:%Y-%m-%dT%H:%M}" if fields[name] else ""
    fields |= {"wallets": [getattr(wallet, "pk", wallet) for wallet in fields["wallets"] or []]}
    for name in ("is_public", "counts_others"):
        fields[name] = "on" if fields[name] else ""
    fields |= {field.html_name: field.value() for field in form.milestones.management_form}
    fields |= {field.html_name: field.value() or "" for row in form.milestones for field in row}
    return fields


def test_everything_of_a_goal_can_be_set_and_edited(anya, anya_client, wallet):
    answer = anya_client.post(
        "/panel/goals/new/",
        {
            **FIELDS,
            **rows(("500", "Новые наушники"), ("", ""), ("1 500,50", "")),
            "period": "dates",
            "until": "2026-12-01T00:00",
            "deadline": "2026-11-30T18:00",
            "offset": "70,50",
            "wallets": [wallet.pk],
            "counts_others": "on",
            "is_public": "on",
            "slug": "winter",
            "about": "Тепло",
        },
    )
    goal = Goal.objects.get()
    assert answer["Location"] == f"/panel/goals/{goal.public_id}/"
    moscow = timedelta(hours=3)
    assert (goal.since, goal.until) == (
        datetime(2026, 11, 1, 12, tzinfo=UTC) - moscow,
        datetime(2026, 12, 1, tzinfo=UTC) - moscow,
    )
    assert goal.deadline == datetime(2026, 11, 30, 18, tzinfo=UTC) - moscow
    assert (goal.period, goal.offset_minor, goal.counts_others, goal.about) == ("dates", 70_50, True, "Тепло")
    assert [(mark.minor, mark.title) for mark in goal.milestones.all()] == [(500_00, "Новые наушники"), (1_500_50, "")]
    page = anya_client.get(answer["Location"])
    assert "November 1–30" in words(page)
    assert "70.50 ₽ of 1,000 ₽" in words(page).replace("\u00a0", " ")
    fields = fields_of(page.context["form"])
    anya_client.post(
        answer["Location"], {**fields, "period": "month", "milestones-0-amount": "", "milestones-0-title": ""}
    )
    goal.refresh_from_db()
    assert (goal.period, goal.until) == ("month", None)
    assert [mark.minor for mark in goal.milestones.all()] == [1_500_50]
    assert "this month" in words(anya_client.get("/panel/goals/"))


def test_a_form_that_nobody_touched_changes_nothing(anya, anya_client, wallet, goal):
    twice = datetime(2024, 11, 3, 5, 30, 17, 123, tzinfo=UTC)  # the second 0:30 of that day in Havana
    anya.time_zone = "America/Havana"
    anya.save()
    goal.since = twice
    save_goal(goal, [wallet], [Milestone(minor=5_00, title="5")])
    wallet.archived_at = timezone.now()
    wallet.save()
    before = Goal.objects.values().get()
    fields = fields_of(anya_client.get(f"/panel/goals/{goal.public_id}/").context["form"])
    anya_client.post(f"/panel/goals/{goal.public_id}/", fields)
    assert Goal.objects.values().get() == before
    # An archived wallet stays chosen: with none chosen all would count.
    assert list(goal.wallets.all()) == [wallet]
    assert [(mark.minor, mark.title) for mark in goal.milestones.all()] == [(5_00, "5")]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"period": "dates"}, "Write when it ends"),
        ({"period": "dates", "until": "2026-11-01T12:00"}, "later than it begins"),
        ({"deadline": "2026-10-01T12:00"}, "later than the beginning"),
        ({"deadline": "tomorrow"}, "valid date"),
        ({"offset": "-5"}, "Write an amount in figures"),
        ({"offset": "0.0055"}, "at most 2 digits"),
        ({"counts_others": "on", "currency": "USD"}, "Only a goal in RUB"),
        (rows(("100", "a"), ("100,00", "b")), "Another milestone has this amount"),
        (rows(("", "Танец")), "Write at which amount"),
        (rows(("сто", "")), "Write an amount in figures"),
        (rows(("100", "x" * 81)), "at most 80 characters"),
        ({"milestones-TOTAL_FORMS": "x", "milestones-INITIAL_FORMS": "0"}, "missing or has been tampered"),
    ],
)
def test_what_makes_no_sense_is_refused_and_the_rest_is_kept(anya, anya_client, wrong, said):
    page = anya_client.post("/panel/goals/new/", {**FIELDS, **wrong})
    text = page.content.decode()
    assert said in words(page)
    assert 'value="Зима"' in text
    assert '<details class="fold" open>' in text
    assert not anya.goals.exists()


def test_the_offset_is_raised_but_given_by_nobody(anya, anya_client, goal, wallet):
    with writing(anya.pk) as log:
        ingest(log, wallet, [Payment("1:IN", Status.SETTLED, Kind.GIFT, Money(500_00, "RUB"), timezone.now())], None)
    goal.offset_minor = 9_600_00
    save_goal(goal)
    text = words(anya_client.get("/panel/goals/")).replace("\u00a0", " ")
    assert "10,100 ₽ of 10,000 ₽" in text
    assert "101&#8239;%" in text
    assert "100 ₽ beyond the target · 1 donation" in text
    assert (raised(goal).minor, Donation.objects.count()) == (500_00, 1)


NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("facts", "english", "russian"),
    [
        ({"period": "day"}, "today", None),
        ({"since": "2026-11-05"}, "since November 5", "5 ноября"),
        ({"since": "2025-11-05"}, "since Nov. 5, 2025", "5 ноября 2025 г."),
        ({"since": "2026-11-05", "until": "2026-11-13"}, "November 5–12", "5–12 ноября"),
        ({"since": "2026-11-05", "until": "2026-11-05T18"}, "November 5", "5 ноября"),
        ({"since": "2026-11-15", "until": "2026-12-02T06"}, "November 15 – December 2", "15 ноября – 2 декабря"),
        ({"since": "2025-11-12", "until": "2025-11-13"}, "Nov. 12, 2025", "12 ноября 2025 г."),
    ],
)
def test_periods_are_told_in_words(monkeypatch, facts, english, russian):
    monkeypatch.setattr(timezone, "now", lambda: NOON)  # years are left out while they are this one
    moments = {name: datetime.fromisoformat(day).replace(tzinfo=UTC) for name, day in facts.items() if name != "period"}
    goal = Goal(period=facts.get("period", "dates"), **moments)
    with translation.override("en"):
        assert period_words(goal, Period(goal.since, goal.until)) == english
    with translation.override("ru"):
        assert russian is None or russian in period_words(goal, Period(goal.since, goal.until))


def test_a_goal_of_streams_tells_which_stream(anya):
    goal = Goal(streamer=anya, period="stream")
    periods = [Period(None, None), Period(NOON, None), Period(NOON, NOON)]
    assert [period_words(goal, each) for each in periods] == [
        "from the next stream on",
        "this stream",
        "the last stream",
    ]


def test_a_deadline_says_whether_it_is_over():
    hour = timedelta(hours=1)
    assert deadline_words(timezone.now() + hour).startswith("until ")
    assert deadline_words(timezone.now() - hour).startswith("ended ")
