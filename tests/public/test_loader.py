"""The local file for OBS, in real Chromium: it waits for a server that is down, then goes to the overlay."""

from __future__ import annotations

import http.server
import threading

import pytest
from django.template.loader import render_to_string

from tests.conftest import free_port

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("panel-browser")]


class Overlay(http.server.BaseHTTPRequestHandler):
    """Answers as a server that is starting up behind a proxy, and then as ours."""

    answers = [502, 200]

    def do_GET(self) -> None:
        self.send_response(self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<title>overlay</title>")

    def log_message(self, *_words: object) -> None:
        pass


def test_the_loader_waits_until_the_server_is_up_and_then_opens_the_overlay(chromium, tmp_path):
    port = free_port()
    link = f"http://127.0.0.1:{port}/o/alert/#a-secret"
    file = tmp_path / "kopilka.html"
    file.write_text(render_to_string("overlays/loader.html", {"link": link, "page": link.partition("#")[0]}))
    page = chromium.new_page()
    with page.expect_event("requestfailed"):
        page.goto(file.as_uri())
    assert page.url == file.as_uri()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgba(0, 0, 0, 0)"
    assert page.inner_text("body") == ""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Overlay)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page.wait_for_url(link)
    assert page.title() == "overlay"
    assert Overlay.answers == [200], "an answer that is no page was waited out"
    server.shutdown()
    page.close()
