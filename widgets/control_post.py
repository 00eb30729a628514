"""Controls by a plain POST, for a Stream Deck or a script: the same actions as over a control room's socket.

The key travels in a header alone, so that no address and no log has it; no cookie is looked at.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, JsonResponse, QueryDict
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from donations.models import AccessKey
from donations.moderation import NotPossible
from donations.seal import new_public_id
from widgets.actions import NotAllowed, act
from widgets.languages import language_of
from widgets.orders import is_word

LONGEST_BODY = 16 * 1024
"""Bytes."""
HEADER = "X-Kopilka-Key"

SWITCHES = {"true": True, "1": True, "on": True, "false": False, "0": False, "off": False}


class NotReadable(Exception):
    """The body is neither a JSON object nor a form."""


@csrf_exempt
@never_cache
def do(request: HttpRequest) -> JsonResponse:
    """Do one thing; the fields are those of `protocol.PageDo`, `ref` may be left out.

    200 it is done, or was before; 400 it cannot be, `reason` says why; 403 the key opens nothing, or may not do this.
    """
    accepted = request.headers.get("Accept-Language", "")
    with translation.override(language_of(accepted, "en")):
        if request.method != "POST":
            return _answer(405, _("Send a POST."), Allow="POST")
        if int(request.META.get("CONTENT_LENGTH") or 0) > LONGEST_BODY or len(request.body) > LONGEST_BODY:
            return _answer(413, _("That is too long."))
        key = AccessKey.objects.opened_by(_secret(request)).filter(purpose=AccessKey.Purpose.CONTROL)
        opened = key.select_related("streamer").first()
        if opened is None:
            words = _(
                "This key opens nothing. Send the part of a control room’s link after # in the header %(header)s."
            )
            return _answer(403, words % {"header": HEADER})
        with translation.override(language_of(accepted, opened.streamer.language)):
            try:
                fields = _fields(request)
                act(opened, fields, _ref(fields))
            except NotReadable:
                return _answer(400, _("Send a form or a JSON object."))
            except NotAllowed as reason:
                return _answer(403, str(reason))
            except NotPossible as reason:
                return _answer(400, str(reason))
    return _answer(200)


def _answer(status: int, reason: str = "", **headers: str) -> JsonResponse:
    return JsonResponse({"ok": status == 200, "reason": reason}, status=status, headers=headers)


def _secret(request: HttpRequest) -> str:
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    return request.headers.get(HEADER, "") or (token.strip() if scheme.lower() == "bearer" else "")


def _ref(fields: Mapping[str, Any]) -> str:
    ref = fields.get("ref")
    if ref is None:
        return new_public_id()
    if not is_word(ref):
        raise NotPossible(_("“%(name)s” is missing or makes no sense.") % {"name": "ref"})
    return ref


def _fields(request: HttpRequest) -> Mapping[str, Any]:
    if request.content_type != "application/json":
        return _of_form(request.POST)
    try:
        fields = json.loads(request.body)
    except (ValueError, RecursionError):
        raise NotReadable from None
    if not isinstance(fields, dict):
        raise NotReadable
    return fields


def _of_form(form: QueryDict) -> dict[str, Any]:
    """A form knows texts alone: the switch, the numbers and the list of it. Only as JSON can a rule be sent."""
    fields: dict[str, Any] = form.dict()
    if "on" in fields:
        fields["on"] = SWITCHES.get(fields["on"].lower())
    if fields.get("seconds", "").isdecimal() and len(fields["seconds"]) < 9:
        fields["seconds"] = int(fields["seconds"])
    if "cues" in fields:
        fields["cues"] = form.getlist("cues")
    return fields
