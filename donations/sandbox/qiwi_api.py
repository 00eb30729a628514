"""The wallet API of QIWI (edge.qiwi.com) as its clients saw it."""

import hashlib
import json
from collections.abc import Callable
from decimal import Decimal
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from donations.sandbox import books, money, qiwi_errors, qiwi_rows, qiwi_time
from donations.sandbox.faults import Faults
from donations.sandbox.models import Row, Token, Wallet
from donations.sandbox.qiwi_query import Filter, Page, WrongQuery, flag
from donations.sandbox.throttle import throttle

View = Callable[..., HttpResponse]
HISTORY_SERVICE = "payment-history"


def endpoint(name: str, service: str, scope: str | None, method: str = "GET") -> Callable[[View], View]:
    """
    A call of the API: knows the wallet by its token, counts the call, lets the faults act, then asks the view, which
    gets the request and the token's wallet. A `number` in the path must be that wallet's.
    """

    def wrap(view: View) -> View:
        @csrf_exempt
        @require_http_methods([method])
        @wraps(view)
        def call(request: HttpRequest, number: str | None = None, **path: Any) -> HttpResponse:
            token = bearer(request)
            if token is None:
                return qiwi_errors.unauthorized()
            wallet = token.wallet
            admitted = throttle.admit(wallet.pk, name)
            faults = Faults.of(wallet)
            if not faults.hit(name):
                faults = Faults()
            if faults.wait():
                return HttpResponse(status=504)
            answer = (
                refusal(faults, service, token, scope, number)
                or (None if admitted else qiwi_errors.blocked(service))
                or answered(view, request, wallet, service, path)
            )
            return faults.spoil(answer)

        return call

    return wrap


def bearer(request: HttpRequest) -> Token | None:
    """The living token of the Authorization header."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    return Token.objects.select_related("wallet").filter(token=secret.strip(), retired=False).first()


def refusal(faults: Faults, service: str, token: Token, scope: str | None, number: str | None) -> HttpResponse | None:
    """Why the call is refused before it is understood: a switched fault, the scope, the number in the path."""
    if faults.status == 401:
        return qiwi_errors.unauthorized()
    if faults.status == 423:
        return qiwi_errors.blocked(service)
    if faults.status == 429:
        return qiwi_errors.too_many(service, faults.retry_after)
    if faults.status == 500:
        return qiwi_errors.internal(service)
    if number is not None and not (number.isascii() and number.isdigit() and 10 <= len(number) <= 15):
        return qiwi_errors.invalid(service, "wrong wallet number")
    if (scope and scope not in token.scopes) or number not in (None, token.wallet.number):
        return qiwi_errors.forbidden(service)
    return None


def answered(view: View, request: HttpRequest, wallet: Wallet, service: str, path: dict[str, Any]) -> HttpResponse:
    """The view's answer; a broken rule of the query is a 400."""
    try:
        return view(request, wallet, **path)
    except WrongQuery as wrong:
        return qiwi_errors.invalid(service, str(wrong))


def shown(body: dict[str, Any]) -> JsonResponse:
    """JSON with Cyrillic as it is."""
    return JsonResponse(body, json_dumps_params={"ensure_ascii": False})


@endpoint("profile", "person-profile", "profile")
def profile(request: HttpRequest, wallet: Wallet) -> HttpResponse:
    """Each of the three parts can be left out."""
    parts = {"authInfo": auth_info, "contractInfo": contract_info, "userInfo": user_info}
    return shown({name: part(wallet) if flag(request.GET, f"{name}Enabled") else None for name, part in parts.items()})


def auth_info(wallet: Wallet) -> dict[str, Any]:
    """How the owner signs in; invented, except the number."""
    since = wallet.created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "boundEmail": None,
        "ip": "192.0.2.22",
        "lastLoginDate": since,
        "mobilePinInfo": {"lastMobilePinChange": since, "mobilePinUsed": True, "nextMobilePinChange": None},
        "passInfo": {"lastPassChange": since, "nextPassChange": None, "passwordUsed": True},
        "personId": int(wallet.number),
        "pinInfo": {"pinUsed": True},
        "registrationDate": since,
        "emailSettings": {},
    }


