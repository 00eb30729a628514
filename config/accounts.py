"""Who may sign up: nobody. Accounts come from the host's invitations."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedDoor(DefaultAccountAdapter):
    """Sign-in is open, sign-up is not."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
