"""The NBU's JSON, `https://bank.gov.ua/NBUStatService/v1/statdirectory/exchange?json`.

    [{"r030": 840, "txt": "Долар США", "rate": 41.5012, "cc": "USD", "exchangedate": "25.11.2026"}, ...]

`rate` hryvnias are one unit; in the same bank's file for its own site they are `units`.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from donations.banks.base import BadFile, Quote, checked, day_of, is_known, small
from donations.providers.http import parse_json


def parse(raw: bytes) -> list[Quote]:
    """The file's rates, in hryvnias. Raises `BadFile` and nothing else."""
    try:
        rows = parse_json(small(raw))
    except ValueError:
        raise BadFile("not JSON") from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadFile("another kind of JSON")
    return checked(_quotes(rows))


def _quotes(rows: list[dict[str, Any]]) -> Iterator[Quote]:
    for row in rows:
        currency, rate, units = row.get("cc"), row.get("rate"), row.get("units", 1)
        if is_known(currency):
            if not isinstance(rate, int | Decimal) or not isinstance(units, int) or isinstance(rate, bool):
                raise BadFile("a rate that is no number")
            yield Quote(str(currency), day_of(row.get("exchangedate")), _per_unit(rate, units))


def _per_unit(rate: int | Decimal, units: int) -> Decimal:
    """Units of nothing are refused here, those of less than nothing as a rate below it."""
    try:
        return Decimal(rate) / units
    except ArithmeticError:
        raise BadFile("a rate that cannot be") from None
