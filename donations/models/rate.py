"""Rate: what one unit of a currency is worth in another on one day."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from donations.money import EXPONENTS

SCALE = 10**8


def scaled(rate: Decimal) -> int:
    """A rate as it is kept; what does not fit in is rounded half to even."""
    return int((rate * SCALE).to_integral_value(ROUND_HALF_EVEN))


class Rate(models.Model):
    """One whole unit of `currency` is `scaled` / `SCALE` units of `base`. An integer: SQLite's decimals are floats.

    It holds from `day` on until a newer one, for two weeks at most.
    """

    class Source(models.TextChoices):
        HOST = "host", _("the host")
        CBR = "cbr", _("Bank of Russia")
        NBU = "nbu", _("National Bank of Ukraine")

    day = models.DateField()
    currency = models.CharField(max_length=8, choices=[(code, code) for code in EXPONENTS])
    base = models.CharField(max_length=8, choices=[(code, code) for code in EXPONENTS])
    scaled = models.BigIntegerField(validators=[MinValueValidator(1)])
    source = models.CharField(max_length=8, choices=Source, default=Source.HOST)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["currency", "base", "day"], name="one_rate_per_day")]

    def __str__(self) -> str:
        return f"1 {self.currency} = {self.rate:f} {self.base}, {self.day}"

    @property
    def rate(self) -> Decimal:
        """What one whole unit is worth, without zeros at its end: `Decimal("41.5012")`."""
        exact = Decimal(self.scaled) / SCALE
        return exact.quantize(Decimal(1)) if exact == exact.to_integral_value() else exact.normalize()