def contract_info(wallet: Wallet) -> dict[str, Any]:
    """The wallet itself, with its nickname."""
    return {
        "blocked": False,
        "contractId": int(wallet.number),
        "creationDate": wallet.created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "features": [],
        "identificationInfo": [{"bankAlias": "QIWI", "identificationLevel": "SIMPLE", "passportExpired": False}],
        "smsNotification": {
            "price": qiwi_rows.amount(5900, "RUB"),
            "enabled": False,
            "active": False,
            "endDate": None,
        },
        "nickname": nickname_info(wallet),
    }


def user_info(wallet: Wallet) -> dict[str, Any]:
    """The owner's habits; the phone only as a hash."""
    currency = money.CURRENCIES[wallet.currency]
    return {
        "defaultPayCurrency": currency.number,
        "defaultPaySource": 7,
        "email": None,
        "firstTxnId": wallet.rows.order_by("txn_id").values_list("txn_id", flat=True).first(),
        "language": "ru",
        "operator": "Beeline",
        "phoneHash": hashlib.sha256(wallet.number.encode()).hexdigest()[:14],
        "promoEnabled": None,
        "defaultPayAccountAlias": currency.alias,
    }


def nickname_info(wallet: Wallet) -> dict[str, Any]:
    """The nickname by which others pay."""
    return {"nickname": wallet.nickname, "canChange": True, "canUse": True, "description": ""}


@endpoint("nickname", "qw-nicknames", "profile")
def nickname(request: HttpRequest, wallet: Wallet) -> HttpResponse:
    """The wallet's nickname alone."""
    return shown(nickname_info(wallet))


@endpoint("balance", "funding-sources", "balance")
def accounts(request: HttpRequest, wallet: Wallet) -> HttpResponse:
    """All accounts; the mobile operator's comes first and never has a balance, as in the documentation."""
    mobile = account("mc_beeline_rub", "qb_mc_beeline", ("MC", "Mobile Wallet"), 643, None)
    alias = request.GET.get("alias") if request.GET.get("timeout") else None
    faults = Faults.of(wallet)
    # Asked with a timeout and an alias the service took the time to find that balance out.
    hidden = faults.null_balance and faults.hit("balance")
    held = {
        code: None if hidden and money.CURRENCIES[code].alias != alias else minor
        for code, minor in books.balances(wallet).items()
    }
    return shown({"accounts": [mobile, *(wallet_account(wallet, code, minor) for code, minor in held.items())]})


def wallet_account(wallet: Wallet, code: str, minor: int | None) -> dict[str, Any]:
    """An account of the wallet itself; its balance is null where `minor` is None."""
    currency = money.CURRENCIES[code]
    balance = None if minor is None else qiwi_rows.amount(minor, code)
    told = account(currency.alias, "qb_wallet", ("WALLET", "QIWI Wallet"), currency.number, balance)
    return {**told, "hasBalance": True, "defaultAccount": code == wallet.currency}


def account(
    alias: str, fs_alias: str, title: tuple[str, str], currency: int, balance: dict[str, Any] | None
) -> dict[str, Any]:
    """One entry of the balance's list."""
    return {
        "alias": alias,
        "fsAlias": fs_alias,
        "bankAlias": "QIWI",
        "title": title[0],
        "type": {"id": title[0], "title": title[1]},
        "hasBalance": False,
        "balance": balance,
        "currency": currency,
        "defaultAccount": False,
    }


@endpoint("history", HISTORY_SERVICE, "history")
def history(request: HttpRequest, wallet: Wallet, version: str) -> HttpResponse:
    """A page of the wallet's rows, newest first."""
    page, chosen = Page.from_query(request.GET), Filter.from_query(request.GET)
    visible = wallet.rows.visible(timezone.now())
    if not visible.exists():
        # A wallet that never had an operation was answered with an error; one that has none in the period with an
        # empty list. Clients met both, so both are here.
        return qiwi_errors.not_found(HISTORY_SERVICE, "payments", "Payments are not found")
    rows, following = page.cut(chosen.select(visible))
    zone = chosen.window.zone if chosen.window else None
    return shown(
        {
            "data": [qiwi_rows.VERSIONS[version](row, zone) for row in rows],
            "nextTxnId": following[1] if following else None,
            "nextTxnDate": qiwi_time.show(following[0]) if following else None,
        }
    )


