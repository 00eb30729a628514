"""Donors for the public pages, and a donor's phone."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client


@pytest.fixture
def give(wallet) -> Callable[..., object]:
    """Takes one payment of so many roubles into Anya's wallet, the real way, and answers its donation."""
    from django.utils import timezone

    from donations.events import writing
    from donations.ingest import ingest
    from donations.models import Donation
    from donations.money import Money
    from donations.providers.base import Kind, Payment, Status

    numbers = itertools.count(1)

    def take_in(roubles: int, words: str = "Привет", name: str = "") -> Donation:
        payment = Payment(
            txn_id=f"{next(numbers)}:IN",
            status=Status.SETTLED,
            money=Money(roubles * 100, "RUB"),
            occurred_at=timezone.now() - timedelta(seconds=1),
            kind=Kind.GIFT,
            payer="+79990000042",
            name=name,
            words=words,
        )
        with writing(wallet.streamer_id) as log:
            ingest(log, wallet, [payment], wallet.state.alerts_from)
        return Donation.objects.get(wallet=wallet, txn_id=payment.txn_id)

    return take_in


@pytest.fixture
def phone() -> Client:
    """A donor's browser, which speaks English and has never been here."""
    return Client(headers={"accept-language": "en"})
