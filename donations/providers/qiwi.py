"""QIWI Wallet, read through a token that can only look: its calls. What it answers is in `qiwi_rows`."""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlencode

from donations.money import Money
from donations.providers.base import (
    Access,
    Account,
    BadRow,
    Batch,
    Blocked,
    Credential,
    Limit,
    Link,
    NonsenseAnswer,
    PassingFault,
    Payment,
    Profile,
    Provider,
    ProviderError,
    RateLimited,
    ReadOnly,
    Reference,
    ScopeMissing,
    Span,
    SpendingToken,
    TargetMissing,
    TokenRefused,
    WrongSecret,
)
from donations.providers.http import Answer, Content, Headers, Line, parse_json
from donations.providers.qiwi_rows import clean, dig, is_id, moment_of, money_of, payment_of, wallet_number

BALANCES = {"qw_wallet_rub": "RUB", "qw_wallet_usd": "USD", "qw_wallet_eur": "EUR", "qw_wallet_kzt": "KZT"}
BALANCES |= {"qw_wallet_uah": "UAH"}  # in the sandbox alone
"""Alias of a wallet's account: its currency. A mobile operator's account (mc_...) is not the wallet's."""

MOSCOW = timezone(timedelta(hours=3), "MSK")
SECOND = timedelta(seconds=1)
OVERLAP = timedelta(minutes=1)
ROWS = 50
MOST_PAGES = 20
"""In one reading. After 100 in a minute QIWI shuts the wallet out; its owner may have a bot as well."""

SHUT_OUT = timedelta(minutes=5)
SHORTEST_WAIT, USUAL_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(minutes=1), timedelta(hours=1)

TOKEN = re.compile(r"(?!\+?[0-9]+\Z)[A-Za-z0-9._~+/=-]{8,512}")
P2P_PUBLIC_KEY = re.compile(r"[1-9A-HJ-NP-Za-km-z]{150,300}")
TXN_ID = re.compile(r"([0-9]{1,19}):IN")
MOST_ROUBLES = 99_999

Query = Mapping[str, str | int]
"""A part of a history still to be read, in QIWI's own parameters, as a bookmark keeps it."""


