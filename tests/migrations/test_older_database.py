"""A database that an older version left, brought up to date with all that was in it.

`0001.json` is what the code before the ledger wrote by itself, table by table, on one evening: two streams, four
wallets, five goals, gifts that came, waited, failed, were hidden, erased and unticked, and a streamer who had changed
her currency. It is loaded through the models of that time, so it runs on every database.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Count, Sum

from donations.events import writing
from donations.ingest import ingest
from donations.models import (
    AccessKey,
    BalanceCheck,
    Donation,
    DonorTally,
    Event,
    FeedCounter,
    Goal,
    InfoToken,
    Raised,
    Streamer,
    Wallet,
    WalletState,
)
from donations.money import Money
from donations.providers.base import Kind, Payment, Status
from donations.tallies import counted_anew, raised
from widgets.models import Cue, Widget

pytestmark = pytest.mark.django_db(transaction=True)

THEN = [("donations", "0001_initial"), ("widgets", "0001_initial")]
ROWS: dict[str, list[dict[str, Any]]] = json.loads((Path(__file__).parent / "0001.json").read_text(encoding="utf-8"))
ITS_KEY = "a29waWxrYTogdGhpcyBrZXkgaXMgZm9yIGEgdGVzdCE="


def migrate(targets: list[tuple[str, str]]) -> Any:
    """Bring the test's database there; the models as they were then."""
    executor = MigrationExecutor(connection)
    executor.migrate(targets)
    return MigrationExecutor(connection).loader.project_state(targets).apps


def newest() -> list[tuple[str, str]]:
    return [node for node in MigrationExecutor(connection).loader.graph.leaf_nodes() if node[0] in dict(THEN)]


def load(apps: Any) -> None:
    models = [apps.get_model(label) for label in ROWS]
    with transaction.atomic(), connection.cursor() as cursor:
        for model in models:
            for row in ROWS[model._meta.label]:
                # Raw: as it stands there, without times of now.
                model(**row).save_base(raw=True, force_insert=True)
        for sql in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(sql)


@pytest.fixture
def older(transactional_db, settings) -> Iterator[None]:
    """The older database, migrated to what there is now."""
    settings.SECRET_KEYS = [ITS_KEY]
    try:
        load(migrate(THEN))
    finally:
        migrate(newest())
    yield


def sums(rows: Any, *by: str) -> set[tuple[Any, ...]]:
    return set(rows.order_by().values_list(*by).annotate(Sum("minor"), Count("pk")))


def assert_equal_to_the_ledger() -> None:
    counted = Donation.objects.counted()
    assert set(Raised.objects.values_list("streamer", "currency", "minor", "count")) == sums(
        counted, "streamer", "currency"
    )
    kept = DonorTally.objects.exclude(count=0).values_list("streamer", "donor_key", "currency", "minor", "count")
    assert set(kept) == sums(counted.exclude(donor_key=""), "streamer", "donor_key", "currency")
    settled = Donation.objects.filter(status="settled").exclude(wallet=None)
    assert set(BalanceCheck.objects.values_list("wallet", "currency", "ledger_minor")) == set(
        settled.order_by().values_list("wallet", "currency").annotate(Sum("minor"))
    )
    for goal in Goal.objects.active():
        anew = [(row.period_start, row.minor, row.count) for row in counted_anew(goal)]
        there = goal.tallies.exclude(count=0).order_by("period_start")
        assert list(there.values_list("period_start", "minor", "count")) == anew


def assert_all_is_there() -> None:
    for model in (Streamer, Wallet, InfoToken, AccessKey, Donation, Goal, Event, FeedCounter, Widget, Cue):
        rows = {row[model._meta.pk.attname] for row in ROWS[model._meta.label]}
        assert set(model.objects.values_list("pk", flat=True)) == rows, model
    same = ("txn_id", "status", "kind", "minor", "currency", "gross_minor", "words_given", "words_shown", "counts")
    for row in ROWS["donations.Donation"]:
        donation = Donation.objects.get(pk=row["id"])
        assert {name: getattr(donation, name) for name in same} == {name: row[name] for name in same}
    tokens = {token.reveal()[-6:] for token in InfoToken.objects.filter(state="working")}
    assert tokens == {"000001", "000002", "000003"}
    assert all(key.reveal() for key in AccessKey.objects.all())


def assert_new_columns_are_as_it_was_before() -> None:
    assert set(Donation.objects.values_list("in_stream", "listed", "alerts")) == {(True, True, True)}
    goals = Goal.objects.values_list("period", "until", "offset_minor", "deadline", "counts_others")
    assert set(goals) == {("all", None, 0, None, False)}
    live = {True: ["anya"], False: ["boris", "vika"]}
    for on_air, slugs in live.items():
        states = WalletState.objects.filter(wallet__streamer__slug__in=slugs)
        assert set(states.values_list("live", flat=True)) == {on_air}


def assert_values_are_in_the_currency_that_the_streamer_has_now() -> None:
    for donation in Donation.objects.select_related("streamer"):
        own = donation.currency == donation.streamer.currency
        assert donation.base_minor == (donation.minor if own else None), donation


def test_an_older_database_comes_up_to_date_with_all_that_was_in_it(older):
    assert_all_is_there()
    assert_new_columns_are_as_it_was_before()
    assert_values_are_in_the_currency_that_the_streamer_has_now()
    assert_equal_to_the_ledger()
    assert Raised.objects.get(streamer__slug="anya", currency="RUB").minor == 877_50
    goal = Goal.objects.get(slug="mic")
    assert (raised(goal).minor, raised(goal).count) == (777_50, 4)


def test_the_app_goes_on_from_there(older):
    wallet = Wallet.objects.get(provider="qiwi", account="79990000001")
    before = FeedCounter.objects.get(streamer=wallet.streamer).seq
    late = next(row for row in ROWS["donations.Donation"] if row["status"] == "pending")
    gift = Payment("99:IN", Status.SETTLED, Kind.GIFT, Money(100_00, "RUB"), datetime(2026, 10, 31, 18, 1, tzinfo=UTC))
    settled = Payment(late["txn_id"], Status.SETTLED, Kind.GIFT, Money(1_000_00, "RUB"), gift.occurred_at)
    again = Payment("20:IN", Status.SETTLED, Kind.GIFT, Money(150_00, "RUB"), gift.occurred_at)
    with writing(wallet.streamer_id) as log:
        assert ingest(log, wallet, [gift, settled, again], None) == 1
    assert_equal_to_the_ledger()
    goal = Goal.objects.get(slug="mic")
    assert (raised(goal).minor, raised(goal).count) == (1877_50, 6)
    seqs = Event.objects.filter(streamer=wallet.streamer, seq__gt=before).order_by("seq").values_list("seq", flat=True)
    assert list(seqs) == list(range(before + 1, before + 1 + len(seqs)))
    assert seqs
    call_command("audit")
