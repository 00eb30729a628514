"""The control room's page. As with overlays, nothing in it depends on who asks, but for the language of the browser.

The key stays behind `#` and travels by the socket, and so does everything that is seen there.
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from config.build import build_version
from widgets.languages import language_of


@require_safe
@vary_on_headers("Accept-Language")
def control_room(request: HttpRequest) -> HttpResponse:
    """One page for a dock, a phone and a desktop. Rendered without the request: no cookie leaves a trace in it."""
    language = language_of(request.headers.get("Accept-Language", ""), settings.LANGUAGE_CODE)
    with translation.override(language):
        page = render_to_string("control/room.html", {"version": build_version()})
        told = {
            "Cache-Control": "no-cache",
            "Referrer-Policy": "no-referrer",
            "Content-Language": language,
        }
    return HttpResponse(page, headers=told)
