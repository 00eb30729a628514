"""Links that are renewed and revoked while their pages are open."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from donations.models import AccessKey, Event
from widgets.keys import keys_of, revoke, rotate
from widgets.protocol import CLOSE_REFUSED
from widgets.screen import overlay_link

HOUR = timedelta(hours=1)


@pytest.fixture
def old_key(alert_box):
    return AccessKey.objects.get(subject=alert_box.public_id)


def test_both_links_work_until_the_grace_time_is_over(anya, alert_box, old_key, open_page):
    page = open_page(old_key)
    new_key = rotate(old_key, grace=HOUR)
    assert overlay_link(alert_box).endswith(f"#{new_key.reveal()}")
    assert (new_key.purpose, new_key.subject, new_key.label) == ("overlay", alert_box.public_id, old_key.label)
    for key in (old_key, new_key):
        assert open_page(key).hello["type"] == "hello"
    AccessKey.objects.filter(pk=old_key.pk).update(valid_until=timezone.now())
    assert page.is_closed_with() == CLOSE_REFUSED
    assert page.frames[-1]["type"] == "refused"
    assert open_page(old_key).hello["type"] == "refused"
    assert open_page(new_key).hello["type"] == "hello"


def test_a_revoked_link_goes_dark_at_once_and_no_other(anya, alert_box, old_key, control_room, open_page):
    overlay, control = open_page(old_key), open_page(control_room)
    revoke(control_room)
    assert control.is_closed_with(2) == CLOSE_REFUSED
    with pytest.raises(TimeoutError):
        overlay.is_closed_with(0.3)


def test_a_link_that_ended_while_the_machine_slept_goes_dark_when_it_wakes(old_key, open_page):
    page = open_page(old_key)
    AccessKey.objects.filter(pk=old_key.pk).update(valid_until=timezone.now() - 60 * HOUR)
    assert page.is_closed_with(3) == CLOSE_REFUSED


def test_a_second_renewal_prolongs_no_older_link(anya, old_key):
    second = rotate(old_key, grace=HOUR)
    rotate(second, grace=24 * HOUR)
    first, middle, newest = keys_of(anya, "overlay", old_key.subject).order_by("pk")
    assert first.valid_until < middle.valid_until
    assert newest.valid_until is None
    revoke(newest)
    revoke(newest)
    assert keys_of(anya, "overlay", old_key.subject).count() == 2
    assert Event.objects.filter(kind="keys").count() == 4


def test_a_link_renewed_without_grace_opens_nothing_from_now_on(anya, old_key):
    rotate(old_key, grace=timedelta(0))
    assert keys_of(anya, "overlay", old_key.subject).count() == 1


def test_the_log_tells_no_secret(anya, old_key):
    new_key = rotate(old_key)
    said = str([event.figures for event in Event.objects.all()])
    assert old_key.reveal() not in said
    assert new_key.reveal() not in said
