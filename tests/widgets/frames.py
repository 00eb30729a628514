"""Whether a frame is what `widgets/protocol.py` promises: a small checker of TypedDicts, key by key."""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

from widgets import protocol


def misfits(value: Any, wanted: Any, where: str) -> list[str]:
    """Every place where `value` is not of the type `wanted`, in words; nothing when it fits."""
    origin = get_origin(wanted)
    if is_typeddict(wanted):
        return _misfits_of_dict(value, wanted, where)
    if origin in (Union, types.UnionType):
        found = [misfits(value, choice, where) for choice in get_args(wanted)]
        return [] if [] in found else [f"{where}: {value!r} is none of {wanted}"]
    if origin is Literal:
        return [] if value in get_args(wanted) else [f"{where}: {value!r} is not one of {get_args(wanted)}"]
    if origin is list:
        if not isinstance(value, list):
            return [f"{where}: {value!r} is no list"]
        return [fault for n, item in enumerate(value) for fault in misfits(item, get_args(wanted)[0], f"{where}[{n}]")]
    if wanted is int and isinstance(value, bool):
        return [f"{where}: {value!r} is no number"]
    return [] if isinstance(value, origin or wanted) else [f"{where}: {value!r} is not {wanted}"]


def _misfits_of_dict(value: Any, wanted: Any, where: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{where}: {value!r} is no object"]
    faults = []
    hints = get_type_hints(wanted, include_extras=True)
    for key in value.keys() - hints.keys():
        faults.append(f"{where}.{key} is not in the protocol")
    for key, hint in hints.items():
        optional = get_origin(hint) is NotRequired
        if key in value:
            faults += misfits(value[key], get_args(hint)[0] if optional else hint, f"{where}.{key}")
        elif wanted.__total__ and not optional:
            faults.append(f"{where}.{key} is missing")
    return faults


def fields(wanted: Any) -> Any:
    """What may be read of a value of this type: of an object by field, of a list of each item; True: anything."""
    origin = get_origin(wanted)
    if is_typeddict(wanted):
        return {name: fields(hint) for name, hint in get_type_hints(wanted).items()}
    if origin is list:
        return fields(get_args(wanted)[0])
    if origin in (Union, types.UnionType):
        return {name: found for choice in get_args(wanted) for name, found in fields(choice).items()}
    return True if origin is dict else {}


def check(frame: dict[str, Any], known: Mapping[str, type] = protocol.FROM_KOPILKA) -> dict[str, Any]:
    """The frame itself; fails where the protocol does not know it as one that comes from there."""
    assert frame.get("type") in known, frame
    assert misfits(frame, known[frame["type"]], frame["type"]) == []
    return frame
