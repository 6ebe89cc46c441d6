"""What several of these tests need: a browser, and the servers that the environment names, else some of our own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers import LIMIT_S, mariadb_server, postgres_server


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Address of a PostgreSQL server, as one who may do everything there."""
    if url := os.environ.get("CHURNLAB_TEST_POSTGRES"):
        yield url
        return
    with postgres_server() as server:
        yield server.url


@pytest.fixture(scope="session")
def mysql_url() -> Iterator[str]:
    """Address of a MySQL or MariaDB server, as one who may do everything there."""
    if url := os.environ.get("CHURNLAB_TEST_MYSQL"):
        yield url
        return
    with mariadb_server() as url:
        yield url


@pytest.fixture(scope="module")
def browser():
    """Chromium as the system has it, driven by Playwright."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    program = os.environ.get("CHURNLAB_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("Chromium is not installed")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=program, args=["--no-sandbox"], timeout=LIMIT_S * 1000)
        yield browser
        browser.close()


@pytest.fixture
def open_offline(browser):
    """Open a page of a file and note everything that goes wrong or goes out."""
    opened = []

    def opens(file: Path, width: int, language: str, look: str):
        context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=look, offline=True)
        context.set_default_timeout(LIMIT_S * 1000)
        page = context.new_page()
        trouble = []
        page.on("console", lambda message: trouble.append(message.text))
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("request", lambda request: None if request.url.startswith("file:") else trouble.append(request.url))
        page.goto(f"{file.as_uri()}#language={language}")
        opened.append(context)
        return page, trouble

    yield opens
    for context in opened:
        context.close()
