"""One-time links without e-mail: set-up, invitation, new password, and signing in to the demo.

A link is `PUBLIC_URL/welcome/#<token>`: what stands behind `#` reaches no log. The token is signed and works once,
because it is bound to the user's password and last sign-in, and each use changes them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.core import signing
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

SALT = "kopilka.invitation"


class Purpose(StrEnum):
    """What a link is for."""

    SET_UP = "set-up"
    INVITATION = "invitation"
    RESET = "reset"
    SIGN_IN = "sign-in"


LIFE = {
    Purpose.SET_UP: timedelta(hours=1),
    Purpose.INVITATION: timedelta(days=7),
    Purpose.RESET: timedelta(hours=24),
    Purpose.SIGN_IN: timedelta(hours=12),
}


class LinkUnusable(Exception):
    """The link was used, is too old, was replaced, or was never ours."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """A valid link. `user` is None for a set-up link, which makes the first one."""

    purpose: Purpose
    user: User | None
    next_path: str


def set_up_link() -> str:
    """For the host's first user, valid one hour and only while there is no superuser."""
    return _link({"purpose": Purpose.SET_UP, "next": "/host/"})


def invitation_link(user: User) -> str:
    """For a new member, who chooses a password with it: 7 days."""
    return _link_for(user, Purpose.INVITATION, "/panel/")


def reset_link(user: User) -> str:
    """For a user who forgot the password: 24 hours."""
    return _link_for(user, Purpose.RESET, "/panel/")


def sign_in_link(user: User, next_path: str = "/panel/") -> str:
    """Signs in without a password, for the demo: 12 hours."""
    return _link_for(user, Purpose.SIGN_IN, next_path)


def open_link(token: str) -> Invitation:
    """What the token invites to; raises `LinkUnusable`."""
    try:
        said = signing.loads(token, salt=SALT, max_age=max(LIFE.values()))
        purpose = Purpose(said["purpose"])
        signing.loads(token, salt=SALT, max_age=LIFE[purpose])
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        raise LinkUnusable from None
    if purpose is Purpose.SET_UP:
        if User.objects.filter(is_superuser=True).exists():
            raise LinkUnusable
        return Invitation(purpose, None, said["next"])
    user = User.objects.filter(pk=said["user"], is_active=True).first()
    if user is None or not constant_time_compare(said["print"], _fingerprint(user)):
        raise LinkUnusable
    return Invitation(purpose, user, said["next"])


def accept(token: str, password: str = "", username: str = "") -> Invitation:
    """Use the link up and answer with its user, ready to be signed in; raises `LinkUnusable`.

    `password` is the new one (not for a sign-in link), `username` is for a set-up link alone; both come validated.
    """
    invitation = open_link(token)
    user = invitation.user
    if user is None:
        with transaction.atomic():
            open_link(token)
            return replace(invitation, user=User.objects.create_superuser(username=username, password=password))
    new = user.password if invitation.purpose is Purpose.SIGN_IN else make_password(password)
    # Of two clicks at once only one finds the user as the link knew it.
    before = User.objects.filter(pk=user.pk, password=user.password, last_login=user.last_login)
    if not before.update(password=new, last_login=timezone.now()):
        raise LinkUnusable
    user.refresh_from_db()
    return invitation


def _link_for(user: User, purpose: Purpose, next_path: str) -> str:
    return _link({"purpose": purpose, "user": user.pk, "print": _fingerprint(user), "next": next_path})


def _link(said: dict[str, object]) -> str:
    return f"{settings.PUBLIC_URL}/welcome/#{signing.dumps(said, salt=SALT)}"


def _fingerprint(user: User) -> str:
    last = user.last_login.isoformat() if user.last_login else ""
    return salted_hmac(SALT, f"{user.pk}\0{user.password}\0{last}").hexdigest()[:32]
