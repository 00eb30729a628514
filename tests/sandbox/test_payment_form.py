"""QIWI's two payment forms, 99 by phone and 99999 by nickname, as a donor uses them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from .visitor import Page, Visitor
from .wallet import SandboxWallet

SUM = {"amountInteger": "150", "amountFraction": "50", "currency": "643"}


@pytest.fixture
def visitor(wallet: SandboxWallet) -> Iterator[Visitor]:
    """Somebody who was given a link."""
    visitor = Visitor(wallet.url)
    yield visitor
    visitor.browser.close()


def by_phone(visitor: Visitor, wallet: SandboxWallet, **query: str) -> Page:
    return visitor.see("/payment/form/99", {"extra['account']": wallet.number, **query})


def by_nickname(visitor: Visitor, wallet: SandboxWallet, **query: str) -> Page:
    account = {"extra['account']": wallet.nickname, "extra['accountType']": "nickname"}
    return visitor.see("/payment/form/99999", {**account, **query})


@pytest.mark.parametrize("open_form", [by_phone, by_nickname])
def test_a_donor_gives_and_is_thanked(visitor: Visitor, wallet: SandboxWallet, open_form: Callable[..., Page]) -> None:
    page = open_form(visitor, wallet)
    assert f"For {wallet.nickname}" in page.words
    assert "imaginary" in page.words
    thanks = visitor.send(page, page.forms[0], amount="150,50", comment="На новый комп! 🎉")
    assert thanks.answer.status_code == 200
    assert "/payment/thanks/" in thanks.answer.url
    assert "150.50 ₽" in thanks.words.replace("\u00a0", " ")
    assert f"went to {wallet.nickname}" in thanks.words
    (row,) = wallet.rows()
    assert (row["sum"]["amount"], row["comment"], row["type"]) == (150.5, "На новый комп! 🎉", "IN")
    assert (row["provider"]["id"], row["source"]["id"]) == (7, 99)


def test_the_link_fills_the_form_in(visitor: Visitor, wallet: SandboxWallet) -> None:
    (form,) = by_phone(visitor, wallet, **SUM, **{"extra['comment']": "K7Q2 <привет>"}).forms
    told = {name: form.fields[name] for name in ("account", "amount", "comment")}
    assert told == {"account": wallet.number, "amount": "150.50", "comment": "K7Q2 <привет>"}
    assert form.fixed == set()


def test_the_form_by_nickname_never_knew_the_comment(visitor: Visitor, wallet: SandboxWallet) -> None:
    (form,) = by_nickname(visitor, wallet, **SUM, **{"extra['comment']": "K7Q2"}).forms
    told = {name: form.fields[name] for name in ("account", "amount", "comment")}
    assert told == {"account": wallet.nickname, "amount": "150.50", "comment": ""}


@pytest.mark.parametrize(
    ("query", "amount"),
    [
        ({**SUM, "amountFraction": "0"}, "150"),
        ({**SUM, "amountFraction": "5"}, "150.05"),
        ({**SUM, "amountInteger": "0", "amountFraction": "7"}, "0.07"),
        ({**SUM, "amountInteger": "99999", "amountFraction": "99"}, "99999.99"),
        ({**SUM, "amountInteger": "100000"}, ""),
        ({**SUM, "amountFraction": "500"}, ""),
        ({**SUM, "amountInteger": "many"}, ""),
        ({**SUM, "amountInteger": "0", "amountFraction": "0"}, ""),
        ({**SUM, "currency": "840"}, ""),
        ({"amountInteger": "150", "currency": "643"}, ""),
        ({"amountFraction": "50", "currency": "643"}, ""),
        ({"amountInteger": "150", "amountFraction": "0"}, ""),
    ],
    ids=str,
)
def test_a_sum_needs_both_its_parts_and_the_currency(
    visitor: Visitor, wallet: SandboxWallet, query: dict[str, str], amount: str
) -> None:
    (form,) = by_phone(visitor, wallet, **query).forms
    assert form.fields["amount"] == amount


def test_what_is_blocked_stays_as_the_link_has_it(
    visitor: Visitor, wallet: SandboxWallet, donor: SandboxWallet
) -> None:
    blocked = {"blocked[0]": "account", "blocked[1]": "sum", "blocked[2]": "comment"}
    page = by_phone(visitor, wallet, **SUM, **{"extra['comment']": "K7Q2"}, **blocked)
    assert page.forms[0].fixed == {"account", "amount", "comment"}
    visitor.send(page, page.forms[0], account=donor.number, amount="1", comment="mine")
    assert donor.books()["rows"] == []
    (row,) = wallet.rows()
    assert (row["sum"]["amount"], row["comment"]) == (150.5, "K7Q2")


def test_what_the_link_does_not_say_cannot_be_blocked(visitor: Visitor, wallet: SandboxWallet) -> None:
    page = by_phone(visitor, wallet, **{"blocked[0]": "sum", "blocked[1]": "comment", "blocked[2]": "everything"})
    assert page.forms[0].fixed == set()


@pytest.mark.parametrize("prefix", ["+7", "8", "+7 ", "7 "])
def test_a_number_is_found_as_people_write_it(visitor: Visitor, wallet: SandboxWallet, prefix: str) -> None:
    local = wallet.number[1:]
    written = f"{prefix}({local[:3]}) {local[3:6]}-{local[6:8]}-{local[8:]}"
    page = visitor.see("/payment/form/99")
    visitor.send(page, page.forms[0], account=written, amount="5")
    assert wallet.books()["balances"] == {"RUB": 5_00}


def test_a_nickname_is_found_however_it_is_spelt(visitor: Visitor, wallet: SandboxWallet) -> None:
    page = visitor.see("/payment/form/99999")
    visitor.send(page, page.forms[0], account=wallet.nickname.lower(), amount="5")
    assert wallet.books()["balances"] == {"RUB": 5_00}


@pytest.mark.parametrize(
    ("filled", "words"),
    [
        ({"amount": ""}, "Write an amount."),
        ({"amount": "lots"}, "Write an amount like 150 or 99.50."),
        ({"amount": "0"}, "Write an amount like 150 or 99.50."),
        ({"amount": "-5"}, "Write an amount like 150 or 99.50."),
        ({"amount": "1.005"}, "Write an amount like 150 or 99.50."),
        ({"amount": "NaN"}, "Write an amount like 150 or 99.50."),
        ({"amount": "100000"}, "One payment is at most 99,999.99."),
        ({"account": ""}, "Write whom the money goes to"),
        ({"account": "nobody-here"}, "There is no such wallet in the sandbox."),
        ({"comment": "x" * 501}, "The comment is at most 500 characters."),
    ],
    ids=str,
)
def test_what_is_wrong_is_said_in_words_and_nothing_is_lost(
    visitor: Visitor, wallet: SandboxWallet, filled: dict[str, str], words: str
) -> None:
    page = by_phone(visitor, wallet)
    again = visitor.send(page, page.forms[0], **{"amount": "77", "comment": "my words", **filled})
    assert again.answer.status_code == 400
    assert words in again.words
    kept = {"account": wallet.number, "amount": "77", "comment": "my words", **filled}
    assert {name: again.forms[0].fields[name] for name in kept} == kept
    assert wallet.books()["rows"] == []


def test_a_comment_is_shown_as_words_and_never_as_markup(visitor: Visitor, wallet: SandboxWallet) -> None:
    page = by_phone(visitor, wallet)
    thanks = visitor.send(page, page.forms[0], amount="5", comment="<script>alert(1)</script>")
    assert "<script>" not in thanks.answer.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in thanks.answer.text


def test_a_form_from_elsewhere_is_refused(visitor: Visitor, wallet: SandboxWallet) -> None:
    page = by_phone(visitor, wallet)
    forged = {name: value for name, value in page.forms[0].fields.items() if name != "csrfmiddlewaretoken"}
    refused = visitor.browser.post(page.answer.url, data={**forged, "amount": "5"}, timeout=20)
    assert refused.status_code == 403
    assert wallet.books()["rows"] == []


def test_a_thank_you_page_leads_back_to_the_form(visitor: Visitor, wallet: SandboxWallet) -> None:
    page = by_nickname(visitor, wallet)
    thanks = visitor.send(page, page.forms[0], amount="5")
    assert f"/payment/form/99999?extra%5B%27account%27%5D={wallet.nickname}" in thanks.answer.text


def test_there_are_no_thanks_for_what_was_not_given(visitor: Visitor, wallet: SandboxWallet) -> None:
    (refund,) = wallet.pay(kind="card_refund")
    assert visitor.see(f"/payment/thanks/{refund['txn_id']}").answer.status_code == 404
    assert visitor.see("/payment/thanks/5").answer.status_code == 404


@pytest.mark.parametrize("path", ["/payment/form/100", "/payment/form/999", "/payment/form/"])
def test_there_are_only_two_forms(visitor: Visitor, path: str) -> None:
    assert visitor.see(path).answer.status_code == 404