class Qiwi(Provider):
    """`base_url` is the API's address and `page_url` that of the pages for people; a callable is asked on each call."""

    name = "qiwi"
    title = "QIWI"
    minimum_interval = timedelta(seconds=5)
    limits = (Limit(calls=100, per=timedelta(minutes=1), scope="wallet"),)
    most_calls = MOST_PAGES
    token_life = timedelta(days=180)

    def __init__(
        self,
        name: str,
        title: str,
        base_url: str | Callable[[], str],
        page_url: str | Callable[[], str] = "https://qiwi.com",
    ) -> None:
        self.name = name
        self.title = title
        self._base_url = base_url
        self._page_url = page_url
        self._line = Line()

    def tidy(self, credential: Credential) -> Credential:
        tidied = replace(credential, secret=_bare(credential.secret))
        if _is_p2p(tidied.secret):
            raise WrongSecret("qiwi-p2p")
        if not TOKEN.fullmatch(tidied.secret):
            raise TokenRefused("this does not look like a token")
        return tidied

    def verify(self, credential: Credential, account: str = "") -> Profile:
        """Raises `ScopeMissing("history")` for a token that is of no use here.

        A number given by a person is tried by reading its history and balance. QIWI may answer "forbidden" to a wrong
        number too, which cannot be told from a missing right.
        """
        number = wallet_number(account) if account.strip() else ""
        nickname, missing = "", []
        try:
            number, nickname = self._owner(credential)
        except ScopeMissing as gap:
            missing.append(gap.scope)
        read_only = self._read_only(credential)
        if not number:
            return Profile((), read_only, tuple(missing))
        access = Access(credential, number)
        now = datetime.now(UTC)
        self._page(access, windows(Span(now - timedelta(days=1), now))[0])
        currencies = ["RUB"]
        try:
            currencies = [money.currency for money in self.balances(access)] or currencies
        except ScopeMissing as gap:
            missing.append(gap.scope)
        title = nickname or f"{self.title} ··{number[-2:]}"
        return Profile([Account(number, title, tuple(currencies))], read_only, tuple(missing))

    def read(self, access: Access, span: Span, bookmark: Mapping[str, object] | None = None) -> Batch:
        """Newest pages first. After a batch with `more`: what is newer than that batch, what it left, what is older."""
        wallet = wallet_number(access.account)
        since, reached, left = _left_by(bookmark) if bookmark else (span.start, span.start, [])
        newer = windows(replace(span, start=since))
        older = windows(replace(span, end=reached)) if span.start < reached else []
        queries = [*newer, *left, *older]
        payments: dict[str, Payment] = {}
        bad_rows: list[BadRow] = []
        asked: list[Query] = []
        clock = None
        while queries and len(asked) < MOST_PAGES:
            asked.append(queries.pop(0))
            try:
                answer, rows, rest = self._page(access, asked[-1])
            except ProviderError as error:
                error.calls = len(asked)
                raise
            clock = clock or answer.clock
            understood = [payment_of(row, wallet) for row in rows]
            # A row that shifted between pages comes twice: its newest word counts.
            payments |= {payment.txn_id: payment for payment in understood if isinstance(payment, Payment)}
            bad_rows += [bad for bad in understood if isinstance(bad, BadRow)]
            if rest in asked:
                raise NonsenseAnswer("the history goes round in a circle")
            queries[:0] = [rest] if rest else []
        # The span may end in the future, but what comes until then was not read.
        read_until = min(span.end, clock or datetime.now(UTC)) - OVERLAP
        return Batch(
            payments=sorted(payments.values(), key=_order),
            bad_rows=bad_rows,
            bookmark=_bookmark(max(since, read_until), min(span.start, reached), queries) if queries else None,
            more=bool(queries),
            clock=clock,
            calls=len(asked),
        )

    def read_one(self, access: Access, txn_id: str) -> Payment | None:
        known = TXN_ID.fullmatch(txn_id)
        if not known:
            return None
        answer = self._ask(access.credential, f"/payment-history/v2/transactions/{known[1]}", "history", {"type": "IN"})
        if answer.status == 404:
            return None
        payment = payment_of(answer.body, wallet_number(access.account))
        if not isinstance(payment, Payment) or payment.txn_id != txn_id:
            raise NonsenseAnswer("not the payment that was asked for")
        return payment

    def balances(self, access: Access) -> Sequence[Money]:
        accounts = self._accounts(access)
        amounts = []
        for alias, currency in BALANCES.items():
            if alias in accounts:
                amounts.append(_balance(accounts[alias], currency) or self._slow_balance(access, alias))
        return [amount for amount in amounts if amount]

    def totals(self, access: Access, span: Span) -> Sequence[Money]:
        """One call for each 90 days."""
        sums: dict[str, Money] = {}
        for window in windows(span):
            for money in self._incoming_total(access, window):
                sums[money.currency] = sums.get(money.currency, Money(0, money.currency)) + money
        return list(sums.values())

    def make_link(self, access_account: str, money: Money | None, words: str = "", reference: str = "") -> Link | None:
        """The transfer form; a reference is put behind the words and then the comment cannot be edited.

        Roubles only. A sum that the form cannot hold (over 99 999) is left for the donor to type.
        """
        if money and money.currency != "RUB":
            return None
        comment = " ".join(filter(None, (words.strip(), reference)))
        fields = {"extra['account']": wallet_number(access_account)}
        roubles, kopecks = divmod(money.minor if money else 0, 100)
        if (roubles or kopecks) and 0 <= roubles <= MOST_ROUBLES:
            fields |= {"amountInteger": str(roubles), "amountFraction": f"{kopecks:02}", "currency": "643"}
        if comment:
            fields["extra['comment']"] = comment
        for place, field in enumerate(["account", "comment"] if reference else ["account"]):
            fields[f"blocked[{place}]"] = field
        return Link(
            f"{_address(self._page_url)}/payment/form/99?{urlencode(fields)}",
            Reference.LOCKED if reference else Reference.NONE,
        )

    def _owner(self, credential: Credential) -> tuple[str, str]:
        """The wallet's number and its nickname or ""."""
        answer = self._ask(
            credential,
            "/person-profile/v1/profile/current",
            "profile",
            {"authInfoEnabled": "true", "contractInfoEnabled": "true", "userInfoEnabled": "false"},
        )
        number = dig(answer.body, "authInfo", "personId") or dig(answer.body, "contractInfo", "contractId")
        if not is_id(number):
            raise NonsenseAnswer("a profile without a wallet number")
        nickname = dig(answer.body, "contractInfo", "nickname", "nickname")
        if not isinstance(nickname, str) or str(number) in nickname:
            nickname = ""
        return wallet_number(str(number)), clean(nickname)[:60]

    def _read_only(self, credential: Credential) -> ReadOnly:
        """Asks for the wallet's hook, which needs the right to pay.

        A passing error is raised on, since a token is not let in on a bad minute; a definite answer that tells nothing
        of rights leaves the matter open.
        """
        answer = self._call(credential, "/payment-notifier/v1/hooks/active")
        if answer.status == 403 and _error_code(answer) == "auth.forbidden":
            return ReadOnly.PROVEN
        if answer.good or (answer.status == 404 and answer.content is not Content.OTHER):
            raise SpendingToken("it can see hooks, so it can pay")
        refusal = _refusal(answer, "hooks")
        if isinstance(refusal, ScopeMissing | NonsenseAnswer):
            return ReadOnly.UNKNOWN
        raise refusal

    def _page(self, access: Access, query: Query) -> tuple[Answer, Sequence[object], Query | None]:
        """One page: the answer, its rows, and what to ask for the page after it."""
        answer = self._ask(
            access.credential,
            f"/payment-history/v2/persons/{wallet_number(access.account)}/payments",
            "history",
            {"rows": ROWS, "operation": "IN", **query},
        )
        if answer.status == 404:
            return answer, (), None
        rows, next_id, next_date = (dig(answer.body, name) for name in ("data", "nextTxnId", "nextTxnDate"))
        if not isinstance(rows, list):
            raise NonsenseAnswer("a history without rows")
        if next_id is None and next_date is None:
            return answer, rows, None
        if not is_id(next_id) or not isinstance(next_date, str) or not moment_of(next_date):
            raise NonsenseAnswer("a history that does not say where it goes on")
        return answer, rows, {**query, "nextTxnId": int(next_id), "nextTxnDate": next_date}

    def _incoming_total(self, access: Access, window: Query) -> list[Money]:
        path = f"/payment-history/v2/persons/{wallet_number(access.account)}/payments/total"
        answer = self._ask(access.credential, path, "history", {"operation": "IN", **window})
        if answer.status == 404:
            return []
        told = dig(answer.body, "incomingTotal")
        if not isinstance(told, list):
            raise NonsenseAnswer("totals without the incoming")
        sums = [money_of(amount) for amount in told]
        if any(money is None or money.minor < 0 for money in sums):
            raise NonsenseAnswer("a total that is no amount")
        return [money for money in sums if money]

    def _slow_balance(self, access: Access, alias: str) -> Money | None:
        """QIWI gives null for an account it has not looked into yet, unless asked to wait for it (milliseconds)."""
        try:
            accounts = self._accounts(access, {"timeout": 1000, "alias": alias})
        except TargetMissing:
            return None
        return _balance(accounts.get(alias), BALANCES[alias])

    def _accounts(self, access: Access, params: Query | None = None) -> dict[str, object]:
        path = f"/funding-sources/v2/persons/{wallet_number(access.account)}/accounts"
        answer = self._ask(access.credential, path, "balance", params)
        if answer.status == 404:
            raise TargetMissing("no such wallet")
        accounts = dig(answer.body, "accounts")
        if not isinstance(accounts, list):
            raise NonsenseAnswer("a balance without accounts")
        return {alias: account for account in accounts if isinstance(alias := dig(account, "alias"), str)}

    def _ask(self, credential: Credential, path: str, scope: str, params: Query | None = None) -> Answer:
        """A good answer, or QIWI's own 404, which each call reads in its way."""
        answer = self._call(credential, path, params)
        if answer.good or (answer.status == 404 and answer.content is not Content.OTHER):
            return answer
        raise _refusal(answer, scope)

    def _call(self, credential: Credential, path: str, params: Query | None = None) -> Answer:
        headers = Headers({"Authorization": f"Bearer {self.tidy(credential).secret}"})
        return self._line.ask(f"{_address(self._base_url)}{path}", headers, params)


