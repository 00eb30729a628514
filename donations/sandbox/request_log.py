import logging
import traceback
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

log = logging.getLogger("sandbox")


class RequestLog:
    """Middleware: a line per request with `-v`, and where an exception came from; never a path, token or number."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        log.info("%s %s %s", request.method, route(request), response.status_code)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> None:
        # The message of an exception may quote a value, so only its type and the code lines are told.
        frames = "".join(traceback.format_tb(error.__traceback__))
        log.error("%s %s failed: %s\n%s", request.method, route(request), type(error).__name__, frames)


def route(request: HttpRequest) -> str:
    """The name of the matched route, or `-`."""
    return (request.resolver_match and request.resolver_match.view_name) or "-"
