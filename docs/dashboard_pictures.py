"""Photograph the dashboard on the demo company's newest scores: called by ``make docs``.

It takes Playwright (group `browser`) and Chromium; without them the pictures stay as they are.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

from pipelines.config import load_project
from pipelines.dashboard.access import Viewer
from pipelines.dashboard.filters import Filters
from pipelines.dashboard.queries import listed
from pipelines.dashboard.server import command
from pipelines.dashboard.store import opened

IMAGES = Path(__file__).parent / "images"
BROWSERS = ("chromium", "google-chrome", "chromium-browser")
# Name of the picture, page, language, look, width, height.
PICTURES = (
    ("dashboard.png", "", "en", "light", 1280, 960),
    ("dashboard-risk.png", "risk", "zh", "light", 1280, 900),
    ("dashboard-customer.png", "customer?customer={riskiest}", "zh", "light", 1280, 1150),
    ("dashboard-actions.png", "actions", "zh", "light", 1280, 1100),
    ("dashboard-experiments.png", "experiments", "en", "dark", 1280, 900),
    ("dashboard-phone.png", "", "zh", "dark", 390, 844),
)


def main() -> None:
    """Photograph the pages into ``docs/images``."""
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None or importlib.util.find_spec("playwright") is None:
        print(
            "The pictures of the dashboard stay as they are: Chromium or Playwright is not installed", file=sys.stderr
        )
        return
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = int(found.getsockname()[1])
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    server = subprocess.Popen(command("demo", port), env=environment, stdout=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(f"{address}/_stcore/health")
        photograph(browser, address)
    finally:
        server.terminate()
        server.wait()


def photograph(program: str, address: str) -> None:
    """Take every picture."""
    from playwright.sync_api import sync_playwright

    riskiest = _riskiest()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for name, path, language, look, width, height in PICTURES:
            locale = "zh-CN" if language == "zh" else "en-US"
            size: Any = {"width": width, "height": height}
            context = browser.new_context(viewport=size, color_scheme=look, locale=locale, device_scale_factor=1)
            page = context.new_page()
            page.goto(f"{address}/{path.format(riskiest=riskiest)}")
            page.wait_for_selector("h1.answer", timeout=120_000)
            page.wait_for_load_state("networkidle")
            page.wait_for_function("!document.querySelector('[data-testid=stSkeleton]')")
            page.screenshot(path=IMAGES / name)
            context.close()
        browser.close()


def _riskiest() -> str:
    """Give the id of the customer most likely to leave."""
    with opened(load_project("demo").home, Viewer()) as mart:
        found: str = listed(mart, Filters(), 1, 1)[0]["customer_id"]
        return found


def _wait_for(address: str) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except OSError:
            continue
        return
    raise SystemExit("The dashboard did not answer.")


if __name__ == "__main__":
    main()
