"""What the prompter tells a control room: frames of widgets/protocol.py."""

from __future__ import annotations

from tests.browser.prompter import NOW, Frame, later, money

CALM: Frame = {"paused": False, "mutes": [], "panic_until": None}
AT_ONCE: Frame = {"who": "nobody", "seconds": 60, "then": "show"}


def cue(
    id: str, state: str, donation: str | None = None, kind: str = "alert", widget: str = "box", ago: float = 60
) -> Frame:
    return {"id": id, "widget": widget, "kind": kind, "state": state, "donation": donation, "at": later(-ago)}


def gift(
    id: str,
    minor: int | None = 100_00,
    name: str = "Оля",
    words: str = "Привет",
    *states: str,
    ago: float = 60,
    **facts: object,
) -> Frame:
    """A donation whose alerts are in `states`; with `held`, `hidden` or `gone` nothing of it is shown."""
    given = {"name": name, "words": words}
    is_shown = not {"held", "hidden", "gone"} & facts.keys()
    plain = {"hidden": False, "held": False, "held_until": None, "gone": False, "donor": f"donor-{id}", "standing": ""}
    return {
        "id": id,
        "money": None if minor is None else money(minor),
        "name": name if is_shown else "",
        "words": words if is_shown else "",
        "given": given,
        **plain,
        "occurred_at": later(-ago),
        "recorded_at": later(-ago),
        "cues": [cue(f"c-{id}-{place}", state, id, ago=ago) for place, state in enumerate(states)],
        **facts,
    }


def page(id: str = "p1", obs: str = "31.0.2", **facts: object) -> Frame:
    plain = {"visible": True, "active": True, "streaming": True, "sound": "heard", "stale": False, "speaks": True}
    return {"id": id, "obs": obs, **plain, "opened_at": later(-3_600), **facts}


def screen(*pages: Frame, widget: str = "box", kind: str = "alert", title: str = "Alerts", **facts: object) -> Frame:
    plain = {"absent": False, "seen_in_obs_at": later(-30), "sound_heard_at": later(-3_600)}
    return {"widget": widget, "kind": kind, "title": title, "pages": list(pages), **plain, **facts}


def wallet(id: str = "w1", state: str = "working", level: str = "ok", title: str = "QIWI", **facts: object) -> Frame:
    plain = {"since": None, "until": None, "read_at": later(-12), "next_at": later(8)}
    return {"id": id, "title": title, "state": state, "level": level, **plain, **facts}


def stream(**facts: object) -> Frame:
    return {"title": "Friday", "started_at": later(-4_320), "by_obs": True, "ends_at": None, **facts}


def control_hello(*gifts: Frame, role: str = "owner", **facts: object) -> Frame:
    """The answer to a control room's hello, with the newest of `gifts` first."""
    audience = "control_without_amounts" if role == "without_amounts" else "control"
    open_cues = [cue for each in gifts for cue in each["cues"] if cue["state"] == "waiting"]
    snapshot = {
        "me": {"name": "Vika", "role": role},
        "streamer": "Аня",
        "language": "ru",
        "controls": CALM,
        "donations": list(gifts),
        "waiting": len(open_cues),
        "tests": [],
        "wallets": [wallet()],
        "screens": [screen(page())],
        "stream": None,
        "hold": AT_ONCE,
        **facts,
    }
    place = {"v": 1, "epoch": "e1", "cursor": "5", "now": NOW, "version": "1", "widget": None}
    return {"type": "hello", "audience": audience, "snapshot": snapshot, **place}


def cue_moved(moved: Frame, waiting: int = 0) -> Frame:
    return {"type": "cue", "cue": moved, "waiting": waiting, "now": NOW}


def health(*, wallets: list[Frame], screens: list[Frame]) -> Frame:
    return {"type": "health", "wallets": wallets, "screens": screens, "now": NOW}


def done(order: Frame, reason: str = "") -> Frame:
    """The answer to a `do`: done, or not for a `reason`."""
    return {"type": "done", "ref": order["ref"], "ok": not reason, "reason": reason}