def windows(span: Span) -> list[Query]:
    """The span as windows that QIWI accepts, newest first: whole seconds, Moscow time, 90 days at most."""
    if span.start.tzinfo is None or span.end.tzinfo is None:
        raise ValueError("a span without a time zone")
    start = span.start.astimezone(MOSCOW).replace(microsecond=0)
    end = (span.end + SECOND - timedelta(microseconds=1)).astimezone(MOSCOW).replace(microsecond=0)
    found: list[Query] = []
    while start <= end:
        opens = max(start, end - Qiwi.longest_span)
        found.append({"startDate": opens.isoformat(), "endDate": end.isoformat()})
        end = opens - SECOND
    return found


def _balance(account: object, currency: str) -> Money | None:
    """What lies in an account, None where QIWI does not tell."""
    if (balance := dig(account, "balance")) is None:
        return None
    money = money_of(balance)
    if not money or money.currency != currency:
        raise NonsenseAnswer("a balance that is no amount")
    return money


def _order(payment: Payment) -> tuple[datetime, int]:
    return payment.occurred_at, int(payment.txn_id.partition(":")[0])


def _bookmark(since: datetime, reached: datetime, left: Sequence[Query]) -> Mapping[str, object]:
    """Of the time from `reached` to `since` only what is `left` is still to be read."""
    return {"since": since.isoformat(), "reached": reached.isoformat(), "left": list(left)}


