"""The demo: made once, a streamer with a sandbox wallet, a past of three weeks, a goal, and one widget of each kind.

The past is paid in the sandbox and read through the real provider, like everything after it.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.contrib.auth.models import User
from django.utils import timezone

from donations.connecting import connect
from donations.invitations import sign_in_link
from donations.models import Goal, Member, Milestone, Streamer, StreamSession, Wallet
from donations.money import minor_units
from donations.polling import Poller
from donations.streams import start_stream
from donations.tallies import save_goal
from widgets import sandbox
from widgets.demo_gifts import GIFTS, GOAL_ROUBLES, MILESTONES, STREAMS, PastGift
from widgets.models import Widget
from widgets.screen import make_widget

SLUG = "lisa"
POLL_SECONDS = 5
FIRST_READING = timedelta(seconds=30)
EVENING = time(19, 0)


def seed() -> str:
    """Make what is missing and answer with the one link: the stage, signed in. A second call finds everything there.

    The sandbox must answer at `settings.SANDBOX_URL`; raises `SandboxSilent` where it does not.
    """
    streamer = _streamer()
    user = _member(streamer)
    _past_streams(streamer)
    wallet = _wallet(streamer)
    _first_reading(wallet)
    goal = _goal(streamer)
    _widgets(streamer, goal)
    if not streamer.sessions.open().exists():
        start_stream(streamer, "Вечерний стрим")
    return sign_in_link(user, "/stage/")


def _streamer() -> Streamer:
    facts = {"name": "Лиса Алиса", "language": "ru", "time_zone": "Europe/Moscow", "currency": "RUB"}
    streamer, _new = Streamer.objects.get_or_create(slug=SLUG, defaults=facts)
    return streamer


def _member(streamer: Streamer) -> User:
    """The member who signs in by link alone: it has no password."""
    user, new = User.objects.get_or_create(username=SLUG)
    if new:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    Member.objects.get_or_create(streamer=streamer, user=user, defaults={"role": Member.Role.OWNER})
    return user


def _evening(streamer: Streamer, days: int) -> datetime:
    """Seven in the evening, so many days ago, where the streamer lives."""
    day = timezone.now().astimezone(streamer.zone).date() - timedelta(days=days)
    return datetime.combine(day, EVENING, streamer.zone)


def _past_streams(streamer: Streamer) -> None:
    if streamer.sessions.exists():
        return
    StreamSession.objects.bulk_create(
        StreamSession(
            streamer=streamer,
            title=past.title,
            started_at=_evening(streamer, past.days),
            ended_at=_evening(streamer, past.days) + timedelta(minutes=past.minutes),
        )
        for past in STREAMS
    )


def _wallet(streamer: Streamer) -> Wallet:
    wallet = streamer.wallets.active().filter(provider=sandbox.PROVIDER).first()
    account = sandbox.open_wallet(SLUG.upper())
    if not sandbox.ask("GET", f"/sandbox/wallets/{account['id']}/books")["rows"]:
        payments = [_payment(streamer, number, gift) for number, gift in enumerate(GIFTS)]
        sandbox.pay(account["number"], payments)
    if wallet is not None and wallet.account == account["number"]:
        return wallet
    token = next(token["token"] for token in account["tokens"] if not token["retired"])
    return connect(streamer, sandbox.PROVIDER, token, title="QIWI (песочница)", poll_seconds=POLL_SECONDS)


def _payment(streamer: Streamer, number: int, gift: PastGift) -> sandbox.Order:
    at = _evening(streamer, gift.days) + timedelta(minutes=gift.minute, seconds=number * 7 % 60)
    return {
        "amount": gift.roubles * minor_units("RUB"),
        "comment": gift.words or None,
        "payer": f"7999{5_550_000 + number * 7919 % 9973:07d}",
        "at": at.isoformat(),
    }


def _first_reading(wallet: Wallet) -> None:
    """Read the past now, so that what is given from the first second on is news."""
    poller = Poller(fast=True)
    deadline = timezone.now() + FIRST_READING
    while not wallet.state.last_read_at and timezone.now() < deadline:
        poller.run_until_idle(FIRST_READING)
        wallet.state.refresh_from_db()
    poller.close()


def _goal(streamer: Streamer) -> Goal:
    goal = streamer.goals.first()
    if goal is None:
        goal = Goal(
            streamer=streamer,
            slug="new-mic",
            title="Новый микрофон",
            about="Старый шипит и хрипит. Соберём на новый, и первым делом я на нём спою.",
            target_minor=GOAL_ROUBLES * minor_units("RUB"),
            currency="RUB",
            since=_evening(streamer, 21),
        )
        marks = (Milestone(minor=roubles * minor_units("RUB"), title=title) for roubles, title in MILESTONES)
        save_goal(goal, milestones=marks)
    return goal


def _widgets(streamer: Streamer, goal: Goal) -> None:
    if streamer.widgets.exists():
        return
    make_widget(streamer, Widget.Kind.ALERT, "Донат на экране")
    make_widget(streamer, Widget.Kind.GOAL, "Полоса цели", goal=goal)
    make_widget(streamer, Widget.Kind.TOTAL, "Собрано за стрим", options={"scope": "stream"})
    make_widget(streamer, Widget.Kind.LATEST, "Последние донаты", options={"count": 5})
