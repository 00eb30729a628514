"""The Bank of Russia's daily XML, `https://www.cbr.ru/scripts/XML_daily.asp`.

    <ValCurs Date="25.11.2026" name="Foreign Currency Market">
      <Valute ID="R01335"><NumCode>398</NumCode><CharCode>KZT</CharCode><Nominal>100</Nominal>
        <Name>...</Name><Value>15,9234</Value><VunitRate>0,159234</VunitRate></Valute>

`Value` roubles are `Nominal` units. It comes in windows-1251, in which only the names are not ASCII.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import NoReturn
from xml.etree import ElementTree

from donations.banks.base import BadFile, Quote, checked, day_of, is_known, small

NOMINAL = re.compile(r"[1-9][0-9]{0,6}")
VALUE = re.compile(r"[0-9]{1,9}(?:[,.][0-9]{1,9})?")


def parse(raw: bytes) -> list[Quote]:
    """The file's rates, in roubles. Raises `BadFile` and nothing else."""
    root = _tree(small(raw))
    if root.tag != "ValCurs":
        raise BadFile("another kind of XML")
    return checked(_quotes(root, day_of(root.get("Date"))))


class _WithoutDoctype(ElementTree.TreeBuilder):
    """Only a document type can bring entities, and with them files from elsewhere and text that grows without end."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> NoReturn:
        raise BadFile("a document type")


def _tree(raw: bytes) -> ElementTree.Element:
    # Latin-1 has a letter for every byte, so names in whatever encoding are read over, and none can be asked for.
    parser = ElementTree.XMLParser(target=_WithoutDoctype(), encoding="iso-8859-1")
    try:
        return ElementTree.fromstring(raw, parser)
    except (ElementTree.ParseError, ValueError):
        raise BadFile("not XML") from None


def _quotes(root: ElementTree.Element, day: date) -> Iterator[Quote]:
    for valute in root.iterfind("Valute"):
        currency, nominal, value = (valute.findtext(name, "").strip() for name in ("CharCode", "Nominal", "Value"))
        if is_known(currency):
            if not NOMINAL.fullmatch(nominal) or not VALUE.fullmatch(value):
                raise BadFile("a rate that is no number")
            yield Quote(currency, day, Decimal(value.replace(",", ".")) / int(nominal))
