"""Makes the README's picture from the real thing: `uv run python -m tests.make_picture`.

Starts the demo, opens the stage as its link says, gives a few donations, and films it into docs/stage.webp.
"""

from __future__ import annotations

import io
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.browser.demo import Demo
from tests.chromium import ARGUMENTS, HOW_TO_GET_ONE, find_chromium

PICTURE = Path(__file__).resolve().parent.parent / "docs" / "stage.webp"
SIZE = {"width": 1280, "height": 800}
WIDTH = 860
FRAMES = 56
LARGEST = 2_000_000
GIFTS = ((500_00, "Это лучший стрим недели 🐷"), (100_00, "привет из Одессы!"))


def film(page: Page, frames: int) -> tuple[list[Image.Image], list[int]]:
    """Pictures as fast as they come, and for how long each stood (milliseconds)."""
    pictures, lengths = [], []
    for _ in range(frames):
        begun = time.monotonic()
        shot = Image.open(io.BytesIO(page.screenshot(type="jpeg", quality=92))).convert("RGB")
        pictures.append(shot.resize((WIDTH, WIDTH * SIZE["height"] // SIZE["width"]), Image.Resampling.LANCZOS))
        lengths.append(round((time.monotonic() - begun) * 1000))
    return pictures, lengths


def save(pictures: list[Image.Image], lengths: list[int]) -> None:
    """As an animated WebP, at the best quality that stays under 2 MB."""
    for quality in (70, 55, 40, 28, 18):
        pictures[0].save(
            PICTURE, save_all=True, append_images=pictures[1:], duration=lengths, loop=0, quality=quality, method=6
        )
        if PICTURE.stat().st_size < LARGEST:
            sys.stdout.write(f"{PICTURE.name}: {PICTURE.stat().st_size // 1000} kB, quality {quality}\n")
            return
    raise SystemExit("it does not fit into 2 MB: film fewer frames")


def main() -> None:
    path = find_chromium()
    if path is None:
        raise SystemExit(HOW_TO_GET_ONE)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        demo = Demo(Path(folder) / "data")
        try:
            browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
            page = browser.new_page(viewport=SIZE, locale="en")
            page.goto(demo.link)
            page.wait_for_url("**/stage/")
            page.wait_for_load_state("networkidle")
            for amount, words in GIFTS:
                demo.pay(amount, words)
            page.frame_locator("iframe[src*='/o/alert/']").locator("[data-alert]").wait_for(timeout=30_000)
            pictures, lengths = film(page, FRAMES)
        finally:
            demo.stop()
    PICTURE.parent.mkdir(exist_ok=True)
    save(pictures, lengths)


if __name__ == "__main__":
    main()
