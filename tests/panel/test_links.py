"""Links on the panel: of widgets and of helpers, renewed, revoked, and kept in a file."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from donations.models import AccessKey
from tests.panel.test_pages import words
from widgets.helpers import control_link, helpers_of, make_helper
from widgets.models import Widget
from widgets.screen import overlay_link


def test_a_renewed_link_is_shown_beside_the_old_one_while_both_work(anya_client, alert):
    old = overlay_link(alert)
    page = anya_client.post(f"/panel/widgets/{alert.public_id}/renew/", {"grace": "24"}, follow=True)
    new = overlay_link(alert)
    assert new != old
    assert "The old link works until" in words(page)
    assert old in page.content.decode()
    assert new in page.content.decode()
    ends = AccessKey.objects.get(valid_until__isnull=False).valid_until
    assert timedelta(hours=23) < ends - timezone.now() <= timedelta(hours=24)
    page = anya_client.post(f"/panel/widgets/{alert.public_id}/renew/", {"grace": "0"}, follow=True)
    assert "The old one opens nothing any more." in words(page) or old in page.content.decode()
    assert new not in page.content.decode()


def test_an_old_link_never_works_for_longer_than_a_week(anya_client, alert):
    anya_client.post(f"/panel/widgets/{alert.public_id}/renew/", {"grace": "9999"})
    assert AccessKey.objects.count() == 1


def test_a_removed_widget_is_gone_and_its_link_opens_nothing(anya_client, anya, alert):
    secret = overlay_link(alert).partition("#")[2]
    page = anya_client.post(f"/panel/widgets/{alert.public_id}/remove/", follow=True)
    assert "is removed" in words(page)
    assert not Widget.objects.exists()
    assert not AccessKey.objects.opened_by(secret).exists()


def test_the_loader_is_a_file_with_the_link_and_nothing_of_a_title_runs_in_it(anya_client, alert):
    Widget.objects.update(title='<script>"/../Донат')
    answer = anya_client.get(f"/panel/widgets/{alert.public_id}/loader/")
    assert answer["Content-Disposition"].startswith("attachment; filename")
    assert "/" not in answer["Content-Disposition"].replace("utf-8''", "")
    assert f'data-link="{overlay_link(alert)}"' in answer.content.decode()
    assert answer.content.decode().count("<script>") == 1


@pytest.fixture
def masha_key(anya):
    return make_helper(anya, "Маша", "without_amounts")


def test_a_helper_gets_a_link_of_his_own_and_loses_it(anya_client, anya):
    anya_client.post("/panel/helpers/new/", {"name": "Маша", "role": "moderator"})
    key = helpers_of(anya).get()
    assert (key.label, key.role, key.purpose) == ("Маша", "moderator", "control")
    page = anya_client.get("/panel/helpers/")
    assert control_link(key) in page.content.decode()
    assert "did nothing yet" in words(page)
    anya_client.post(f"/panel/helpers/{key.subject}/revoke/")
    assert not AccessKey.objects.opened_by(key.reveal()).exists()
    assert not helpers_of(anya).exists()


def test_a_helper_keeps_name_and_role_when_the_link_is_renewed(anya_client, anya, masha_key):
    anya_client.post(f"/panel/helpers/{masha_key.subject}/rename/", {"name": "Маша П."})
    anya_client.post(f"/panel/helpers/{masha_key.subject}/renew/", {"grace": "168"})
    new = helpers_of(anya).get()
    assert new.pk != masha_key.pk
    assert (new.label, new.role, new.subject) == ("Маша П.", "without_amounts", masha_key.subject)
    assert "An older link works until" in words(anya_client.get("/panel/helpers/"))
    anya_client.post(f"/panel/helpers/{masha_key.subject}/revoke/")
    assert not AccessKey.objects.valid().filter(purpose="control").exists()


def test_nobody_is_made_a_helper_of_an_unknown_kind(anya_client, anya):
    page = anya_client.post("/panel/helpers/new/", {"name": "Маша", "role": "host"})
    assert page.status_code == 200
    assert not helpers_of(anya).exists()


def test_the_host_ends_a_link_that_got_into_wrong_hands(host_client, anya_client, masha_key):
    chosen = {"action": "end", "_selected_action": [masha_key.pk]}
    anya_client.post("/admin/donations/accesskey/", chosen)
    assert AccessKey.objects.opened_by(masha_key.reveal()).exists()
    host_client.post("/admin/donations/accesskey/", chosen)
    assert not AccessKey.objects.opened_by(masha_key.reveal()).exists()
    assert host_client.post(f"/admin/donations/accesskey/{masha_key.pk}/delete/", {"post": "yes"}).status_code == 403
