"""Rehearsal: a shadow of the streamer, paid in the sandbox and read like any other, seen on overlays off air alone.

Its wallet is there while a rehearsal is on, and is thrown away at its end with all that came in.
"""

from __future__ import annotations

import contextlib
from datetime import timedelta

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from donations.connecting import connect
from donations.events import writing
from donations.models import Streamer, WalletState
from donations.pace import make_due
from donations.seal import new_public_id
from donations.shadows import empty
from donations.streams import StreamAlreadyOn, start_stream
from widgets import cues, sandbox
from widgets.models import Cue
from widgets.scenarios import Scenario, no_news
from widgets.shadow import is_on, mirror, shadow_of

POLL_SECONDS = 5
A_SECOND = timedelta(seconds=1)


def prepare(streamer: Streamer) -> Streamer:
    """Begin a rehearsal, or bring the one that is on in step with what is on air; answers the shadow.

    Raises `SandboxSilent`, and `ProviderError` where its service does not let us read.
    """
    shadow = mirror(streamer)
    with translation.override(streamer.language):
        with contextlib.suppress(StreamAlreadyOn):
            start_stream(shadow, _("Rehearsal"))
        if not is_on(shadow):
            _open_wallet(shadow)
    return shadow


def _open_wallet(shadow: Streamer) -> None:
    # Another one each time: what was given in an earlier rehearsal stays in the sandbox's history.
    account = sandbox.open_wallet(f"REHEARSAL-{new_public_id()}", sandbox.spoken(shadow.currency))
    token = account["tokens"][0]["token"]
    wallet = connect(shadow, sandbox.PROVIDER, token, title=_("Imaginary wallet"), poll_seconds=POLL_SECONDS)
    # It has no past: nothing is history that is given before its first reading, or told late.
    WalletState.objects.filter(wallet=wallet).update(alerts_from=wallet.created_at - no_news() - A_SECOND)


def rehearse(streamer: Streamer, scenario: Scenario) -> None:
    """Have it given in the sandbox, where the poller finds it. Begins a rehearsal when none is on.

    Raises as `prepare` does.
    """
    shadow = shadow_of(streamer)
    if shadow is None or not is_on(shadow):
        shadow = prepare(streamer)
    wallet = shadow.wallets.get()
    if scenario.silent_for:
        sandbox.break_for(wallet.account, scenario.silent_for)
    sandbox.pay(wallet.account, scenario.orders(streamer.currency))
    if scenario.is_late:
        # What is looked for once in a quarter of an hour is looked for now.
        WalletState.objects.filter(wallet=wallet).update(read_3h_at=None)
    make_due(wallet)


def end(streamer: Streamer) -> None:
    """End it: alerts leave the screens, and what was given is thrown away. Without one nothing happens."""
    shadow = shadow_of(streamer)
    if shadow is None:
        return
    with writing(shadow.pk) as log:
        unplayed = Cue.objects.filter(widget__streamer=shadow, state__in=cues.UNPLAYED)
        cues.move(unplayed, Cue.State.SKIPPED, finished_at=timezone.now())
        empty(log)
