"""The dashboard of a folder, served on the loopback and opened in a browser, however busy the machine is."""

from __future__ import annotations

import os
import re
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from servers import LIMIT_S, reserved_port

from pipelines.dashboard.server import command

HOME = Path(__file__).parents[2]
DRAWN = """
() => {
  const app = document.querySelector('[data-testid=stApp]')?.dataset;
  return app?.testScriptState === 'notRunning' && app.testConnectionState === 'CONNECTED' &&
    document.querySelector('h1.answer, [data-testid=stForm], [data-testid=stAlert]') !== null &&
    document.querySelector('[data-testid=stSkeleton], [data-stale=true]') === null;
}
"""
# For an address below the root Streamlit first looks for its server there, which is answered by a 404. On a busy
# machine a font is used later than Chromium thinks good, and a server that is slow is asked once more.
EXPECTED = re.compile(
    r"Failed to load resource.*404|was preloaded using link preload but not used|Client Error: WebSocket|disconnected"
    r"|Heartbeat|ERR_CONNECTION|_stcore/(health|host-config)|Request .* timed out",
    re.IGNORECASE,
)


@contextmanager
def served(folder: Path, **settings: str) -> Iterator[str]:
    """Serve the mart of a folder and give the address."""
    with reserved_port() as port:
        environment = {**os.environ, "PYTHONPATH": str(HOME), "CHURNLAB__WORKSPACE": str(folder), **settings}
        with pytest.MonkeyPatch.context() as patch:
            for name, value in settings.items():
                patch.setenv(name, value)
            started = command(str(HOME / "conf" / "demo.yaml"), port)
        server = subprocess.Popen(
            started, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        address = f"http://127.0.0.1:{port}"
        try:
            _wait(server, f"{address}/_stcore/health")
            yield address
        finally:
            server.kill()
            server.wait()


def _wait(server: subprocess.Popen[bytes], address: str) -> None:
    until = time.monotonic() + LIMIT_S
    while time.monotonic() < until:
        assert server.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail("the server did not answer")


def eventually(found: Callable[[], Any], wanted: Any, what: object = "") -> None:
    """Hold what is found against what is wanted until it is that: a page that is there may still be drawing itself."""
    until = time.monotonic() + LIMIT_S / 5
    while (last := found()) != wanted and time.monotonic() < until:
        time.sleep(0.1)
    assert last == wanted, what


def settle(page: Any) -> None:
    """Wait until a page is drawn to its end; after a click wait for what it brings first: until then it is, too."""
    page.wait_for_function(DRAWN)


def answers(page: Any, said: str | re.Pattern[str]) -> None:
    """Wait until a page opens with what is said."""
    from playwright.sync_api import expect

    expect(page.locator("h1.answer")).to_contain_text(said, timeout=LIMIT_S * 1000)


@dataclass
class Pages:
    """Opens pages, and notes everything that goes wrong or goes out.

    Parameters
    ----------
    browser
        Playwright's.
    address
        Of the server, unless another is given.
    """

    browser: Any
    address: str
    _contexts: list[Any] = field(default_factory=list)

    def __call__(
        self, path: str, language: str = "en", look: str = "light", width: int = 1280, at: str = "", **more: Any
    ) -> tuple[Any, list[str]]:
        """Open a page and wait until it is drawn; what goes wrong is added to the list as it happens."""
        self.close()
        at, locale = at or self.address, "zh-CN" if language == "zh" else "en-US"
        size = {"width": width, "height": 900}
        context = self.browser.new_context(viewport=size, color_scheme=look, locale=locale, **more)
        self._contexts.append(context)
        context.set_default_timeout(LIMIT_S * 1000)
        page, trouble = context.new_page(), list[str]()
        _note(page, trouble, at)
        page.goto(f"{at}/{path}")
        settle(page)
        return page, trouble

    def close(self) -> None:
        """Close what is open: pages that nobody looks at keep the machine busy."""
        while self._contexts:
            self._contexts.pop().close()


def _note(page: Any, trouble: list[str], at: str) -> None:
    page.on("console", lambda message: _note_said(trouble, message))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("dialog", lambda dialog: (trouble.append(f"dialog {dialog.message}"), dialog.dismiss()))
    page.on("request", lambda request: None if _is_inside(request.url, at) else trouble.append(request.url))
    page.on("response", lambda response: _note_failed(trouble, response))


def _note_said(trouble: list[str], message: Any) -> None:
    if message.type in ("error", "warning") and not EXPECTED.search(message.text):
        trouble.append(message.text)


def _note_failed(trouble: list[str], response: Any) -> None:
    if response.status >= 400 and not re.search(r"/[a-z]+/_stcore/(health|host-config)$", response.url):
        trouble.append(f"{response.status} {response.url}")


def _is_inside(url: str, at: str) -> bool:
    return url.startswith((at, at.replace("http:", "ws:"), "data:", "blob:"))
