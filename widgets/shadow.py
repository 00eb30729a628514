"""The shadow of a streamer: the same goals and widgets under another streamer, whose money is imaginary.

Its name in addresses is random, it has neither members nor keys, and its goals have no pages: it is seen through the
overlays' own links in rehearsal mode, and nowhere else.
"""

from __future__ import annotations

import secrets

from django.db.models import Q

from donations.events import writing
from donations.models import Event, Goal, Streamer
from donations.tallies import raised, save_goal
from widgets.models import Variation, Widget, WidgetState

STREAMER_FACTS = ("name", "language", "time_zone", "currency", "hold_who", "hold_seconds", "hold_then")
GOAL_FACTS = ("title", "about", "target_minor", "currency", "since", "until", "period", "deadline", "counts_others")
NOT_COPIED = {"id", "public_id", "widget", "created_at"}
"""What each variation has of its own."""


def shadow_of(streamer: Streamer) -> Streamer | None:
    """The streamer's shadow, once there was a rehearsal."""
    return Streamer.objects.filter(rehearses=streamer).first()


def is_on(shadow: Streamer | None) -> bool:
    """Whether there is a rehearsal now: its wallet is there, and is read."""
    return shadow is not None and shadow.wallets.exists()


def mirror(streamer: Streamer) -> Streamer:
    """The shadow as the streamer is on air now, made when it is not there. The goals stand where the real ones do."""
    facts = {name: getattr(streamer, name) for name in STREAMER_FACTS}
    shadow, _new = Streamer.objects.update_or_create(
        rehearses=streamer, defaults=facts, create_defaults={**facts, "slug": secrets.token_hex(16)}
    )
    goals = _mirror_goals(streamer, shadow)
    for widget in streamer.widgets.order_by("pk"):
        _mirror_widget(widget, shadow, goals)
    return shadow


def _mirror_goals(streamer: Streamer, shadow: Streamer) -> dict[int | None, Goal]:
    """The copies by the ids of the real ones. They are known by their names in links, and have no page there."""
    known = {goal.slug: goal for goal in shadow.goals.all()}
    copies: dict[int | None, Goal] = {}
    shown = Q(archived_at=None) | Q(widgets__isnull=False)
    for goal in streamer.goals.filter(shown).select_related("streamer").distinct():
        copy = known.get(goal.slug) or Goal(streamer=shadow, slug=goal.slug, is_public=False)
        for name in GOAL_FACTS:
            setattr(copy, name, getattr(goal, name))
        copy.archived_at = goal.archived_at
        copy.offset_minor = goal.offset_minor + raised(goal).minor
        save_goal(copy, milestones=list(goal.milestones.all()))
        copies[goal.pk] = copy
    return copies


def _mirror_widget(widget: Widget, shadow: Streamer, goals: dict[int | None, Goal]) -> None:
    copy = Widget.objects.filter(rehearses=widget).first() or Widget(streamer=shadow, rehearses=widget)
    copy.kind, copy.title, copy.goal = widget.kind, widget.title, goals.get(widget.goal_id)
    # Nobody streams during a rehearsal.
    copy.options = {**widget.options, **({"only_streaming": False} if widget.kind == Widget.Kind.ALERT else {})}
    with writing(shadow.pk) as log:
        copy.save()
        WidgetState.objects.get_or_create(widget=copy)
        copy.variations.all().delete()
        copy.variations.bulk_create(_copied(variation, copy) for variation in widget.variations.order_by("pk"))
        log.add(Event.Kind.WIDGET, widget=copy.public_id)


def _copied(variation: Variation, widget: Widget) -> Variation:
    fields = [field for field in Variation._meta.concrete_fields if field.name not in NOT_COPIED]
    return Variation(widget=widget, **{field.attname: getattr(variation, field.attname) for field in fields})