def _left_by(bookmark: Mapping[str, Any]) -> tuple[datetime, datetime, list[Query]]:
    """`since`, `reached` and `left` again. One that was kept by an older release says nothing of `reached`."""
    since, reached = bookmark["since"], bookmark.get("reached", bookmark["since"])
    return datetime.fromisoformat(since), datetime.fromisoformat(reached), list(bookmark["left"])


def _bare(secret: str) -> str:
    """A pasted secret without "Bearer", blanks and invisible characters."""
    named = re.sub(r"(?i)\A\W*(authorization\s*:\s*)?bearer\s+", "", secret)
    return "".join(sign for sign in named if not sign.isspace() and unicodedata.category(sign) not in ("Cc", "Cf"))


def _is_p2p(secret: str) -> bool:
    """A key for bills instead of a token: secret ones are base64 of JSON that says so, public ones long base58."""
    try:
        key = parse_json(base64.b64decode(secret + "=" * (-len(secret) % 4), validate=True))
    except ValueError:
        key = None
    return dig(key, "version") == "P2P" or bool(P2P_PUBLIC_KEY.fullmatch(secret))


def _refusal(answer: Answer, scope: str) -> ProviderError:
    """What an answer that is not good means. A page of HTML comes from something in between and proves nothing."""
    code, now = _error_code(answer), datetime.now(UTC)
    said = f"{answer.status} {code}".strip()
    if answer.status == 423 or code == "request.blocked":
        return Blocked(now + SHUT_OUT)
    if answer.status == 429:
        wait = USUAL_WAIT if answer.retry_after is None else answer.retry_after
        return RateLimited(now + min(max(wait, SHORTEST_WAIT), LONGEST_WAIT))
    if answer.status == 401:
        return TokenRefused(said)
    if answer.status == 403 and answer.content is not Content.OTHER:
        return ScopeMissing(scope)
    if answer.status >= 500 or answer.status == 408:
        return PassingFault(said)
    return NonsenseAnswer(said)


def _error_code(answer: Answer) -> str:
    """QIWI's own name of an error, such as "auth.forbidden"; "" for anything that does not look like one."""
    code = dig(answer.body, "errorCode") or dig(answer.body, "code")
    return code if isinstance(code, str) and re.fullmatch(r"[A-Za-z][A-Za-z.\-]{2,59}(-[0-9]{1,5})?", code) else ""


def _address(url: str | Callable[[], str]) -> str:
    return (url if isinstance(url, str) else url()).rstrip("/")