@endpoint("totals", HISTORY_SERVICE, "history")
def totals(request: HttpRequest, wallet: Wallet, version: str) -> HttpResponse:
    """Sums of the finished rows that the history tells, in and out, for each currency."""
    chosen = Filter.from_query(request.GET)
    if chosen.window is None:
        raise WrongQuery("startDate and endDate are required")
    rows = chosen.select(wallet.rows.visible(timezone.now())).succeeded()
    sides = {"incomingTotal": rows.filter(type="IN"), "outgoingTotal": rows.exclude(type="IN")}
    amount = qiwi_rows.AMOUNTS[version]
    return shown(
        {
            name: [amount(minor, code) for code, minor in books.by_currency(side, "minor").items()]
            for name, side in sides.items()
        }
    )


@endpoint("transaction", HISTORY_SERVICE, "history")
def transaction(request: HttpRequest, wallet: Wallet, version: str, txn_id: int) -> HttpResponse:
    """One row, in Moscow time; `type` chooses where an id has two."""
    rows = wallet.rows.visible(timezone.now()).filter(txn_id=txn_id)
    if row_type := request.GET.get("type"):
        rows = rows.filter(type=row_type)
    row: Row | None = rows.order_by("type").first()
    if row is None:
        return qiwi_errors.not_found(HISTORY_SERVICE, "txn", "Transaction is not found")
    return shown(qiwi_rows.VERSIONS[version](row))


@endpoint("hooks", "payment-notifier", "payments")
def active_hook(request: HttpRequest, wallet: Wallet) -> HttpResponse:
    """Nobody has a hook here; what matters is that a token without the payment scope does not get this far."""
    return qiwi_errors.not_found("payment-notifier", "hook", "Hook is not found")


@endpoint("payment", "sinap", "payments", "POST")
def payment(request: HttpRequest, wallet: Wallet) -> HttpResponse:
    """This wallet pays another one of the sandbox."""
    try:
        body = json.loads(request.body, parse_float=Decimal)
        client_id, total, phone = str(body["id"]), body["sum"], str(body["fields"]["account"])
        code = next(each.code for each in money.CURRENCIES.values() if str(each.number) == str(total["currency"]))
        comment = body.get("comment")
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration):
        return qiwi_errors.sinap(400, 1, "Неверный формат запроса")
    if not (client_id.isascii() and client_id.isdigit() and len(client_id) <= 20):
        return qiwi_errors.sinap(400, 1, "Неверный идентификатор транзакции")
    receiver = Wallet.objects.filter(number=phone.removeprefix("+")).exclude(pk=wallet.pk).first()
    if receiver is None:
        return qiwi_errors.sinap(400, 5, "Номер счета не найден")
    try:
        order = books.Order(money.to_minor(total["amount"]), code, comment and str(comment))
        txn_id = books.transfer(wallet, receiver, order, client_id)
    except money.WrongAmount:
        return qiwi_errors.sinap(400, 241, "Неверная сумма платежа")
    except books.NotEnoughMoney:
        return qiwi_errors.sinap(400, 220, "Недостаточно средств")
    return shown(accepted(body, code, txn_id))


def accepted(body: dict[str, Any], code: str, txn_id: int) -> dict[str, Any]:
    """The answer to a payment: taken, its end stands only in the history."""
    number = str(money.CURRENCIES[code].number)
    told = {
        "id": str(body["id"]),
        "terms": "99",
        "fields": {"account": body["fields"]["account"]},
        "sum": {"amount": money.to_json(money.to_minor(body["sum"]["amount"])), "currency": number},
        "source": f"account_{number}",
        "transaction": {"id": str(txn_id), "state": {"code": "Accepted"}},
    }
    return {**told, "comment": body["comment"]} if body.get("comment") else told
