"""Faults of a wallet's API, switched from outside: slowness, refusals, answers that make no sense."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from decimal import Decimal
from time import time
from typing import Any, Self

from django.http import HttpResponse

from donations.sandbox.models import Wallet
from donations.sandbox.server import stopping
from donations.sandbox.throttle import HISTORY

TIMEOUT = 120
LONGEST = 10**9
STATUSES = (401, 423, 429, 500)
PLACES = ("history", "balance", "profile")
HTML = "<!DOCTYPE html><html><head><title>QIWI</title></head><body><h1>Technical works</h1></body></html>"


class WrongFault(ValueError):
    """A switch that does not exist, or a value that it cannot have."""


def seconds(name: str, value: object) -> float:
    """A number of seconds, however it was parsed; WrongFault names the field."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal) or not 0 <= value <= LONGEST:
        raise WrongFault(f"{name} is a number of seconds")
    return float(value)


@dataclass(frozen=True)
class Faults:
    """The switches of one wallet; `delay` in seconds, `until` a Unix time, `only` one of PLACES.

    `retry_after` is how many seconds a 429 asks to wait, in its header; None: it does not say.
    """

    delay: float = 0
    timeout: bool = False
    status: int | None = None
    retry_after: float | None = None
    html: bool = False
    truncate: bool = False
    null_balance: bool = False
    only: str | None = None
    until: float | None = None

    @classmethod
    def from_json(cls, wish: Mapping[str, Any]) -> Self:
        """From a body whose `until` is seconds from now; WrongFault names the field."""
        unknown = wish.keys() - {field.name for field in fields(cls)}
        if unknown:
            raise WrongFault(f"unknown fault: {sorted(unknown)[0]}")
        given = {name: value for name, value in wish.items() if value is not None}
        for name in given.keys() & {"delay", "until", "retry_after"}:
            given[name] = seconds(name, given[name])
        faults = cls(**given)
        for name in ("timeout", "html", "truncate", "null_balance"):
            if not isinstance(getattr(faults, name), bool):
                raise WrongFault(f"{name} is true or false")
        if faults.status not in (None, *STATUSES):
            raise WrongFault("status is 401, 423, 429, 500 or null")
        if faults.only not in (None, *PLACES):
            raise WrongFault("only is history, balance, profile or null")
        return faults if faults.until is None else replace(faults, until=time() + faults.until)

    @classmethod
    def of(cls, wallet: Wallet) -> Self:
        """The faults of a wallet that still hold."""
        faults = cls(**wallet.faults)
        return cls() if faults.until is not None and faults.until <= time() else faults

    def save(self, wallet: Wallet) -> None:
        """Makes them the wallet's faults."""
        wallet.faults = asdict(self)
        wallet.save(update_fields=["faults"])

    def to_json(self) -> dict[str, Any]:
        """As `from_json` takes it: `until` is the seconds that are left."""
        return {**asdict(self), "until": None if self.until is None else round(max(0, self.until - time()), 3)}

    def hit(self, endpoint: str) -> bool:
        """Whether calls of this endpoint are concerned."""
        return self.only in (None, "history" if endpoint in HISTORY else endpoint)

    def wait(self) -> bool:
        """Waits as long as the faults say; True if the call is never to be answered."""
        stopping.wait(TIMEOUT if self.timeout else self.delay)
        return self.timeout

    def spoil(self, answer: HttpResponse) -> HttpResponse:
        """The answer as it leaves: another page instead, or cut in its middle."""
        if self.html:
            return HttpResponse(HTML, status=answer.status_code)
        if self.truncate:
            answer.content = answer.content[: len(answer.content) // 2]
        return answer
