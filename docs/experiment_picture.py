"""Take the picture of MLflow's page that compares the champion's trials: ``python docs/experiment_picture.py``.

Needs Playwright (the group ``browser``) and Chromium; without them the picture stays as it is. ``churnlab ui`` serves
the page meanwhile, and ends with this program.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from pipelines.config import load_project
from pipelines.experiment import SEARCHED
from pipelines.registry import CHAMPION, version_of
from pipelines.tracking import MODEL_TRAINING, Tracking, model_name

PICTURE = Path(__file__).parent / "images" / "experiments.png"
BROWSERS = ("chromium", "google-chrome", "chromium-browser")
PORT = 5099
PATIENCE_S = 240
SIZE = {"width": 1240, "height": 620}


def main() -> None:
    """Serve the runs of the demo company, and photograph the comparison."""
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None or find_spec("playwright") is None:
        print(f"{PICTURE.name} stays as it is: Playwright or Chromium is not installed", file=sys.stderr)
        return
    page = comparison()
    server = subprocess.Popen([sys.executable, "-m", "pipelines", "ui", "--port", str(PORT)])
    try:
        wait_for(f"http://127.0.0.1:{PORT}/health")
        photograph(f"http://127.0.0.1:{PORT}/{page}", browser)
    finally:
        server.terminate()
        server.wait()


def comparison() -> str:
    """Part of the address that compares the trials of the search in the champion's run."""
    project = load_project("demo")
    tracking = Tracking(project)
    champion = version_of(tracking, model_name(project), CHAMPION)
    if champion is None:
        raise SystemExit("The demo company has no champion yet: churnlab run")
    mlflow = tracking.mlflow()
    experiment = mlflow.get_run(champion.run_id).info.experiment_id
    below = "tags.mlflow.parentRunId = '{}'"
    families = mlflow.search_runs([experiment], f"{below.format(champion.run_id)} and tags.family = '{SEARCHED}'")
    trials = mlflow.search_runs([experiment], below.format(families["run_id"].iloc[0]))
    runs = quote(json.dumps(sorted(trials["run_id"])))
    return f"#/compare-runs?runs={runs}&experiments={quote(json.dumps([experiment]))}&{MODEL_TRAINING}"


def wait_for(address: str) -> None:
    """Wait until the server answers."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except (urllib.error.URLError, OSError):
            time.sleep(1)
        else:
            return
    raise SystemExit(f"MLflow did not answer within {PATIENCE_S} s")


def photograph(address: str, browser: str) -> None:
    """Wait for the plot, and take the page without the assistant beside it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        opened = started.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = opened.new_page(viewport=SIZE)
        page.goto(address, timeout=PATIENCE_S * 1000)
        plot = page.locator(".js-plotly-plot .parcoords").first
        plot.wait_for(timeout=PATIENCE_S * 1000)
        assistant = page.locator("[aria-label='Close']").last
        if assistant.count():
            assistant.click()
            page.reload(timeout=PATIENCE_S * 1000)  # the plot keeps the width that it was first drawn with
            plot.wait_for(timeout=PATIENCE_S * 1000)
        page.screenshot(path=PICTURE)
        opened.close()


if __name__ == "__main__":
    main()
