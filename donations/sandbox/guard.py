"""Who may do what when the sandbox listens to others than its own computer."""

from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

# Routes by which anyone can pay; all others have switches, tokens or the API, and ask nobody who he is.
OPEN = frozenset({"wallets", "payment-form", "thanks", "static"})
# A proxy on this computer says with one of these that it speaks for somebody else.
ON_BEHALF = ("Forwarded", "X-Forwarded-For")


class Guard:
    """Middleware: clients from elsewhere reach the open routes alone, and a page says so for the others (403)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if not is_outside(request) or (request.resolver_match and request.resolver_match.view_name in OPEN):
            return None
        return render(request, "sandbox/private.html", {"port": request.get_port()}, status=403)


def is_outside(request: HttpRequest) -> bool:
    """Whether the client is not on this computer's loopback."""
    address = ip_address(request.META["REMOTE_ADDR"])
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return not address.is_loopback or any(name in request.headers for name in ON_BEHALF)
