"""Error answers as QIWI's services gave them."""

import math
import secrets

from django.http import HttpResponse, JsonResponse
from django.utils import timezone

from donations.sandbox.qiwi_time import MOSCOW


def unauthorized() -> HttpResponse:
    """A bad, expired or retired token: 401 with nothing in it, not even JSON."""
    answer = HttpResponse(status=401)
    del answer["Content-Type"]
    return answer


def error(service: str, status: int, code: str, message: str) -> JsonResponse:
    """The common body; `code` is a dotted word, never a number."""
    now = timezone.now().astimezone(MOSCOW)
    body = {
        "serviceName": service,
        "errorCode": code,
        "userMessage": message,
        "dateTime": now.isoformat(timespec="milliseconds"),
        "traceId": secrets.token_hex(8),
    }
    return JsonResponse(body, status=status, json_dumps_params={"ensure_ascii": False})


def forbidden(service: str) -> JsonResponse:
    """The token lacks the scope, or the wallet is not its own."""
    return error(service, 403, "auth.forbidden", "Access denied")


def blocked(service: str) -> JsonResponse:
    """Too many history calls."""
    return error(service, 423, "request.blocked", "request blocked, try again later")


def too_many(service: str, retry_after: float | None) -> JsonResponse:
    """As other services of wallets say it; QIWI's own documents know no 429."""
    answer = error(service, 429, "too.many.requests", "too many requests")
    if retry_after is not None:
        answer.headers["Retry-After"] = str(math.ceil(retry_after))
    return answer


def internal(service: str) -> JsonResponse:
    """The service has a bad day."""
    return error(service, 500, "internal.error", "Internal error")


def invalid(service: str, message: str) -> JsonResponse:
    """A parameter breaks a rule of the documentation."""
    return error(service, 400, "validation.error", message)


def not_found(service: str, what: str, message: str) -> JsonResponse:
    """`what` is the first part of the code: `payment.not.found`."""
    return error(service, 404, f"{what}.not.found", message)


def sinap(status: int, code: int, message: str) -> JsonResponse:
    """Payments have a body of their own with a number from the list of payment errors."""
    body = {"code": f"QWPRC-{code}", "message": message}
    return JsonResponse(body, status=status, json_dumps_params={"ensure_ascii": False})
