"""What is given and shown on Anya's stream, for the tests that bring it to a real browser."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.browser.overlay import IN_OBS, OBS, Overlay
from tests.conftest import ROOT
from tests.processes.observed import surroundings
from tests.widgets.conftest import data_folder, give, key_of
from tests.widgets.web import Web

__all__ = ["data_folder", "give"]


@pytest.fixture(scope="module")
def web_of_the_module(data_folder: Path) -> Iterator[Web]:
    collect = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity=0"]
    subprocess.run(collect, cwd=ROOT, env=surroundings(KOPILKA_DATA=str(data_folder)), check=True)
    web = Web(data_folder)
    yield web
    web.stop()


@pytest.fixture
def web(web_of_the_module: Web, transactional_db: None) -> Web:
    """The real web process, with what pages load; the same for all tests of a file, each with rows of its own."""
    return web_of_the_module


@pytest.fixture
def link_of(web: Web) -> Callable[[Any], str]:
    """The address of a widget on the real web process, with its newest key."""
    return lambda widget: f"http://127.0.0.1:{web.port}/o/{widget.kind}/#{key_of(widget)}"


@pytest.fixture
def open_overlay(link_of: Callable[[Any], str], chromium: Browser) -> Iterator[Callable[..., Overlay]]:
    """Opens pages of widgets, as OBS does; `before` runs in the page before its own scripts."""
    contexts: list[BrowserContext] = []

    def open_page(widget: Any, before: str = "") -> Overlay:
        user_agent = IN_OBS if OBS in before else None
        context = chromium.new_context(viewport={"width": 800, "height": 600}, user_agent=user_agent)
        contexts.append(context)
        return Overlay.open(context.new_page(), link_of(widget), before)

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def box(wallet: Any) -> Callable[..., Any]:
    """Makes an alert box that is heard."""
    from widgets.screen import make_widget

    def make(milliseconds: int = 1_000, **options: object) -> Any:
        heard = {"sound": True, "duration_ms": milliseconds, "gap_ms": 0}
        return make_widget(wallet.streamer, "alert", "Alerts", options={**heard, **options})

    return make
