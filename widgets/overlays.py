"""The pages that OBS opens. Nothing in them depends on who asks: the key stays behind `#` and travels by the socket."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from config.build import build_version
from config.csp import OVERLAYS, content_security_policy
from widgets.models import Widget


@require_safe
@content_security_policy(OVERLAYS)
def overlay(request: HttpRequest, kind: str) -> HttpResponse:
    """The page of one kind of widget. Rendered without the request, so that no cookie can leave a trace in it."""
    if kind not in Widget.Kind.values:
        raise Http404
    page = render_to_string(f"overlays/{kind}.html", {"kind": kind, "version": build_version()})
    # The loader, a local file, asks for it to learn whether we are up. It is the same for everyone.
    shared = {"Access-Control-Allow-Origin": "*"}
    return HttpResponse(page, headers={"Cache-Control": "no-cache", "Referrer-Policy": "no-referrer", **shared})
