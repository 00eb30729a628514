"""What moves money in a wallet, and by which marks a row of it is known (as recorded from live wallets, 2018-2022)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """Marks of one kind of row. `account` may name the other side's phone as {payer}, `comment` the row's {txn_id}."""

    provider: int
    source: int
    account: str = "+{payer}"
    comment: str | None = None


INCOMING = {
    "transfer": Kind(7, 99),
    "card_refund": Kind(7, 99, "QIWI Bank", "Пополнение или возврат платежа по QVC\\QVP"),
    "agent": Kind(7, 99, "", "Автоматический платеж по агентскому договору"),
    "provider_payout": Kind(1057, 99, "10485904"),
    "payment_system": Kind(26444, 99, "Платежная система"),
    "terminal": Kind(4, 99, "10485904"),
    "conversion": Kind(7, 1099, comment="Конвертация для проведения платежа {txn_id}"),
}
OUTGOING = {
    "transfer": Kind(99, 7),
    "conversion": Kind(1099, 7, comment="Конвертация для проведения платежа {txn_id}"),
}


def kind_of(row_type: str, name: str) -> Kind:
    """The marks of a ledger row's kind."""
    return (INCOMING if row_type == "IN" else OUTGOING)[name]
