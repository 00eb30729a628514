"""The central banks whose published rates a host may switch on, by setting the addresses of their files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings

from donations.banks import cbr, nbu
from donations.banks.base import BadFile, Quote
from donations.providers.http import Line

LINE = Line()
NEARBY = timedelta(days=14)
"""Banks publish some days ahead of holidays, and nothing during them."""


@dataclass(frozen=True, slots=True)
class Bank:
    """One bank: its rates are in `currency`, its file lies where `setting` says and is understood by `parse`."""

    name: str
    title: str
    currency: str
    setting: str
    parse: Callable[[bytes], list[Quote]]

    @property
    def address(self) -> str:
        """Where the host says that its file is; empty: it is switched off."""
        return str(getattr(settings, self.setting))

    def read(self, today: date) -> list[Quote]:
        """Its file as it is now. Raises `ProviderError` where there is none to be had, `BadFile` for a bad one."""
        quotes = self.parse(LINE.download(self.address))
        if any(abs(quote.day - today) > NEARBY for quote in quotes):
            raise BadFile("rates of another time")
        return quotes


BANKS = {
    bank.name: bank
    for bank in (
        Bank("cbr", "Bank of Russia", "RUB", "CBR_URL", cbr.parse),
        Bank("nbu", "National Bank of Ukraine", "UAH", "NBU_URL", nbu.parse),
    )
}
"""By name, which is also the `source` of the rates that it gives."""

__all__ = ["BANKS", "BadFile", "Bank", "Quote"]
