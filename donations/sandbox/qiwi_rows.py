"""A ledger row as QIWI told it: every field that recorded live rows of 2018-2022 have."""

from datetime import tzinfo
from typing import Any

from donations.sandbox import money, qiwi_time
from donations.sandbox.kinds import kind_of
from donations.sandbox.models import Row

LOGO = "https://static.qiwi.com/img/providers/logoBig/99_l.png"
WALLET_KEYS = (
    "мобильный кошелек, кошелек, перевести деньги, личный кабинет, отправить деньги, перевод между пользователями"
)
TRANSFER_KEYS = "пополнить, перевести, qiwi, кошелек, оплатить, онлайн, оплата, счет, способ, услуга,перевести"
NO_FAVORITE = ("favorite_payment_disabled", "regular_payment_disabled")
STATUS_TEXT = {"SUCCESS": "Success", "WAITING": "Operation in progress", "ERROR": "Error"}
# Code 797 of the documentation's list: cancelled, the money is given back.
CANCELLED = (797, "Платеж был отменен, деньги возвращены на счет")
FEATURES = (
    "chequeReady",
    "bankDocumentReady",
    "regularPaymentEnabled",
    "bankDocumentAvailable",
    "repeatPaymentEnabled",
    "favoritePaymentEnabled",
    "chatAvailable",
    "greetingCardAttached",
)


def party(number: int, short: str, long: str, *marks: str, **given: str) -> dict[str, Any]:
    """A provider or a source of a row."""
    extras = [{"key": mark, "value": "true"} for mark in marks]
    blank = {"logoUrl": None, "description": None, "keys": None, "siteUrl": None}
    return {"id": number, "shortName": short, "longName": long, **blank, **given, "extras": extras}


PARTIES = {
    each["id"]: each
    for each in (
        party(4, "Платеж с терминала", "Платеж с терминала"),
        party(7, "QIWI Кошелек", "QIWI Кошелек", keys=WALLET_KEYS),
        party(
            99,
            "Перевод на QIWI Кошелек",
            "Доставляется мгновенно",
            "is_spa_form_available",
            logoUrl=LOGO,
            keys=TRANSFER_KEYS,
            siteUrl="http://www.qiwi.com",
        ),
        party(1057, "QIWI Кошелек , пополнение, ЛК провайдеры", "QIWI Кошелек", logoUrl=LOGO, keys=WALLET_KEYS),
        party(1099, "QIWI Кошелек (конвертация)", "QIWI Кошелек (конвертация)", *NO_FAVORITE),
        party(26444, "Рапида", "НКО Рапида (резиденты)", "is_spa_form_available"),
    )
}


def amount(minor: int, currency: str) -> dict[str, Any]:
    """`{"amount": 150.5, "currency": 643}`."""
    return {"amount": money.to_json(minor), "currency": money.CURRENCIES[currency].number}


def lettered_amount(minor: int, currency: str) -> dict[str, Any]:
    """`{"amount": 150.5, "currency": "RUB"}`: as the first version told it."""
    return {"amount": money.to_json(minor), "currency": currency}


def features(row: Row) -> dict[str, bool]:
    """The switches of the row's page in the wallet."""
    repeatable = row.type == "OUT" and row.kind == "transfer"
    on = {
        "chequeReady": row.type == "OUT",
        "regularPaymentEnabled": repeatable,
        "repeatPaymentEnabled": repeatable,
        "favoritePaymentEnabled": repeatable,
        "chatAvailable": repeatable or (row.kind == "transfer" and bool(row.comment)),
    }
    return {name: on.get(name, False) for name in FEATURES}


def core(row: Row, zone: tzinfo | None) -> dict[str, Any]:
    """What both versions of the history tell first. `row` carries its `state`."""
    code, text = CANCELLED if row.state == "ERROR" else (0, None)
    return {
        "txnId": row.txn_id,
        "personId": int(row.wallet.number),
        "date": qiwi_time.show(row.second, zone),
        "errorCode": code,
        "error": text,
        "status": row.state,
        "type": row.type,
        "statusText": STATUS_TEXT[row.state],
        "trmTxnId": row.trm_txn_id,
        "account": row.account,
        "sum": amount(row.minor, row.currency),
        "commission": amount(row.commission, row.currency),
        "total": amount(row.minor + row.commission, row.currency),
    }


def rate(row: Row) -> int | float:
    """1, or a conversion's rate with at most four decimals."""
    return int(row.rate) if row.rate.isdigit() else float(row.rate)


def v2(row: Row, zone: tzinfo | None = None) -> dict[str, Any]:
    """A row of `/payment-history/v2/`, its date in `zone` (Moscow if None)."""
    kind = kind_of(row.type, row.kind)
    provider = PARTIES[kind.provider]
    return {
        **core(row, zone),
        "provider": provider,
        "source": PARTIES[kind.source],
        "comment": row.comment,
        "currencyRate": rate(row),
        "paymentExtras": [],
        "features": features(row),
        "serviceExtras": {},
        "view": {"title": provider["shortName"], "account": row.account},
    }


def v1(row: Row, zone: tzinfo | None = None) -> dict[str, Any]:
    """A row of `/payment-history/v1/`: currencies by their letters, no source, the switches beside the rest."""
    told = core(row, zone)
    for name in ("sum", "commission", "total"):
        told[name] = {**told[name], "currency": row.currency}
    provider = dict(PARTIES[kind_of(row.type, row.kind).provider])
    provider.pop("extras")
    switches = features(row)
    top = ("chequeReady", "bankDocumentAvailable", "bankDocumentReady", "repeatPaymentEnabled")
    return {
        **told,
        "provider": provider,
        "comment": row.comment,
        "currencyRate": rate(row),
        "extras": None,
        **{name: switches[name] for name in top},
    }


VERSIONS = {"v1": v1, "v2": v2}
AMOUNTS = {"v1": lettered_amount, "v2": amount}
