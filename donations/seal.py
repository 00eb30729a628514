"""Secrets at rest: sealed with `MultiFernet`, looked up by a keyed digest, hashed with the pepper.

`KOPILKA_SECRET_KEYS` is a list: the first key encrypts, all decrypt. `manage.py reseal` re-encrypts with the first.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

ID_ALPHABET = b"abcdefghjkmnpqrstuvwxyz23456789"
_FAIR = len(ID_ALPHABET) * (256 // len(ID_ALPHABET))
_LETTERS = bytes(ID_ALPHABET[byte % len(ID_ALPHABET)] for byte in range(256))
_UNFAIR = bytes(range(_FAIR, 256))


class CannotUnseal(Exception):
    """None of the keys opens this: it was sealed with a key that is no longer in `KOPILKA_SECRET_KEYS`."""


def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.SECRET_KEYS])


def seal(secret: str) -> str:
    """Encrypt with the first key. The answer is text of about 100 characters and more."""
    return _fernet().encrypt(secret.encode()).decode()


def unseal(sealed: str) -> str:
    """The secret again; `CannotUnseal` when no key fits."""
    try:
        return _fernet().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise CannotUnseal from None


def reseal(sealed: str) -> str:
    """The same secret under the first key; `CannotUnseal` when no key fits."""
    try:
        return _fernet().rotate(sealed.encode()).decode()
    except InvalidToken:
        raise CannotUnseal from None


def peppered(purpose: str, value: str) -> str:
    """A keyed digest of 64 hex digits that cannot be guessed back without the pepper."""
    return hmac.digest(settings.PEPPER.encode(), f"{purpose}\0{value}".encode(), hashlib.sha256).hex()


def new_public_id() -> str:
    """A random id of 12 letters and digits (59 bits) without look-alikes."""
    # Bytes that would make some letters likelier are left out; of 32 never so many that 12 do not remain.
    return secrets.token_bytes(32).translate(_LETTERS, _UNFAIR)[:12].decode()


def new_secret() -> str:
    """A random link secret of 32 URL-safe characters (192 bits)."""
    return secrets.token_urlsafe(24)
