"""Signed-in people, and the things of Anya's that others must not see."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import translation

from donations.models import Donation, Member
from donations.streams import start_stream
from widgets.screen import make_widget


@pytest.fixture(autouse=True)
def english():
    """A request leaves its language to whatever runs next in the same thread; here each test begins in English."""
    with translation.override("en"):
        yield


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def anya_client(anya_owner):
    """Anya at her panel."""
    return signed_in(anya_owner)


@pytest.fixture
def boris_client(boris_owner):
    """Boris at his panel."""
    return signed_in(boris_owner)


@pytest.fixture
def host_client(host):
    """The host, who is a member of no streamer."""
    return signed_in(host)


@pytest.fixture
def masha(anya, django_user_model):
    """Masha moderates for Anya: she hides donations and runs streams, and nothing else."""
    user = django_user_model.objects.create_user("masha", password="correct horse masha")
    Member.objects.create(streamer=anya, user=user, role=Member.Role.MODERATOR)
    return user


@pytest.fixture
def masha_client(masha):
    """Masha at Anya's panel."""
    return signed_in(masha)


@pytest.fixture
def gift(anya, wallet):
    """Somebody gave Anya 150.50 with words."""
    from django.utils import timezone

    return Donation.objects.create(
        streamer=anya,
        wallet=wallet,
        txn_id="1:IN",
        status="settled",
        kind="gift",
        currency="RUB",
        minor=150_50,
        occurred_at=timezone.now(),
        recorded_at=timezone.now(),
        donor_key="d" * 64,
        name_given="Щедрый Лис",
        name_shown="Щедрый Лис",
        words_given="Спасибо за стрим <script>alert(1)</script>",
        words_shown="Спасибо за стрим <script>alert(1)</script>",
    )


@pytest.fixture
def alert(anya):
    """Anya's alert widget."""
    return make_widget(anya, "alert", "Анин донат")


@pytest.fixture
def stream(anya):
    """Anya is on air."""
    return start_stream(anya, "Анин вечер")
