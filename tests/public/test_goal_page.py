"""The public goal page without JavaScript: it says everything, truly, and to nobody in particular."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone
from django.utils.formats import date_format

from donations.hiding import hide
from donations.models import Goal, Milestone
from donations.tallies import archive_goal, save_goal

PAGE = "/@anya/mic/"


def text_of(response) -> str:
    """What a person reads: no tags, blanks of every kind made one."""
    body = re.sub(r"<template.*?</template>", "", response.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body)))


def bar_of(response) -> dict[str, str]:
    """Where the parts of the bar begin, by the name of the part."""
    return dict(re.findall(r'class="bar-(\w+)" x="([-\d.]+%)"', response.content.decode()))


def test_the_page_is_whole_without_javascript(phone, goal, give):
    give(6200, words="На микрофон!", name="Катя")
    give(300, words="Ещё чуть-чуть")
    page = phone.get(PAGE)
    text = text_of(page)
    assert page.status_code == 200
    assert "Новый микрофон" in text
    assert "6,500 ₽ of 10,000 ₽" in text
    assert "Raised 65 %" in text
    assert "Left 3,500 ₽" in text
    assert "Donations 2" in text
    assert "Катя" in text and "На микрофон!" in text
    assert text.index("Ещё чуть-чуть") < text.index("На микрофон!"), "the newest first"
    assert re.search(r"Updated \d\d:\d\d:\d\d", text)
    assert bar_of(page)["fill"] == "-35.00%"


def test_the_give_button_leads_to_the_wallets_own_page(phone, goal, wallet, settings):
    settings.SANDBOX_PUBLIC_URL = "https://wallet.example.org"
    links = re.findall(r'<a class="button[^"]*" href="([^"]+)"', phone.get(PAGE).content.decode())
    assert len(links) == 1
    assert links[0].startswith("https://wallet.example.org/payment/form/99?")
    assert wallet.account in links[0]


def test_a_goal_of_an_archived_wallet_says_that_there_is_nowhere_to_give(phone, goal, wallet):
    goal.wallets.set([wallet])
    wallet.archived_at = timezone.now()
    wallet.save()
    assert "There is no wallet to give to right now" in text_of(phone.get(PAGE))


def test_a_donors_words_stay_words(phone, goal, give):
    give(100, words="<script>alert(1)</script><img src=x onerror=alert(2)>", name='"><b>bold</b>')
    body = phone.get(PAGE).content.decode()
    assert "<script>alert" not in body and "<img src=x" not in body and "<b>bold" not in body
    assert "&lt;script&gt;alert(1)" in body


def test_a_hidden_donation_keeps_its_amount_and_loses_its_name_and_words(phone, goal, give):
    hide(give(700, words="rude words", name="Rude Name"))
    text = text_of(phone.get(PAGE))
    assert "rude words" not in text and "Rude Name" not in text
    assert "Someone" in text
    assert "700 ₽ of 10,000 ₽" in text


def test_overfill_is_told_truly(phone, goal, give):
    give(12_500)
    page = phone.get(PAGE)
    text = text_of(page)
    assert "12,500 ₽ of 10,000 ₽" in text
    assert "Raised 125 %" in text
    assert "Over the goal 2,500 ₽" in text
    assert bar_of(page) == {"fill": "0.00%", "over": "80.00%", "mark": "80.00%"}
    assert 'class="bar goal-bar is-over"' in page.content.decode()


def test_a_hundred_percent_is_said_only_when_it_is_reached(phone, goal, give):
    give(9_999)
    text = text_of(phone.get(PAGE))
    assert "Raised 99 %" in text and "Left 1 ₽" in text
    give(1)
    assert "Raised 100 %" in text_of(phone.get(PAGE))


def test_two_streamers_may_use_the_same_goal_name(phone, goal, boris):
    save_goal(Goal(streamer=boris, slug="mic", title="Інший мікрофон", target_minor=500_00, currency="UAH"))
    assert "Новый микрофон" in text_of(phone.get("/@anya/mic/"))
    assert "Інший мікрофон" in text_of(phone.get("/@boris/mic/"))


def test_link_previews_get_the_title_and_the_percentage(phone, goal, give, settings):
    settings.PUBLIC_URL = "https://donate.example.org"
    give(5_000)
    body = phone.get(PAGE).content.decode()
    assert '<meta property="og:title" content="Новый микрофон · 50 %">' in body
    assert '<meta property="og:url" content="https://donate.example.org/@anya/mic/">' in body


def test_who_names_no_language_gets_the_streamers(client, goal):
    assert client.get(PAGE)["Content-Language"] == "ru"
    assert client.get(PAGE, headers={"accept-language": "uk"})["Content-Language"] == "uk"
    assert client.get(PAGE + "?lang=en", headers={"accept-language": "uk"})["Content-Language"] == "en"
    assert client.get(PAGE + "?lang=xx", headers={"accept-language": "uk"})["Content-Language"] == "uk"


def test_the_page_of_one_language_never_leaks_into_the_next_request(client, goal):
    client.get(PAGE + "?lang=uk")
    assert client.get("/accounts/login/", headers={"accept-language": "en"})["Content-Language"] == "en"


@pytest.mark.parametrize("address", ["/", "/@anya/", PAGE, "/@anya/nothing/", "/@nobody/"])
def test_anonymous_visitors_get_no_cookie_and_a_page_that_may_be_cached(phone, goal, address):
    page = phone.get(address)
    assert not page.cookies
    assert "Cookie" not in page.get("Vary", "")
    assert "public" in page["Cache-Control"] and "max-age=5" in page["Cache-Control"]


def test_a_page_in_a_language_chosen_by_cookie_is_kept_for_nobody_else(phone, goal):
    phone.cookies["django_language"] = "uk"
    page = phone.get(PAGE)
    assert page["Content-Language"] == "uk"
    assert "private" in page["Cache-Control"]


def test_the_owner_sees_the_same_page_as_everybody(phone, client, goal, anya_owner):
    client.force_login(anya_owner)
    seen = [
        re.sub(r"<time data-updated.*?</time>", "", each.content.decode())
        for each in (phone.get(PAGE), client.get(PAGE, headers={"accept-language": "en"}))
    ]
    assert seen[0] == seen[1]


def test_nothing_on_the_page_is_inline(phone, goal, give):
    give(100)
    page = phone.get(PAGE)
    assert "script-src" not in page["Content-Security-Policy"]
    assert "default-src 'self';" in page["Content-Security-Policy"]
    assert " style=" not in page.content.decode()
    assert not re.search(r"<script(?![^>]* src=)", page.content.decode())


def test_the_short_link_leads_to_the_page(phone, goal):
    answer = phone.get(f"/g/{goal.public_id}/")
    assert answer.status_code == 302
    assert answer["Location"] == PAGE


def test_archived_and_private_goals_are_not_there(phone, goal):
    goal.is_public = False
    save_goal(goal)
    assert [phone.get(address).status_code for address in (PAGE, f"/g/{goal.public_id}/")] == [404, 404]
    assert "Новый микрофон" not in text_of(phone.get("/@anya/"))
    goal.is_public = True
    save_goal(goal)
    assert phone.get(PAGE).status_code == 200
    archive_goal(goal)
    missing = phone.get(PAGE)
    assert missing.status_code == 404
    assert "There is no such page" in text_of(missing)
    assert "Новый микрофон" not in text_of(missing)


def test_a_streamers_page_lists_his_own_open_goals(phone, goal, boris):
    save_goal(Goal(streamer=boris, slug="chair", title="Крісло", target_minor=500_00, currency="UAH"))
    text = text_of(phone.get("/@anya/"))
    assert "Новый микрофон" in text and "0 ₽ of 10,000 ₽" in text
    assert "Крісло" not in text


def test_home_lists_nobody(phone, goal):
    text = text_of(phone.get("/"))
    assert "Sign in" in text
    assert "Аня" not in text and "Новый микрофон" not in text


def test_milestones_are_ticks_on_the_bar_and_a_list_in_words(phone, goal, give):
    marks = [Milestone(minor=minor, title=title) for minor, title in MARKS]
    save_goal(goal, milestones=marks)
    give(5_000)
    page = phone.get(PAGE)
    assert re.findall(r'class="(bar-tick[^"]*)" x="([^"]+)"', page.content.decode()) == [
        ("bar-tick is-reached", "20.00%"),
        ("bar-tick", "75.00%"),
    ]
    text = text_of(page)
    assert "2,000 ₽ <b>Песня</b> reached 7,500 ₽ 15,000 ₽ Ночной стрим" in text
    give(15_000)
    page = phone.get(PAGE)
    # The bar is as long as what was raised now, and the target a mark on it.
    assert [float(x) for x in re.findall(r'bar-tick is-reached" x="([^"]+)%"', page.content.decode())] == [10, 37.5, 75]
    assert "Raised 200 %" in text_of(page)


MARKS = [(2_000_00, "<b>Песня</b>"), (7_500_00, ""), (15_000_00, "Ночной стрим")]


def test_the_page_tells_which_time_it_counts_and_until_when(phone, goal, give):
    goal.period = Goal.Period.MONTH
    goal.deadline = timezone.localtime(timezone=goal.streamer.zone) + timedelta(days=400)
    goal.offset_minor = 500_00
    save_goal(goal)
    give(700)
    for address in (PAGE, "/@anya/"):
        text = text_of(phone.get(address))
        assert "this month" in text
        assert f"until {date_format(goal.deadline, 'DATE_FORMAT')}" in text
        assert "1,200 ₽ of 10,000 ₽" in text
    goal.deadline = timezone.now() - timedelta(days=400)
    save_goal(goal)
    assert "ended " in text_of(phone.get(PAGE))
