"""The contract between Kopilka and a wallet service, on one screen.

A provider turns foreign JSON into the values below and nothing else: no database, no decisions, no sleeping.
All calls are blocking HTTP and may run in any thread; one provider object serves the whole process.

    ProviderError                      what happened               what polling does next
    ├── TokenRefused                   401: bad or expired token   stop until the token is replaced
    ├── ScopeMissing(scope)            403: a right is switched off  go on without it where possible, tell the owner
    ├── SpendingToken                  it could spend money        refuse at the door, store nothing
    ├── WrongSecret(kind)              another service's secret    refuse at the door, name it
    ├── TargetMissing                  the wallet or jar is gone   stop until reconnected
    ├── RateLimited(retry_at)          too many calls              next try at that time
    ├── Blocked(until)                 shut out for a while        next try at that time
    ├── PassingFault                   time-out, 5xx, no network   back off and try again
    └── NonsenseAnswer                 HTML, broken JSON, too big  back off and try again
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from donations.money import Money


class Status(StrEnum):
    """Where a payment stands at the wallet service."""

    PENDING = "pending"
    SETTLED = "settled"
    FAILED = "failed"


class Kind(StrEnum):
    """What an incoming payment is. Only a GIFT is a donation."""

    GIFT = "gift"
    OWN = "own"
    REFUND = "refund"
    OTHER = "other"


class ReadOnly(StrEnum):
    """What is known about whether a credential can spend."""

    PROVEN = "proven"
    BY_DESIGN = "by_design"
    BY_SCOPE = "by_scope"
    UNKNOWN = "unknown"


class Reference(StrEnum):
    """What a payment link does with our reference."""

    LOCKED = "locked"
    EDITABLE = "editable"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Credential:
    """What opens a wallet for reading: a secret (token, key) or none; a base address where there are many servers."""

    secret: str = field(repr=False)
    base_url: str = ""


@dataclass(frozen=True, slots=True)
class Access:
    """A credential and the account that it reads (QIWI: wallet number; Monobank: jar id)."""

    credential: Credential
    account: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Payment:
    """One incoming row in our words. `net` is what arrived, `gross` what the donor paid, where both are known.

    `payer` identifies the payer to the service (a phone, an IBAN): hashed by ingest at once, never stored.
    `words` is the donor's text as given, `reference` a pledge's code where the service carries one.
    """

    txn_id: str
    status: Status
    kind: Kind
    money: Money
    occurred_at: datetime
    payer: str = field(default="", repr=False)
    name: str = field(default="", repr=False)
    words: str = field(default="", repr=False)
    reference: str = ""
    gross: Money | None = None


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that could not be understood: its field names and the reason, never its values."""

    fields: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when (aware) a history is read, both ends inclusive."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Batch:
    """One reading of a history, whole: every row comes back once, oldest first, pending and odd ones too.

    `bookmark` is an opaque JSON-able place for the next reading; `more` says that rows are left for which a call
    must wait: the next `read` gets this bookmark and whatever span is due by then. `clock` is the service's own time
    when it answered, `calls` how many requests were spent. `balances` is given by services whose history carries the
    balance, else None.
    """

    payments: Sequence[Payment]
    bad_rows: Sequence[BadRow] = ()
    bookmark: Mapping[str, object] | None = None
    more: bool = False
    clock: datetime | None = None
    calls: int = 1
    balances: Sequence[Money] | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """One thing that a credential can read: a wallet, a jar. `title` in its owner's words."""

    id: str = field(repr=False)
    title: str
    currencies: tuple[str, ...]
    goal: Money | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """What `verify` found out. Empty `accounts`: the service did not tell, so the number is asked for.

    `missing` names rights that are switched off ("profile", "balance") without making the token useless.
    """

    accounts: Sequence[Account]
    read_only: ReadOnly
    missing: tuple[str, ...] = ()
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """Where a donor pays. `carries_words` says whether the donor's text travels with the payment."""

    url: str = field(repr=False)
    reference: Reference = Reference.NONE
    carries_words: bool = True
    expires_at: datetime | None = None
    external_id: str = ""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `calls` in `per`, as the service says, counted per `scope`: "wallet", "token" or (one) "instance"."""

    calls: int
    per: timedelta
    scope: str


class ProviderError(Exception):
    """Something went wrong at the wallet service. `permanent`: a person must act, trying again is useless.

    `calls`: how many requests were spent until then and with it, None where nobody counted.
    """

    permanent = False
    calls: int | None = None


class TokenRefused(ProviderError):
    permanent = True


class ScopeMissing(ProviderError):
    permanent = True

    def __init__(self, scope: str) -> None:
        super().__init__(scope)
        self.scope = scope


class SpendingToken(ProviderError):
    permanent = True


class WrongSecret(ProviderError):
    """`kind` names what was pasted instead, for example "qiwi-p2p"."""

    permanent = True

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class TargetMissing(ProviderError):
    permanent = True


class RateLimited(ProviderError):
    """`retry_at` is aware and by our clock."""

    def __init__(self, retry_at: datetime) -> None:
        super().__init__(retry_at)
        self.retry_at = retry_at

    def __str__(self) -> str:
        return f"until {self.retry_at:%H:%M:%S %Z}"


class Blocked(ProviderError):
    """`until` is aware and by our clock."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until

    def __str__(self) -> str:
        return f"until {self.until:%H:%M:%S %Z}"


