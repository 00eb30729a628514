"""Sums at a touch on the payment forms."""

from __future__ import annotations

import re

import requests

from .wallet import SandboxWallet


def form_of(wallet: SandboxWallet, **blocked: str) -> requests.Response:
    """The form for this wallet, its sum filled in; `blocked` as the link says it."""
    told = {"extra['account']": wallet.number, "amountInteger": "50", "amountFraction": "00", "currency": "643"}
    return wallet.http.get(f"{wallet.url}/payment/form/99", params={**told, **blocked}, timeout=20)


def test_sums_wait_for_the_script_that_fills_them_in(wallet: SandboxWallet) -> None:
    page = form_of(wallet)
    (choice,) = re.findall(r"<span[^>]*data-sums[^>]*>.*?</span>", page.text, re.DOTALL)
    assert re.match(r"<span[^>]*\bhidden\b", choice), "without a script no button does nothing"
    assert re.findall(r'type="button"[^>]*value="(\d+)"', choice) == ["100", "300", "500", "1000"]
    (script,) = re.findall(r'<script type="module" src="([^"]+)">', page.text)
    assert wallet.http.get(wallet.url + script, timeout=20).headers["Content-Type"].startswith("text/javascript")


def test_a_sum_that_the_link_blocks_has_no_others_beside_it(wallet: SandboxWallet) -> None:
    assert "data-sums" not in form_of(wallet, **{"blocked[0]": "sum"}).text
