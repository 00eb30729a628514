"""Every frame between a page and Kopilka, both ways: protocol version 1.

One WebSocket, `/ws/`, JSON text frames. The page speaks first; nothing secret is in the address.

Times are ISO 8601 in UTC with milliseconds. Money is `{"minor": 15050, "currency": "RUB", "exponent": 2}`:
integer minor units. Figures are always absolute, never deltas. Ids are public and random.
`cursor` is opaque to pages: keep the last one, send it back when you acknowledge and when you come back.

Server times drive every clock: a page sets its own by `now`. Nothing is sent while nothing happens.

Close codes: 4400 the frame made no sense, 4403 the key opens nothing (any more), 4008 too much was left unacknowledged
(come back with your cursor), 4001 no hello within 10 seconds, 4002 the log is not the one you know. After any other
code, 1000 too, the page comes back.
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
STARTED_SECONDS = 2
"""Within them the page that speaks must say `started`, and answer each `ask`; else another one speaks."""
ACK_EVENTS = 32
"""A page acknowledges when it has taken in so many events since it last did, or more: a frame may hold many. A frame of
any other type after the hello, and one without events, counts as one."""

Audience = Literal["public", "overlay", "control", "control_without_amounts"]
Role = Literal["owner", "moderator", "without_amounts"]
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
CueKind = Literal["alert", "test", "digest", "replay"]
CueState = Literal["held", "waiting", "playing", "shown", "skipped", "missed"]
LeaveReason = Literal["over", "skipped", "interrupted", "taken_back", "panic"]
Mute = Literal["sound", "speech", "effects"]
SoundState = Literal["unknown", "heard", "blocked"]
Action = Literal[
    "approve",
    "hide",
    "unhide",
    "without_words",
    "anonymous",
    "edit",
    "block",
    "trust",
    "unmark",
    "skip",
    "skip_all",
    "replay",
    "pause",
    "mute",
    "panic",
    "stream",
    "test",
    "hold",
]


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

    alert   {}: each `play` says how it looks and sounds
    goal    {"goal": "<goal id>"}
    total   {"scope": "stream" | "all", "title": "..."}
    latest  {"count": 5}
    """

    id: str
    kind: WidgetKind
    language: str
    options: dict[str, object]


class DigestValue(TypedDict):
    """What was missed, in one alert: how many, and their sums by currency, the largest first."""

    count: int
    sums: list[MoneyValue]
    since: str


class CueValue(TypedDict):
    """One alert to be played: of a `donation`, or for `kind` "digest" of a `digest`.

    A test alert has a donation made up, and counts nowhere; a replay's donation was counted when it came.
    """

    id: str
    kind: CueKind
    donation: NotRequired[DonationValue]
    digest: NotRequired[DigestValue]


class LookValue(TypedDict):
    """How an alert looks and sounds, as its widget and the variation that fits say. `volume` is 0 to 1.

    `headline` has {name} and {amount} in it, "" means the page's own. `accent` is "#rrggbb", or "".
    """

    sound: Literal["none", "coin", "pile", "chime"]
    volume: float
    headline: str
    accent: str
    effect: Literal["none", "coins"]


class PlayValue(TypedDict):
    """A cue on the screen. `take` counts how often it began: another take of the same cue plays from the beginning.

    It entered at `started_at` and is to leave at `ends_at`, both by the server's clock, and leaves when told to.
    `waiting` is how many wait behind it.
    """

    cue: CueValue
    take: int
    look: LookValue
    started_at: str
    ends_at: str
    waiting: int


class ControlsValue(TypedDict):
    """What holds for all widgets of a streamer. While `panic_until` is not None, nothing is seen or heard of any."""

    paused: bool
    mutes: list[Mute]
    panic_until: str | None


class HoldValue(TypedDict):
    """What happens to a new donation's name and words: `seconds` 0 means that it waits for a person."""

    who: Literal["nobody", "all"]
    seconds: int
    then: Literal["show", "drop", "keep"]


class ControlDonationValue(TypedDict):
    """A donation for the control room. `money` is None for the audience without amounts.

    `name` and `words` are what is shown; `given` is what the donor wrote, empty when erased. `held_until` None with
    `held`: until a person decides. `gone`: taken back. `donor` joins one donor's gifts ("": not known).
    `cues` are its alerts, oldest first.
    """

    id: str
    money: MoneyValue | None
    name: str
    words: str
    given: GivenValue
    hidden: bool
    held: bool
    held_until: str | None
    gone: bool
    donor: str
    standing: Literal["", "trusted", "blocked"]
    occurred_at: str
    recorded_at: str
    cues: list[ControlCueValue]


