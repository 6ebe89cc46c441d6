"""Take the pictures of pages from the newest run of the demo company: ``make docs``.

The pages are photographed by Chromium; without one the pictures stay as they are.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from pipelines.config import load_project
from pipelines.report.model_report import PAGE
from pipelines.review.page import FILE

HOME = Path(__file__).parent
BROWSERS = ("chromium", "google-chrome", "chromium-browser")
WIDTH, HEIGHT = 1120, 1000


def main() -> None:
    """Photograph the report on the newest model, and the newest monthly review, into ``docs/images``."""
    reports = load_project("demo").home / "reports"
    photograph(reports / PAGE, HOME / "images" / "report.png")
    reviews = sorted(reports.glob(FILE.format(month="????-??")))
    if reviews:
        photograph(reviews[-1], HOME / "images" / "review.png")


def photograph(page: Path, picture: Path) -> None:
    """Take the top of a page, light and in English."""
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        print(f"{picture.name} stays as it is: none of {', '.join(BROWSERS)} is installed", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory() as profile:
        switches = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars"]
        places = [f"--user-data-dir={profile}", f"--window-size={WIDTH},{HEIGHT}", f"--screenshot={picture}"]
        address = f"{page.resolve().as_uri()}#language=en&look=light"
        subprocess.run([browser, *switches, *places, address], check=True, capture_output=True)


if __name__ == "__main__":
    main()
