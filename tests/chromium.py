"""The machine's own Chromium."""

from __future__ import annotations

import shutil

# Chromium heeds the last list alone: what Playwright would keep off and a page might notice is here again.
DISABLED = [
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    # The address bar's own pages, in each window that nobody sees: half of the work of opening one.
    "AimEnabled",
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxPopup",
    "SpareRendererForSitePerProcess",
]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "Google Chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    f"--disable-features={','.join(DISABLED)}",
]
HOW_TO_GET_ONE = "no Chromium on this machine: apt install chromium, brew install --cask chromium, or the like"


def find_headless() -> str | None:
    """Chromium without windows, where Debian's package of it is installed, else as it is. It draws and runs pages the
    same way for two thirds of the work, and hides none."""
    return shutil.which("chromium-headless-shell") or find_chromium()


def find_chromium() -> str | None:
    """Where it is, if there is one."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)
