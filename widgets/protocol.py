"""Every frame between a page and Kopilka, both ways: protocol version 1.

One WebSocket, `/ws/`, JSON text frames. The page speaks first; nothing secret is in the address.

Times are ISO 8601 in UTC with milliseconds. Money is `{"minor": 15050, "currency": "RUB", "exponent": 2}`:
integer minor units. Figures are always absolute, never deltas. Ids are public and random.
`cursor` is opaque to pages: keep the last one, send it back when you acknowledge and when you come back.

Close codes: 4400 the frame made no sense, 4403 the key opens nothing, 4008 too much was left unacknowledged (come back
with your cursor), 4001 no hello within 10 seconds, 4002 the log is not the one you know. After any other code, 1000
too, the page comes back.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

VERSION = 1

CLOSE_NO_HELLO = 4001
CLOSE_ANEW = 4002
CLOSE_TOO_SLOW = 4008
CLOSE_NONSENSE = 4400
CLOSE_REFUSED = 4403

HELLO_SECONDS = 10

Audience = Literal["public", "overlay", "control"]
WalletCondition = Literal[
    "working",
    "expires",
    "expired",
    "rate_limited",
    "blocked",
    "failing",
    "stalled",
    "refused",
    "no_token",
    "no_right",
    "spending",
    "gone",
    "locked",
    "archived",
]
WidgetKind = Literal["alert", "goal", "total", "latest"]
CueState = Literal["waiting", "playing", "shown"]


# --- values -----------------------------------------------------------------------------------------------------------


class MoneyValue(TypedDict):
    minor: int
    currency: str
    exponent: int


class DonationValue(TypedDict):
    """A donation as pages may show it. When `hidden` (or erased, or reversed), `name` and `words` are empty."""

    id: str
    money: MoneyValue
    name: str
    words: str
    hidden: bool
    occurred_at: str
    recorded_at: str


class PeriodValue(TypedDict):
    """Which time the figures are of. `start` None: before the first stream. `end` None: none is known yet."""

    kind: Literal["all", "stream", "day", "week", "month", "dates"]
    start: str | None
    end: str | None


class MilestoneValue(TypedDict):
    """A mark on the way, which may lie beyond the target."""

    money: MoneyValue
    title: str
    reached: bool


class GoalValue(TypedDict):
    """`percent` is whole, rounded down: 100 only when reached, over 100 when overfilled. `left` is never negative.

    `raised` holds what was there before the goal counted; `count` is of donations in this period. `milestones` go up.
    """

    id: str
    title: str
    raised: MoneyValue
    target: MoneyValue
    left: MoneyValue
    percent: int
    count: int
    period: PeriodValue
    deadline: str | None
    milestones: list[MilestoneValue]


class TotalsValue(TypedDict):
    """In the streamer's base currency. `stream` is None while no stream is on."""

    all: MoneyValue
    stream: MoneyValue | None


class WidgetValue(TypedDict):
    """What the page needs to draw itself. `language` is ru, uk or en; `options` by kind:

    alert   {"duration_ms": 7000, "sound": false, "volume": 0.8}
    goal    {"goal": "<goal id>"}
    total   {"scope": "stream" | "all", "title": "..."}
    latest  {"count": 5}
    """

    id: str
    kind: WidgetKind
    language: str
    options: dict[str, object]


class CueValue(TypedDict):
    """One alert to be played. A test alert has `kind` "test" and counts nowhere."""

    id: str
    kind: Literal["alert", "test"]
    donation: DonationValue


class WalletValue(TypedDict):
    """How a wallet fares, for the control audience alone. `since` and `until` are there where they are known.

    `state` says it in one word, `level` how bad it is; an archived wallet is to be taken off the lists.
    """

    id: str
    title: str
    state: WalletCondition
    level: Literal["ok", "warning", "danger"]
    since: str | None
    until: str | None


class SnapshotValue(TypedDict, total=False):
    """Where a page starts from. Only what its audience and widget show."""

    goal: GoalValue
    totals: TotalsValue
    latest: list[DonationValue]  # newest first
    wallets: list[WalletValue]


# --- events: what the log says, joined with the words that are shown now ----------------------------------------------


class Event(TypedDict):
    """One happening. `kind` decides which other field is there.

    donation           `donation`: a new one that lists show; the alert of any comes as a cue
    donation_changed   `donation`: hidden, shown again, corrected; reversed: `gone`, take it off the screen
    goal               `goal`: its figures or its title, target... changed
    totals             `totals`
    latest             `latest`: the list anew, after a donation came or changed
    widget             `widget`: the options of a widget of the streamer changed, of this page's when its id is
    wallet             `wallet`: its state changed (control alone)
    """

    kind: Literal["donation", "donation_changed", "goal", "totals", "latest", "widget", "wallet"]
    donation: NotRequired[DonationValue]
    gone: NotRequired[bool]
    goal: NotRequired[GoalValue]
    totals: NotRequired[TotalsValue]
    latest: NotRequired[list[DonationValue]]
    widget: NotRequired[WidgetValue]
    wallet: NotRequired[WalletValue]


# --- from the page ----------------------------------------------------------------------------------------------------


class PageHello(TypedDict):
    """The first frame. A page with a link sends its `key`, a public goal page its `goal`.

    `cursor` and `epoch` are those of the last frame seen, or None. `playing` is the cue that is on this page's screen
    right now, `finished` the cues that it finished lately, at most 50: it cannot know which of them were heard.
    """

    type: Literal["hello"]
    v: int
    key: NotRequired[str]
    goal: NotRequired[str]
    epoch: str | None
    cursor: str | None
    playing: NotRequired[str | None]
    finished: NotRequired[list[str]]


class PageAck(TypedDict):
    """The page has taken in everything up to `cursor`. After each `events` frame."""

    type: Literal["ack"]
    cursor: str


class PageCue(TypedDict):
    """`started`: the alert is on the screen. `finished`: it has left. Sending one twice changes nothing."""

    type: Literal["cue"]
    cue: str
    state: Literal["started", "finished"]


# --- from Kopilka -----------------------------------------------------------------------------------------------------


class Hello(TypedDict):
    """The answer to a hello. `version` is the build of the pages: when it differs from the page's, reload when idle.

    `snapshot` is absolute: draw it, whatever was on the screen. `cursor` is from where on this page is told more: its
    own when that could be resumed, and what it missed comes next.
    """

    type: Literal["hello"]
    v: int
    epoch: str
    cursor: str
    now: str
    version: str
    audience: Audience
    widget: WidgetValue | None
    snapshot: SnapshotValue


class Events(TypedDict):
    """All that one look at the log brought, in order. `now` is the server's clock at sending.

    Figures and lists are those of the sending, which may be newer than the event. A public page is sent a frame only
    when its own goal has news.
    """

    type: Literal["events"]
    cursor: str
    now: str
    events: list[Event]


class Play(TypedDict):
    """Play this cue now. Comes to one page of a widget, one cue at a time; the next comes after `finished`.

    `waiting` is how many wait behind it: a page may make each a little shorter then.
    """

    type: Literal["play"]
    cue: CueValue
    waiting: int


class CueMoved(TypedDict):
    """For the control audience: a cue of a widget changed its state at `at`."""

    type: Literal["cue"]
    cue: str
    donation: str | None
    state: CueState
    at: str


class Refused(TypedDict):
    """Sent before a close with 4400 or 4403, in words for the console. The page shows nothing and says nothing."""

    type: Literal["refused"]
    reason: str
