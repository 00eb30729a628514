"""The control API: wallets, payments and faults over JSON, for demos and tests. It asks nobody who he is."""

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from donations.sandbox import books, money
from donations.sandbox.faults import Faults, WrongFault
from donations.sandbox.kinds import INCOMING
from donations.sandbox.models import SCOPES, STATUSES, Row, Token, Wallet
from donations.sandbox.throttle import throttle

MOST_REPEATS = 100_000


class WrongBody(ValueError):
    """What a body lacks or has too much of, in words for the caller."""


@method_decorator(csrf_exempt, name="dispatch")
class Control(View):
    """A call of the control API: a body that cannot be understood is a 400 with its reason."""

    def dispatch(self, request: HttpRequest, *args: Any, **path: Any) -> HttpResponseBase:
        """Turns the exceptions of wrong bodies into answers."""
        try:
            return super().dispatch(request, *args, **path)
        except (WrongBody, WrongFault, money.WrongAmount) as wrong:
            return JsonResponse({"error": str(wrong)}, status=400)


class Health(Control):
    """GET: whether the sandbox answers."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Reads the ledger, so that a broken file is not called healthy."""
        Wallet.objects.exists()
        return JsonResponse({"ok": True})


class Wallets(Control):
    """GET: all wallets. POST: open one."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Oldest first."""
        return JsonResponse({"wallets": [wallet_json(wallet) for wallet in Wallet.objects.order_by("pk")]})

    def post(self, request: HttpRequest) -> HttpResponse:
        """Again with the same nickname: the same wallet."""
        body = body_of(request)
        nickname, number = text(body, "nickname"), text(body, "number")
        if not nickname or len(nickname) > 64:
            raise WrongBody("nickname is required, up to 64 characters")
        if number is not None and not (number.isascii() and number.isdigit() and 10 <= len(number) <= 15):
            raise WrongBody("number is 10 to 15 digits")
        scopes, currency = scopes_of(body), currency_of(body)
        try:
            wallet, new = books.open_wallet(nickname, number, currency)
        except IntegrityError:
            return JsonResponse({"error": "another wallet has this number"}, status=409)
        if new:
            books.issue_token(wallet, scopes)
        return JsonResponse(wallet_json(wallet), status=201 if new else 200)


class Tokens(Control):
    """POST: another token for a wallet."""

    def post(self, request: HttpRequest, wallet: int) -> HttpResponse:
        """With the scopes of the body, read-only ones by default."""
        token = books.issue_token(get_object_or_404(Wallet, pk=wallet), scopes_of(body_of(request)))
        return JsonResponse(token_json(token), status=201)


class OneToken(Control):
    """DELETE: retire a token."""

    def delete(self, request: HttpRequest, token: str) -> HttpResponse:
        """From now on the API answers it with 401."""
        found = get_object_or_404(Token, token=token)
        found.retired = True
        found.save(update_fields=["retired"])
        return JsonResponse(token_json(found))


class Pay(Control):
    """POST: money comes into a wallet, by one payment or a list."""

    def post(self, request: HttpRequest, wallet: int) -> HttpResponse:
        """All of the body's payments or none."""
        receiver, body = get_object_or_404(Wallet, pk=wallet), body_of(request)
        wishes = body.get("payments", [body])
        if not isinstance(wishes, list) or not all(isinstance(wish, dict) for wish in wishes):
            raise WrongBody("payments is a list of objects")
        rows = books.pay(receiver, [order_of(wish, receiver) for wish in wishes])
        return JsonResponse({"payments": [row_json(row) for row in rows]}, status=201)


class Transaction(Control):
    """POST: another status for a transaction."""

    def post(self, request: HttpRequest, wallet: int, txn_id: int) -> HttpResponse:
        """For both rows of a conversion."""
        owner = get_object_or_404(Wallet, pk=wallet)
        rows = books.set_status(owner, txn_id, one_of(body_of(request), "status", STATUSES, ""))
        if not rows:
            return JsonResponse({"error": "no such transaction in this wallet"}, status=404)
        return JsonResponse({"payments": [row_json(row) for row in rows]})


class WalletFaults(Control):
    """PUT: replace a wallet's faults. DELETE: clear them, and a block for too many calls with them."""

    def put(self, request: HttpRequest, wallet: int) -> HttpResponse:
        """All switches that the body does not name are off."""
        return self.set(wallet, Faults.from_json(body_of(request)))

    def delete(self, request: HttpRequest, wallet: int) -> HttpResponse:
        """Everything works again."""
        throttle.lift(wallet)
        return self.set(wallet, Faults())

    def set(self, wallet: int, faults: Faults) -> HttpResponse:
        """Saves and tells them."""
        faults.save(get_object_or_404(Wallet, pk=wallet))
        return JsonResponse({"faults": faults.to_json()})


class Books(Control):
    """GET: the whole truth of a wallet."""

    def get(self, request: HttpRequest, wallet: int) -> HttpResponse:
        """All rows, oldest first, those too that the history does not tell yet; and the calls that were made."""
        owner = get_object_or_404(Wallet, pk=wallet)
        rows = owner.rows.as_of(timezone.now()).order_by("at", "txn_id", "type")
        return JsonResponse(
            {
                "wallet": owner.pk,
                "rows": [row_json(row) for row in rows],
                "balances": books.balances(owner),
                "calls": throttle.counters(owner.pk),
            }
        )


