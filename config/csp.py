"""Content-Security-Policy for every page, in the shape of Django 6's `SECURE_CSP`, until this project is there.

Overlays differ by one word: OBS injects its Custom CSS box as an inline style.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps

from django.http import HttpRequest, HttpResponseBase

Policy = Mapping[str, Sequence[str]]
View = Callable[..., HttpResponseBase]

PAGES: Policy = {
    "default-src": ["'self'"],
    "img-src": ["'self'", "data:"],
    "connect-src": ["'self'"],
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'self'"],
}
OVERLAYS: Policy = {**PAGES, "style-src": ["'self'", "'unsafe-inline'"]}


def header(policy: Policy) -> str:
    """The header's value: `default-src 'self'; img-src 'self' data:`."""
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in policy.items())


def content_security_policy(policy: Policy) -> Callable[[View], View]:
    """Decorate a view whose pages need another policy than `PAGES`."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: object, **kwargs: object) -> HttpResponseBase:
            response = view(*args, **kwargs)
            response["Content-Security-Policy"] = header(policy)
            return response

        return guarded

    return decorate


class ContentSecurityPolicyMiddleware:
    """Puts `PAGES` on every response that does not carry a policy of its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.setdefault("Content-Security-Policy", header(PAGES))
        return response
