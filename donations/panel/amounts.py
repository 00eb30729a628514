"""Amounts as people type them, and as they are shown to be typed again."""

from __future__ import annotations

import re
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from donations.money import EXPONENTS, SIGNS, InexactAmount, Money

BLANKS = re.compile(r"[\s'’`_]+")
GROUPED = re.compile(r"[0-9]{1,3}([.,])[0-9]{3}(?:\1[0-9]{3})*")


def parse_amount(text: str, currency: str) -> int:
    """Minor units of `1 500,50`, `1500.50`, `1,500.50`, `1500 ₽`. Raises `ValidationError` with what to do about it."""
    amount = _decimal(_bare(text, currency), currency)
    try:
        minor = Money.from_decimal(amount, currency).minor
    except InexactAmount:
        raise ValidationError(_inexact(amount, currency)) from None
    if minor <= 0:
        raise ValidationError(_("Write an amount greater than zero."))
    return minor


def parse_if_any(text: str, currency: str) -> int:
    """The same, and 0 for an empty field and for noughts."""
    return parse_amount(text, currency) if _bare(text, currency).strip("0.,") else 0


def typed(minor: int, currency: str) -> str:
    """The amount as it stands in a field: `1500,50`, `1500`."""
    amount = Money(minor, currency).to_decimal()
    whole = amount == amount.to_integral_value()
    return number_format(amount, decimal_pos=0 if whole else EXPONENTS[currency], use_l10n=True)


def _bare(text: str, currency: str) -> str:
    bare = BLANKS.sub("", text)
    for sign in (SIGNS.get(currency, currency), currency):
        bare = re.sub(rf"(?i)^{re.escape(sign)}|{re.escape(sign)}$", "", bare)
    return bare


def _decimal(bare: str, currency: str) -> Decimal:
    """The last of two kinds of separators is the point; a single one too, unless exactly three digits follow it."""
    marks = re.sub(r"[0-9]", "", bare)
    if re.fullmatch(r"[0-9]{1,30}", bare):
        return Decimal(bare)
    if GROUPED.fullmatch(bare):
        if len(marks) == 1 and EXPONENTS[currency] >= 3:
            raise ValidationError(
                _("“%(amount)s” can be read in two ways. Write it without marks between thousands."),
                params={"amount": bare},
            )
        return Decimal(re.sub(r"[.,]", "", bare))
    whole, point, part = bare.rpartition(marks[-1] if marks else ".")
    is_sound = point in (".", ",") and re.fullmatch(r"[0-9]{1,30}", part or "x")
    if is_sound and (re.fullmatch(r"[0-9]{1,30}", whole) or (GROUPED.fullmatch(whole) and point not in whole)):
        return Decimal(f"{re.sub(r'[.,]', '', whole)}.{part}")
    raise ValidationError(_("Write an amount in figures, for example 1500 or 1500.50."))


def _inexact(amount: Decimal, currency: str) -> str:
    exponent = EXPONENTS[currency]
    if -amount.normalize().as_tuple().exponent > exponent:  # type: ignore[operator]
        if exponent == 0:
            return _("%(currency)s has no digits after the point.") % {"currency": currency}
        words = _("%(currency)s has at most %(digits)d digits after the point.")
        return words % {"currency": currency, "digits": exponent}
    return _("This amount is too large.")
