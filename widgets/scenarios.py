"""What can be rehearsed: payments as the sandbox takes them, and how its service fares meanwhile."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from donations.money import minor_units
from widgets.sandbox import Order, spoken

BELIEVABLE = (50, 100, 100, 150, 200, 300, 500, 700, 1000, 1500)
TAKEN_BACK_AFTER = 15.0
"""Seconds after which a refunded payment is one: its alert has begun by then."""


@dataclass(frozen=True, slots=True)
class Gift:
    """`amount` whole units (0: a believable sum of our choice) with these words."""

    amount: int = 0
    words: str = ""


@dataclass(frozen=True, slots=True)
class Scenario:
    """`silent_for`: the wallet's service fails for so many seconds first. `is_late`: it is told too late to be news."""

    name: str
    title: str | Promise
    about: str | Promise
    gifts: Sequence[Gift]
    is_taken_back: bool = False
    silent_for: float = 0.0
    is_late: bool = False

    def orders(self, currency: str) -> list[Order]:
        """Its payments for a wallet of the sandbox, in this currency where it has it, else in roubles."""
        return [self._order(gift, spoken(currency)) for gift in self.gifts]

    def _order(self, gift: Gift, currency: str) -> Order:
        amount = (gift.amount or secrets.choice(BELIEVABLE)) * minor_units(currency)
        order: Order = {"amount": amount, "currency": currency, "comment": gift.words or None}
        if self.is_taken_back:
            order |= {"status": "SUCCESS", "settles": {"after": TAKEN_BACK_AFTER, "to": "ERROR"}}
        if self.is_late:
            order["at"] = (timezone.now() - no_news()).isoformat()
        return order


def no_news() -> timedelta:
    """How old a payment is that is told too late."""
    return timedelta(minutes=settings.ALERT_AGE_MINUTES + 10)


BURST = (
    "Привет со стрима!",
    "Hello from the couch",
    "Дякую за вечір",
    "",
    "gg",
    "А котика покажешь?",
    "На новый микрофон 🎙️",
    "one more game!",
    "Тримайся!",
    "👏👏👏",
)
LONG = (
    "Я смотрю тебя с самого первого стрима и давно хотел сказать: спасибо за каждый вечер, за смех, за музыку, за то, "
    "что не бросаешь, когда не получается. Рассказал о тебе всем друзьям, теперь смотрим вместе. "
    "Приветтттттттттттттттттттттттттттттттттттттттттттттттттттттттттттттттттттттт! "
    "Пусть у тебя всё получится, а микрофон пусть больше никогда не шипит. До встречи в субботу!"
)
SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        Scenario(
            "one",
            _("One donation"),
            _("A believable sum with a few words."),
            [Gift(0, "Привет! Отличный стрим 🙌")],
        ),
        Scenario(
            "burst",
            _("A burst of 30"),
            _("All in one second. See how they wait, and each have their turn."),
            [Gift(0, BURST[number % len(BURST)]) for number in range(30)],
        ),
        Scenario(
            "long",
            _("Long words"),
            _("A message that never ends, with one word that is too wide for everything."),
            [Gift(300, LONG)],
        ),
        Scenario(
            "rtl",
            _("Right to left"),
            _("Arabic and Hebrew, with numbers and Latin words between."),
            [
                Gift(250, "مرحبا من القاهرة! أفضل بث في 2026 :) GG"),
                Gift(200, "שלום! תודה על הסטרים, level 42 היה מעולה"),
            ],
        ),
        Scenario(
            "emoji",
            _("Emoji"),
            _("Families, flags and skin tones, none of which may fall apart."),
            [Gift(150, "👨‍👩‍👧‍👦 🏳️‍🌈 🇺🇦 🇨🇾 👍🏽 ❤️‍🔥 🫶🏿 🎉🎉🎉")],
        ),
        Scenario(
            "huge",
            _("A huge sum"),
            _("More digits than you planned for."),
            [Gift(9_999_999, "За всё!")],
        ),
        Scenario(
            "refund",
            _("Given, then taken back"),
            _("After 15 seconds the wallet says that it failed. The sums go back by themselves."),
            [Gift(1_000, "Ой, это была ошибка")],
            is_taken_back=True,
        ),
        Scenario(
            "outage",
            _("The wallet falls silent"),
            _("Its service fails for 30 seconds while three give. Then everything arrives, and each once."),
            [Gift(100, "1/3"), Gift(200, "2/3"), Gift(300, "3/3")],
            silent_for=30.0,
        ),
        Scenario(
            "missed",
            _("Missed donations"),
            _("Twelve that the wallet tells of too late to be news. One alert sums them up."),
            [Gift(0, BURST[number % len(BURST)]) for number in range(12)],
            is_late=True,
        ),
    )
}
