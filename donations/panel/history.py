"""The history of a donation in words: what was changed, by whom, when, and what of it can be undone now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from donations.models import Correction, Donation
from donations.models.correction import FACTS, facts_of
from donations.money import format_money

LABELS = {
    "status": gettext_lazy("State"),
    "kind": gettext_lazy("Kind"),
    "minor": gettext_lazy("Amount"),
    "occurred_at": gettext_lazy("When"),
    "name_given": gettext_lazy("From whom"),
    "words_given": gettext_lazy("Their words"),
    "counts": gettext_lazy("In goals and totals"),
    "in_stream": gettext_lazy("In the stream"),
    "listed": gettext_lazy("In lists"),
    "alerts": gettext_lazy("Alert"),
}
TITLES = {
    Correction.What.ENTERED: gettext_lazy("Entered by hand"),
    Correction.What.EDITED: gettext_lazy("Corrected"),
    Correction.What.REVERSED: gettext_lazy("Taken back"),
    Correction.What.WALLET: gettext_lazy("Changed by the wallet"),
    Correction.What.UNDONE: gettext_lazy("Undone"),
}
KINDS = {
    "gift": pgettext_lazy("a payment", "a donation"),
    "own": pgettext_lazy("a payment", "between own wallets"),
    "refund": pgettext_lazy("a payment", "a refund"),
    "other": pgettext_lazy("a payment", "something else"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One fact in words: `Amount`, `100 ₽`, `120 ₽`. `before` is "" in an entry, where there was nothing before."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Step:
    """One correction. `can_undo`: all that it changed is still as it left it."""

    correction: Correction
    changes: list[Change]
    is_undone: bool
    can_undo: bool

    @property
    def title(self) -> str:
        return str(TITLES[Correction.What(self.correction.what)])


def history_of(donation: Donation) -> list[Step]:
    """Newest first."""
    corrections = list(donation.corrections.order_by("-pk"))
    undone = {correction.undoes_id for correction in corrections}
    steps: list[Step] = []
    touched: set[str] = set()
    now = facts_of(donation)
    for correction in corrections:
        then = now | correction.after
        earlier = then | correction.before
        stands = correction.is_undoable and correction.pk not in undone and correction.stands_in(donation)
        # An undoing is offered to be undone while it is the last word; those before it then come up again themselves.
        is_offered = correction.what != Correction.What.UNDONE or not touched & correction.after.keys()
        steps.append(
            Step(
                correction,
                list(_changes(correction, earlier, then, is_by_hand=donation.wallet_id is None)),
                is_undone=correction.pk in undone,
                can_undo=stands and is_offered,
            )
        )
        touched |= correction.after.keys()
        now = earlier
    return steps


def reversal_in(steps: list[Step]) -> Correction | None:
    """What took the donation back, if that can be undone."""
    reversals = (step.correction for step in steps if step.can_undo and step.correction.after.get("status") == "failed")
    return next(reversals, None)


def _changes(
    correction: Correction, earlier: Mapping[str, Any], then: Mapping[str, Any], is_by_hand: bool
) -> Iterator[Change]:
    is_entry = correction.what == Correction.What.ENTERED
    for name in FACTS:
        is_changed = name in correction.after or (name == "minor" and "currency" in correction.after)
        is_told = name in LABELS and not (is_entry and (name in ("status", "kind") or then[name] == ""))
        if is_changed and is_told:
            before = "" if is_entry else _in_words(name, earlier, is_by_hand)
            yield Change(str(LABELS[name]), before, _in_words(name, then, is_by_hand))


def _in_words(name: str, facts: Mapping[str, Any], is_by_hand: bool) -> str:
    value = facts[name]
    if name == "minor":
        return format_money(value, facts["currency"])
    if name == "occurred_at":
        return date_format(timezone.localtime(datetime.fromisoformat(value)), "DATETIME_FORMAT")
    if name == "status" and is_by_hand and value == Donation.Status.FAILED:
        return _("taken back")
    if name == "status":
        return str(Donation.Status(value).label)
    if name == "kind":
        return str(KINDS.get(value, value))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return value or _("nothing")
