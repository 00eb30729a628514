"""Which build of the pages this is. An overlay that finds another one reloads itself when idle."""

from __future__ import annotations

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest


def build_version() -> str:
    """The product's version and, where static files are hashed, the hash of their manifest: `0.1.0-5f3c9a`."""
    manifest = getattr(staticfiles_storage, "manifest_hash", "")
    return f"{settings.VERSION}-{manifest}" if manifest else settings.VERSION


def build(request: HttpRequest) -> dict[str, str]:
    """Template context: `build_version`."""
    return {"build_version": build_version()}