class GivenValue(TypedDict):
    name: str
    words: str


class ControlCueValue(TypedDict):
    """An alert as the control room sees it. `donation` None: a test, or the sum of what was missed."""

    id: str
    widget: str
    kind: CueKind
    state: CueState
    donation: str | None
    at: str


class WalletValue(TypedDict):
    """How a wallet fares, for the control audience alone. `since` and `until` are there where they are known.

    `state` says it in one word, `level` how bad it is; an archived wallet is to be taken off the lists.
    `read_at` is when it was last read, `next_at` when it is due again.
    """

    id: str
    title: str
    state: WalletCondition
    level: Literal["ok", "warning", "danger"]
    since: str | None
    until: str | None
    read_at: str | None
    next_at: str | None


class PageValue(TypedDict):
    """An open overlay. `obs` is its OBS version, "" in another browser; `active` on programme, None: it cannot tell.

    `stale`: it is of an older build and renews itself when idle. `speaks`: of all pages of its widget, this one sounds.
    """

    id: str
    obs: str
    visible: bool
    active: bool | None
    streaming: bool | None
    sound: SoundState
    stale: bool
    speaks: bool
    opened_at: str


class ScreenValue(TypedDict):
    """A widget and who shows it now. `absent`: OBS showed it this week and does not, though a stream is on."""

    widget: str
    kind: WidgetKind
    title: str
    pages: list[PageValue]
    absent: bool
    seen_in_obs_at: str | None
    sound_heard_at: str | None


class StreamValue(TypedDict):
    """The stream that is on. `by_obs`: it began when OBS began; it ends at `ends_at` unless OBS comes back."""

    title: str
    started_at: str
    by_obs: bool
    ends_at: str | None


class MeValue(TypedDict):
    """Whose link this control room is, and what it may."""

    name: str
    role: Role


class SnapshotValue(TypedDict, total=False):
    """Where a page starts from. Only what its audience and widget show."""

    goal: GoalValue
    totals: TotalsValue
    latest: list[DonationValue]  # newest first
    controls: ControlsValue  # overlays and control
    play: PlayValue | None  # alert overlays: what is on the screen now
    # control alone:
    me: MeValue
    streamer: str  # the name
    language: str
    donations: list[ControlDonationValue]  # newest first; older ones too while they are held
    waiting: int  # how many alerts wait, of all widgets
    tests: list[ControlCueValue]  # those that play or wait and are of none of these donations, at most 500
    wallets: list[WalletValue]
    screens: list[ScreenValue]
    stream: StreamValue | None
    hold: HoldValue


# --- events: what the log says, joined with the words that are shown now ----------------------------------------------


class Event(TypedDict):
    """One happening. `kind` decides which other field is there.

    donation           `donation`: a new one that lists show; the alert of any comes as a cue
    donation_changed   `donation`: hidden, shown again, corrected; reversed: `gone`, take it off the screen
    goal               `goal`: its figures or its title, target... changed
    totals             `totals`
    latest             `latest`: the list anew, after a donation came or changed
    widget             `widget`: the options of a widget of the streamer changed, of this page's when its id is
    controls           `controls`: paused, muted, panic (overlays and control)
    wallet             `wallet`: its state changed (control alone)
    stream             `stream`: one began, ended or was moved (control alone)
    hold               `hold`: what happens to new ones from now on (control alone)

    For control, `donation` is a ControlDonationValue, there are `donation` events for those that no list shows too, and
    no goal, totals or latest.
    """

    kind: Literal[
        "donation",
        "donation_changed",
        "goal",
        "totals",
        "latest",
        "widget",
        "controls",
        "wallet",
        "stream",
        "hold",
    ]
    donation: NotRequired[DonationValue | ControlDonationValue]
    gone: NotRequired[bool]
    goal: NotRequired[GoalValue]
    totals: NotRequired[TotalsValue]
    latest: NotRequired[list[DonationValue]]
    widget: NotRequired[WidgetValue]
    controls: NotRequired[ControlsValue]
    wallet: NotRequired[WalletValue]
    stream: NotRequired[StreamValue | None]
    hold: NotRequired[HoldValue]


# --- from the page ----------------------------------------------------------------------------------------------------


class AboutPage(TypedDict, total=False):
    """What an overlay knows of itself. `obs` is OBS's version, "" elsewhere. `active`: on programme, None: not told.

    `streaming`: whether OBS streams, None: not allowed to know. `sound`: whether the browser let it play one.
    """

    obs: str
    visible: bool
    active: bool | None
    streaming: bool | None
    sound: SoundState