def body_of(request: HttpRequest) -> dict[str, Any]:
    """The JSON object of the body, amounts as Decimal; empty is an empty object."""
    try:
        body = json.loads(request.body or b"{}", parse_float=Decimal)
    except ValueError:
        raise WrongBody("the body is not JSON") from None
    if not isinstance(body, dict):
        raise WrongBody("the body is not an object")
    return body


def order_of(wish: Mapping[str, Any], wallet: Wallet) -> books.Order:
    """One payment of a body."""
    minor = whole(wish, "amount", 0, money.MAX_MINOR)
    settles = settling(wish)
    payer = text(wish, "payer")
    if payer is not None and not payer.removeprefix("+").isdigit():
        raise WrongBody("payer is a phone number")
    return books.Order(
        minor=minor,
        currency=currency_of(wish, wallet.currency),
        comment=text(wish, "comment"),
        payer=payer.removeprefix("+") if payer else books.made_up_phone(),
        kind=one_of(wish, "kind", tuple(INCOMING), "transfer"),
        repeat=whole(wish, "repeat", 1, MOST_REPEATS),
        at=moment(wish),
        status=one_of(wish, "status", STATUSES, "WAITING" if settles else "SUCCESS"),
        settles=settles,
        appears_after=seconds(wish, "appears_after"),
    )


def settling(wish: Mapping[str, Any]) -> tuple[float, str] | None:
    """In how many seconds the payment settles, and as what; None if it does not."""
    settles = wish.get("settles")
    if settles is None:
        return None
    if not isinstance(settles, dict):
        raise WrongBody("settles is an object")
    return seconds(settles, "after"), one_of(settles, "to", ("SUCCESS", "ERROR"), "SUCCESS")


def moment(wish: Mapping[str, Any]) -> datetime | None:
    """`at` as a time with a zone that is not to come."""
    told = text(wish, "at")
    if told is None:
        return None
    try:
        at = datetime.fromisoformat(told)
    except ValueError:
        raise WrongBody("at is not an ISO time") from None
    if at.tzinfo is None or at > timezone.now():
        raise WrongBody("at has a time zone and is not in the future")
    return at


def text(body: Mapping[str, Any], name: str) -> str | None:
    """A text or nothing."""
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise WrongBody(f"{name} is a text")
    return value


def whole(body: Mapping[str, Any], name: str, default: int, most: int) -> int:
    """A whole number from 1 to `most`."""
    value = body.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise WrongBody(f"{name} is a whole number from 1 to {most}")
    return value


def seconds(body: Mapping[str, Any], name: str) -> float:
    """A number of seconds, 0 by default."""
    value = body.get(name) or 0
    if not isinstance(value, int | Decimal) or isinstance(value, bool) or not 0 <= value < 10**9:
        raise WrongBody(f"{name} is a number of seconds")
    return float(value)


def one_of(body: Mapping[str, Any], name: str, choices: tuple[str, ...], default: str) -> str:
    """One word of a few."""
    value = body.get(name, default)
    if value not in choices:
        raise WrongBody(f"{name} is one of {', '.join(choices)}")
    return value


def currency_of(body: Mapping[str, Any], default: str = "RUB") -> str:
    """The code of a currency that the sandbox has."""
    return one_of(body, "currency", tuple(money.CURRENCIES), default)


def scopes_of(body: Mapping[str, Any]) -> list[str]:
    """Scopes of a token, the read-only ones by default."""
    scopes = body.get("scopes", list(books.READ_ONLY))
    if not isinstance(scopes, list) or not all(scope in SCOPES for scope in scopes):
        raise WrongBody(f"scopes is a list of {', '.join(SCOPES)}")
    return scopes


def wallet_json(wallet: Wallet) -> dict[str, Any]:
    """A wallet with its balances (minor units), tokens and faults."""
    return {
        "id": wallet.pk,
        "number": wallet.number,
        "nickname": wallet.nickname,
        "currency": wallet.currency,
        "balances": books.balances(wallet),
        "tokens": [token_json(token) for token in wallet.tokens.order_by("pk")],
        "faults": Faults.of(wallet).to_json(),
        "history_calls_last_minute": throttle.history_calls(wallet.pk),
    }


def token_json(token: Token) -> dict[str, Any]:
    """A token, in full: the money is imaginary."""
    return {"token": token.token, "scopes": token.scopes, "retired": token.retired}


def row_json(row: Row) -> dict[str, Any]:
    """A row of the ledger in minor units; `status` is the one at this moment."""
    now = timezone.now()
    settled = row.settles_at is not None and row.settles_at <= now
    return {
        "txn_id": row.txn_id,
        "type": row.type,
        "kind": row.kind,
        "status": row.settles_to if settled else row.status,
        "amount": row.minor,
        "commission": row.commission,
        "currency": row.currency,
        "account": row.account,
        "comment": row.comment,
        "at": row.at.isoformat(timespec="microseconds"),
        "visible_at": row.visible_at.isoformat(timespec="microseconds"),
        "visible": row.visible_at <= now,
    }
