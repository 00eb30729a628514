"""What the panel's small scripts do, in real Chromium."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from donations.corrections import enter
from donations.invitations import invitation_link
from donations.money import Money
from widgets.screen import overlay_link

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("panel-browser"), pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(live_server, chromium, settings):
    """A tab of Chromium at the served panel, with the addresses that the page asked for in `page.asked`."""
    settings.PUBLIC_URL = live_server.url
    settings.ALLOWED_HOSTS = ["*"]
    context = chromium.new_context(base_url=live_server.url, locale="en")
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.asked = []  # type: ignore[attr-defined]
    page.on("request", lambda request: page.asked.append(request.url))  # type: ignore[attr-defined]
    yield page
    context.close()


def sign_in(page: Page) -> None:
    page.goto("/accounts/login/")
    page.fill("[name=login]", "anya")
    page.fill("[name=password]", "correct horse anya")
    page.click("form button.primary")
    page.wait_for_url("**/panel/")


def test_an_invitation_link_opens_and_its_secret_is_in_no_address(page, anya, django_user_model):
    user = django_user_model.objects.create_user("guest", password=None)
    anya.member_set.create(user=user)
    link = invitation_link(user)
    secret = link.partition("#")[2]
    page.goto(link)
    page.wait_for_selector("text=Hello, guest")
    assert secret not in page.url
    page.fill("[name=password1]", "spam eggs and coins")
    page.fill("[name=password2]", "spam eggs and coins")
    page.click("text=Save and sign in")
    page.wait_for_url("**/panel/")
    assert page.asked
    # The browser keeps what stands behind # to itself; our own script must not put it anywhere else.
    assert not [address for address in page.asked if secret in address.partition("#")[0]]


def test_a_link_is_copied_without_being_shown(page, anya_owner, alert):
    sign_in(page)
    page.goto("/panel/widgets/")
    assert not page.is_visible(f"text={overlay_link(alert)}")
    page.click("[data-copy]")
    page.wait_for_selector("text=Copied")
    assert page.evaluate("navigator.clipboard.readText()") == overlay_link(alert)
    page.click("text=Show")
    assert page.is_visible(f"text={overlay_link(alert)}")


def test_the_sound_can_be_switched_on_once_it_was_heard(page, anya_owner, alert):
    sign_in(page)
    page.goto(f"/panel/widgets/{alert.public_id}/")
    assert page.is_disabled("[name=sound]")
    page.click("[data-listen]")
    page.wait_for_selector("[name=sound]:enabled")
    page.check("[name=sound]")
    page.click("text=Save")
    page.wait_for_selector("text=Open overlays show it at once.")
    alert.refresh_from_db()
    assert alert.options["sound"] is True


def test_a_question_is_asked_once_and_escape_takes_it_back(page, anya_owner, anya, stream):
    sign_in(page)
    page.click("summary:has-text('Stop the stream')")
    assert page.is_visible("text=Yes, stop it")
    page.keyboard.press("Escape")
    assert not page.is_visible("text=Yes, stop it")
    page.click("summary:has-text('Stop the stream')")
    page.click("text=Yes, stop it")
    page.wait_for_url("**/panel/streams/")
    stream.refresh_from_db()
    assert stream.ended_at is not None


def test_a_wrong_form_leads_to_its_first_wrong_field(page, anya_owner, goal):
    sign_in(page)
    page.goto(f"/panel/goals/{goal.public_id}/")
    page.click("text=Milestones and deadline")
    page.fill("[name=deadline]", "2001-01-01T00:00")
    page.click("form button.primary")
    page.wait_for_selector("text=The deadline has to be later than the beginning.")
    page.wait_for_function("document.activeElement.name === 'deadline'")
    assert page.locator("[name=deadline]").is_visible()


def test_no_name_widens_a_page_on_a_phone(page, anya_owner, anya, wallet, goal, stream):
    endless = "Превысокомногорассмотрительствующий" * 2
    wallet.tokens.all().delete()
    type(anya).objects.update(name=endless)
    for model in (type(wallet), type(goal), type(stream)):
        model.objects.update(title=endless)
    enter(anya, anya_owner, "1", Money(123_456_789_012, "RUB"), timezone.now(), endless, endless)
    page.set_viewport_size({"width": 320, "height": 640})
    sign_in(page)
    gift = anya.donations.get()
    for address in (
        *("/panel/", "/panel/donations/", f"/panel/donations/{gift.public_id}/", "/panel/donors/", "/panel/streams/"),
        *(f"/panel/donors/{gift.public_id}/", f"/panel/streams/{stream.pk}/", "/panel/goals/", "/panel/wallets/"),
        *(f"/panel/goals/{goal.public_id}/", f"/panel/wallets/{wallet.pk}/", "/@anya/", f"/@anya/{goal.slug}/"),
    ):
        page.goto(address)
        assert endless in page.content()
        assert page.evaluate("document.documentElement.scrollWidth") == 320, address


def test_a_double_click_enters_one_donation(page, anya_owner, anya):
    sign_in(page)
    page.goto("/panel/donations/new/")
    page.fill("[name=amount]", "500")
    page.dblclick("text=Add it")
    page.wait_for_url(lambda address: "/panel/donations/" in address and not address.endswith("/new/"))
    page.goto("/panel/donations/")
    assert page.locator(".gift").count() == anya.donations.count() == 1
