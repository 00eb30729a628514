"""Recorded and documented answers, and how an answer of the sandbox differs from them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SAMPLES = Path(__file__).parent / "samples"


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))


def differences(recorded: Any, told: Any, where: str = "") -> list[str]:
    """
    The places where `told` has fields too few, too many or of another type. A null says nothing of a type, and of
    a recorded list the first entry speaks for all.
    """
    if recorded is None or told is None:
        return []
    if kind(recorded) != kind(told):
        return [f"{where} is {kind(told)}, not {kind(recorded)}"]
    if isinstance(recorded, dict):
        strangers = [f"{where}.{name}" for name in recorded.keys() ^ told.keys() if name != "_note"]
        inside = [differences(recorded[name], told[name], f"{where}.{name}") for name in recorded.keys() & told.keys()]
        return sorted([*strangers, *(line for lines in inside for line in lines)])
    if isinstance(recorded, list) and recorded:
        return [line for n, entry in enumerate(told) for line in differences(recorded[0], entry, f"{where}[{n}]")]
    return []


def kind(value: Any) -> str:
    """The type that JSON knows: a number is a number, whole or not."""
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__
