"""What is on Anya's stream, and the web process that shows it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.databases import share
from tests.widgets.page import Page
from tests.widgets.web import Web


@pytest.fixture(scope="session")
def data_folder(django_db_setup, tmp_path_factory) -> Path:
    """A data folder whose database and key file are those of the test, for processes of their own."""
    from django.conf import settings
    from django.db import connection

    folder = tmp_path_factory.mktemp("data")
    share(folder, connection.settings_dict["NAME"])
    (folder / "keys.env").symlink_to(settings.KEY_FILE)
    return folder


@pytest.fixture(scope="session")
def web_of_the_session(data_folder) -> Iterator[Web]:
    web = Web(data_folder)
    yield web
    web.stop()


@pytest.fixture
def web(web_of_the_session, transactional_db) -> Web:
    """The real web process; the same for all tests, each with rows of its own."""
    return web_of_the_session


@pytest.fixture
def open_page(web) -> Iterator[Callable[..., Page]]:
    """Opens pages on the real web process, and closes them after the test."""
    pages: list[Page] = []

    def open_one(thing: Any = None, page: Page | None = None, **says: Any) -> Page:
        if thing is not None:
            says["key"] = key_of(thing)
        opened = page.comes_back(web.url, **says) if page else Page(web.url, **says)
        pages.append(opened)
        return opened

    yield open_one
    for page in pages:
        page.close()


def key_of(thing: Any) -> str:
    """The secret of a widget's newest link, or of a key."""
    from donations.models import AccessKey

    if isinstance(thing, AccessKey):
        return thing.reveal()
    return AccessKey.objects.filter(subject=thing.public_id).latest("pk").reveal()


@pytest.fixture
def give(wallet) -> Callable[..., Any]:
    """Takes in payments of so many roubles, all at once, in the real way; answers their donations in order."""
    from django.utils import timezone

    from donations.events import writing
    from donations.ingest import ingest
    from donations.models import Donation
    from donations.money import Money
    from donations.providers.base import Kind, Payment, Status

    numbers = itertools.count(1)

    def take_in(*roubles: int, words: str = "Привет", name: str = "", currency: str = "RUB") -> Any:
        now = timezone.now()
        payments = [
            Payment(
                txn_id=f"{next(numbers)}:IN",
                status=Status.SETTLED,
                money=Money(amount * 100, currency),
                occurred_at=now - timedelta(seconds=1, milliseconds=len(roubles) - n),
                kind=Kind.GIFT,
                payer="+79990000042",
                name=name,
                words=words,
            )
            for n, amount in enumerate(roubles)
        ]
        with writing(wallet.streamer_id) as log:
            ingest(log, wallet, payments, wallet.state.alerts_from)
        given = Donation.objects.filter(wallet=wallet, txn_id__in=[payment.txn_id for payment in payments])
        found = {donation.txn_id: donation for donation in given}
        donations = [found[payment.txn_id] for payment in payments]
        return donations[0] if len(donations) == 1 else donations

    return take_in


@pytest.fixture
def reverse(wallet) -> Callable[[Any], None]:
    """The wallet service says that a payment failed after all."""
    from donations.events import writing
    from donations.ingest import ingest
    from donations.money import Money
    from donations.providers.base import Kind, Payment, Status

    def take_back(donation: Any) -> None:
        payment = Payment(
            txn_id=donation.txn_id,
            status=Status.FAILED,
            money=Money(donation.minor, donation.currency),
            occurred_at=donation.occurred_at,
            kind=Kind.GIFT,
            payer="+79990000042",
        )
        with writing(wallet.streamer_id) as log:
            ingest(log, wallet, [payment], wallet.state.alerts_from)

    return take_back


@pytest.fixture
def alert_box(wallet) -> Any:
    """An alert stays for a moment."""
    from widgets.screen import make_widget

    return make_widget(wallet.streamer, "alert", "Alerts", options={"duration_ms": 300, "gap_ms": 0})


@pytest.fixture
def long_alerts(wallet) -> Any:
    """An alert stays until somebody takes it away."""
    from widgets.screen import make_widget

    return make_widget(wallet.streamer, "alert", "Long alerts", options={"duration_ms": 60_000, "gap_ms": 0})


@pytest.fixture
def skip() -> Callable[..., None]:
    """A moderator takes an alert away."""
    from django.db import transaction

    from widgets.cues import move
    from widgets.models import Cue

    def take_away(cue: Any) -> None:
        with transaction.atomic():
            move(Cue.objects.filter(public_id=cue["id"]), Cue.State.SKIPPED)

    return take_away


@pytest.fixture
def goal_bar(goal) -> Any:
    from widgets.screen import make_widget

    return make_widget(goal.streamer, "goal", "Microphone", goal=goal)


@pytest.fixture
def total(wallet) -> Any:
    from widgets.screen import make_widget

    return make_widget(wallet.streamer, "total", "Total")


@pytest.fixture
def latest(wallet) -> Any:
    from widgets.screen import make_widget

    return make_widget(wallet.streamer, "latest", "Latest")


@pytest.fixture
def control_room(wallet) -> Any:
    """A key to Anya's control room."""
    from donations.models import AccessKey

    key = AccessKey.mint(wallet.streamer, AccessKey.Purpose.CONTROL)
    key.save()
    return key