class PageHello(TypedDict):
    """The first frame. A page with a link sends its `key`, a public goal page its `goal`.

    `cursor` and `epoch` are those of the last frame seen, or None. An overlay says besides: `page`, a random id that it
    keeps until it is closed; `version`, its build; `about`; `rehearsal`, to be shown the rehearsal instead of what is
    real. An alert box: `playing` and `take`, what is on its screen right now and whether it `speaks`; `finished`, cues
    that it finished lately while the line was down, at most 50.
    """

    type: Literal["hello"]
    v: int
    key: NotRequired[str]
    goal: NotRequired[str]
    epoch: str | None
    cursor: str | None
    page: NotRequired[str]
    version: NotRequired[str]
    about: NotRequired[AboutPage]
    rehearsal: NotRequired[bool]
    playing: NotRequired[str | None]
    take: NotRequired[int]
    speaks: NotRequired[bool]
    finished: NotRequired[list[str]]


class PageAck(TypedDict):
    """The page has taken in everything up to `cursor`, the last that it was given: at least every 32 events, so that it
    costs little. The same cursor again: so many other frames came since."""

    type: Literal["ack"]
    cursor: str


class PageAbout(TypedDict):
    """Something that an overlay said of itself in its hello is otherwise now."""

    type: Literal["about"]
    about: AboutPage


class PageCue(TypedDict):
    """From the page that speaks. `started`: the alert is on its screen. `progress`: the answer to an `ask`."""

    type: Literal["cue"]
    cue: str
    take: int
    state: Literal["started", "progress"]


class PageDo(TypedDict):
    """A control, from a control room; answered by `done` with the same `ref`. Doing it twice changes nothing.

    approve, hide, unhide, without_words, anonymous, block, trust, unmark   `donation`
    edit                `donation`, and `name` or `words` or both, as they are to be shown
    skip                `cue`
    skip_all            `cues`: those that the page knows to wait or play, at most 500; without: all
    replay              `donation`; the nonce in `ref` makes it happen once
    pause, stream       `on`
    mute                `mute`, `on`
    panic               `on`, `seconds` until it lets go by itself
    test                `widget`
    hold                `hold` (owners)
    """

    type: Literal["do"]
    ref: str
    action: Action
    donation: NotRequired[str]
    cue: NotRequired[str]
    cues: NotRequired[list[str]]
    widget: NotRequired[str]
    name: NotRequired[str]
    words: NotRequired[str]
    on: NotRequired[bool]
    mute: NotRequired[Mute]
    seconds: NotRequired[int]
    hold: NotRequired[HoldValue]


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
    """To every page of an alert widget: this is on the screen from now on. Only the page with `speaks` sounds.

    It says `started` at once, and answers each `ask`. The same cue and take again: it goes on, and this page speaks now
    or does not.
    """

    type: Literal["play"]
    play: PlayValue
    speaks: bool
    now: str


class Ask(TypedDict):
    """To the page that speaks, every second while an alert is on: does it still play? It answers `progress`."""

    type: Literal["ask"]
    cue: str
    take: int


class Leave(TypedDict):
    """To every page of an alert widget: the cue leaves the screen and falls silent."""

    type: Literal["leave"]
    cue: str
    reason: LeaveReason
    now: str


class CueMoved(TypedDict):
    """For control: a cue is there, or changed its state. `waiting` is how many alerts wait, of all widgets."""

    type: Literal["cue"]
    cue: ControlCueValue
    waiting: int
    now: str


class Health(TypedDict):
    """For control: how wallets and screens fare, whenever that changed, at most once a second."""

    type: Literal["health"]
    wallets: list[WalletValue]
    screens: list[ScreenValue]
    now: str


class Done(TypedDict):
    """For control: what became of a `do`. `reason` says in the words of its language why it was not done."""

    type: Literal["done"]
    ref: str
    ok: bool
    reason: str


class Refused(TypedDict):
    """Sent before a close with 4400 or 4403, in words for the console. The page shows nothing and says nothing."""

    type: Literal["refused"]
    reason: str


FROM_PAGE: dict[str, type] = {"hello": PageHello, "ack": PageAck, "about": PageAbout, "cue": PageCue, "do": PageDo}
FROM_KOPILKA: dict[str, type] = {
    "hello": Hello,
    "events": Events,
    "play": Play,
    "ask": Ask,
    "leave": Leave,
    "cue": CueMoved,
    "health": Health,
    "done": Done,
    "refused": Refused,
}
"""Every frame by its `type`."""