class PassingFault(ProviderError):
    pass


class NonsenseAnswer(ProviderError):
    pass


class Provider(ABC):
    """One kind of wallet service. Class attributes are facts for polling, the panel and the wizard.

    `limits` count the calls for a history and for single payments. Of those one reading spends at most `most_calls`,
    all pages and questions together: `read` keeps to that, and what it leaves is there for the rest.
    """

    name: str
    title: str
    minimum_interval: timedelta
    limits: tuple[Limit, ...] = ()
    most_calls: int = 1
    first_read: timedelta = timedelta(days=30)
    longest_span: timedelta = timedelta(days=90)
    secret_kind: str = "token"  # or "oauth", "address", "key"
    token_life: timedelta | None = None

    def __init_subclass__(cls) -> None:
        missing = [fact for fact in ("name", "title", "minimum_interval") if not hasattr(cls, fact)]
        if missing and not getattr(cls, "__abstractmethods__", None):
            raise TypeError(f"{cls.__name__} does not say its {', '.join(missing)}")
        if any(limit.calls < 2 * cls.most_calls - 1 for limit in cls.limits):
            raise TypeError(f"two readings of {cls.__name__} at once would exceed its limit")

    def tidy(self, credential: Credential) -> Credential:
        """The credential as it should be kept: what was pasted around it is gone. Without HTTP.

        Raises `WrongSecret` for another service's secret, `TokenRefused` for what cannot be one at all.
        """
        return credential

    @abstractmethod
    def verify(self, credential: Credential, account: str = "") -> Profile:
        """Who does this credential belong to, and can it spend? Raises `ProviderError`; a spending one is refused.

        `account` is a person's answer where the service does not tell; where it tells, its own word counts.
        """

    @abstractmethod
    def read(self, access: Access, span: Span, bookmark: Mapping[str, object] | None = None) -> Batch:
        """Every incoming row within `span` (services with a strict cursor go on from `bookmark` instead).

        With the bookmark of a batch that had `more`, what was left then comes too, and is not read from the start.
        """

    @abstractmethod
    def read_one(self, access: Access, txn_id: str) -> Payment | None:
        """One payment asked again by its id, or None where the service no longer knows it."""

    @abstractmethod
    def balances(self, access: Access) -> Sequence[Money]:
        """What lies in the wallet now, one amount a currency; a currency that the service keeps to itself is absent."""

    def totals(self, access: Access, span: Span) -> Sequence[Money] | None:
        """What the settled incoming rows within `span` (both ends inclusive, whole seconds) add up to, by currency.

        Rows of every kind. A currency in which nothing came is absent. None, without a call: the service has no such
        figure. One call for a span of a day.
        """
        return None

    @abstractmethod
    def make_link(self, access_account: str, money: Money | None, words: str = "", reference: str = "") -> Link | None:
        """Where a donor pays this account; None where the service has no such page."""
