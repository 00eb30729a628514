"""The mail server, from one address: `smtp://user:password@mail.example.org:587`."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

HOW = "KOPILKA_EMAIL_URL must be like smtp://user:password@mail.example.org:587, or smtps:// for port 465"


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where letters are handed in. `starts_tls`: smtp:// with a password, which never goes over a plain line."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    is_tls: bool = False

    @property
    def starts_tls(self) -> bool:
        return bool(self.user) and not self.is_tls

    @classmethod
    def at(cls, address: str) -> MailServer:
        """From an address; a user and a password with signs such as `@` in them are percent-encoded."""
        try:
            parts = urlsplit(address)
            port = parts.port
        except ValueError:
            # Without its cause: that one quotes the address.
            raise ImproperlyConfigured(HOW) from None
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname or bool(parts.username) != bool(parts.password):
            raise ImproperlyConfigured(HOW)
        is_tls = parts.scheme == "smtps"
        usual = 465 if is_tls else 587 if parts.username else 25
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(parts.hostname, port or usual, user, password, is_tls)
