"""The dashboard in a real browser: every page, both languages and looks, wide and narrow, hostile names."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import marts
import pytest

from pipelines.dashboard.server import command

pytestmark = pytest.mark.browser

HOME = Path(__file__).parents[2]
WIDTHS = {"desktop": 1280, "phone": 390}
# Every pair of two of the three: width, language, look.
LOOKS = [("desktop", "en", "light"), ("desktop", "zh", "dark"), ("phone", "zh", "light"), ("phone", "en", "dark")]
ENGLISH = re.compile(r"[A-Za-z]{2,}")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
PAGES = [
    "",
    "risk",
    "customer?customer=C0000",
    "segments",
    "segments?by=rfm_class",
    "retention",
    "model",
    "actions",
    "actions?team=sales",
    "experiments",
]
OWN_WORDS = {"English", "中文"}


@pytest.fixture(scope="module")
def browser():
    """Chromium as the system has it, driven by Playwright."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    pytest.importorskip("streamlit", reason="Streamlit is not installed")
    program = os.environ.get("CHURNLAB_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("Chromium is not installed")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def served(folder: Path, **settings: str) -> Iterator[str]:
    """Serve the mart of a folder and give the address, until the test ends."""
    port = free_port()
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
        server.terminate()
        server.wait(120)


def _wait(server: subprocess.Popen[bytes], address: str) -> None:
    until = time.monotonic() + 300
    while time.monotonic() < until:
        assert server.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail("the server did not answer")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("workspace")
    marts.built(place)
    return place


@pytest.fixture(scope="module")
def address(folder, browser) -> Iterator[str]:
    yield from served(folder)


@pytest.fixture
def open_page(browser, address):
    """Open a page and note everything that goes wrong or goes out."""
    opened = []

    def opens(path: str, language: str = "en", look: str = "light", width: int = 1280, at: str = address, **more):
        locale = "zh-CN" if language == "zh" else "en-US"
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=look, locale=locale, **more
        )
        opened.append(context)
        page = context.new_page()
        trouble: list[str] = []
        # For an address below the root Streamlit first looks for its server there, which is answered by a 404.
        expected = re.compile(r"Failed to load resource.*404")
        page.on("console", lambda message: _note(trouble, message, expected))
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("dialog", lambda dialog: (trouble.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: None if _is_inside(request.url, at) else trouble.append(request.url))
        page.on("response", lambda response: _note_failed(trouble, response))
        page.goto(f"{at}/{path}")
        page.wait_for_selector("h1.answer, [data-testid=stForm], [data-testid=stAlert]", timeout=60_000)
        settle(page)
        return page, trouble

    yield opens
    for context in opened:
        context.close()


def _note(trouble: list[str], message, expected: re.Pattern[str]) -> None:
    if message.type in ("error", "warning") and not expected.search(message.text):
        trouble.append(message.text)


def _note_failed(trouble: list[str], response) -> None:
    if response.status >= 400 and not re.search(r"/[a-z]+/_stcore/(health|host-config)$", response.url):
        trouble.append(f"{response.status} {response.url}")


def _is_inside(url: str, at: str) -> bool:
    return url.startswith((at, at.replace("http:", "ws:"), "data:", "blob:"))


def settle(page) -> None:
    """Wait until Streamlit has run the page to its end."""
    page.wait_for_function(
        "document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'", timeout=60_000
    )


def seen(page) -> list[str]:
    """Texts that a reader sees and those read aloud, folded parts included."""
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    return page.evaluate("""
        () => {
          const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
          while (walker.nextNode()) {
            const box = walker.currentNode.parentElement;
            if (!box.closest('script, style, title, noscript, [data-testid=stIconMaterial]') &&
                box.getClientRects().length &&
                getComputedStyle(box).visibility === 'visible' && walker.currentNode.data.trim())
              found.push(walker.currentNode.data.trim());
          }
          document.querySelectorAll('main img[alt], section img[alt]').forEach(each => found.push(each.alt));
          return found;
        }
    """)


def is_of_data(text: str) -> bool:
    """Whether what is left without names, ids and commands, which are the same everywhere, holds no English word."""
    text = text.replace("\N{WORD JOINER}", "")
    known = [*marts.NAMES.values(), *marts.OWNERS, *OWN_WORDS, "churn_demo", "team", "UTC", "CRR", "NPS", "CSV", "RFM"]
    for word in known:
        text = text.replace(word, "")
    return not ENGLISH.search(re.sub(r"\bC\d{4}\b|\bFirm \d+|churnlab( -?[a-z]+)*", "", text))


@pytest.mark.parametrize(("width", "language", "look"), LOOKS)
def test_every_page_fits_speaks_one_language_and_asks_nobody(open_page, width, language, look) -> None:
    for path in PAGES:
        page, trouble = open_page(path, language, look, WIDTHS[width])
        texts = seen(page)
        assert trouble == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= WIDTHS[width], path
        assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= WIDTHS[width], path
        if language == "zh":
            assert [text for text in texts if not is_of_data(text)] == [], path
        else:
            assert [text for text in texts if CHINESE.search(text) and text != "中文"] == [], path
        assert page.evaluate("document.documentElement.lang") == ("zh-CN" if language == "zh" else "en")


@pytest.mark.parametrize("look", ["light", "dark"])
def test_words_stand_out_from_the_ground(open_page, look) -> None:
    """WCAG AA: 4.5 to 1 for every text of our own, on the ground that lies behind it."""
    for path in PAGES[:4]:
        page, _ = open_page(path, "en", look)
        poor = page.evaluate("""
            () => {
              const parts = text => text.match(/[\\d.]+/g).map(Number);
              const light = text => {
                const [r, g, b] = parts(text).slice(0, 3).map(part => part / 255)
                  .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
              };
              const behind = each => {
                for (let box = each; box; box = box.parentElement) {
                  const ground = getComputedStyle(box).backgroundColor;
                  if (!ground.startsWith('rgba') || parts(ground)[3] === 1) return ground;
                }
                return 'rgb(255, 255, 255)';
              };
              return [...document.querySelectorAll('.churn *')].filter(each => each.getClientRects().length &&
                [...each.childNodes].some(node => node.nodeType === 3 && node.data.trim())).map(each => {
                  const ink = light(getComputedStyle(each).color), ground = light(behind(each));
                  return [each.textContent.slice(0, 40), (Math.max(ink, ground) + .05) / (Math.min(ink, ground) + .05)];
                }).filter(([, ratio]) => ratio < 4.5);
            }
        """)
        assert poor == [], path


def test_pictures_are_drawn_and_told(open_page) -> None:
    page, _ = open_page("", "zh")
    drawn = page.evaluate(
        "[...document.querySelectorAll('img.drawing')].map(each => [each.naturalWidth > 0, each.alt])"
    )
    assert len(drawn) >= 2
    assert all(is_drawn and CHINESE.search(alternative) for is_drawn, alternative in drawn)


def test_every_control_has_a_name_and_the_keyboard_reaches_the_first_customer(open_page) -> None:
    page, _ = open_page("risk")
    nameless = page.evaluate("""
        () => [...document.querySelectorAll('main button, main input, main a, section input, section a')]
          .filter(each => each.getClientRects().length && !(each.ariaLabel || each.textContent.trim() ||
            each.labels?.length || each.title || each.getAttribute('aria-labelledby'))).map(each => each.outerHTML)
    """)
    assert nameless == []
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent || document.activeElement.ariaLabel || ''"))
        if page.evaluate("document.activeElement.getAttribute('href') || ''").count("customer="):
            break
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    page.wait_for_url("**/customer?customer=*")


def test_hostile_names_are_shown_as_they_are_and_do_nothing(open_page) -> None:
    for number, name in marts.NAMES.items():
        page, trouble = open_page(f"customer?customer=C{number:04d}")
        assert name in page.inner_text("h1.answer")
        assert trouble == []
        assert page.evaluate("document.querySelectorAll('.churn script, .churn a[href*=invalid]').length") == 0
    for text, name in {"%3Cscript%3E": marts.SCRIPT, "bold": marts.NAMES[3]}.items():
        page, trouble = open_page(f"risk?search={text}")
        page.wait_for_function(
            "name => [...document.querySelectorAll('[data-testid=stPageLink-NavLink]')]"
            ".some(each => each.textContent.replaceAll('\\u2060', '').trim() === name)",
            arg=name,
        )
        assert page.locator("a[href*=invalid]").count() == 0
    assert trouble == []


@pytest.mark.parametrize("text", ["'; DROP TABLE churn_latest; --", "' OR 1=1 --", "%"])
def test_hostile_searches_find_nobody(open_page, text) -> None:
    page, trouble = open_page("risk")
    page.get_by_label("Search by name or id").fill(text)
    page.keyboard.press("Enter")
    page.get_by_text("No customer fits").wait_for()
    assert trouble == []


def test_filters_page_and_language_keep_what_was_asked(open_page) -> None:
    page, trouble = open_page("risk?band=medium&owner=Bo")
    medium = [row for row in marts.scores(marts.NEWEST) if row.get("band") == "medium"]
    wanted = [row["customer_id"] for row in medium if int(row["customer_id"][1:]) % 3 == 1]
    assert page.inner_text("h1.answer").startswith(f"{len(wanted)} customers")
    page.get_by_text("中文").click()
    page.get_by_role("heading", name=f"共 {len(wanted)} 位客户").wait_for()
    page.locator("[data-testid=stMain] [data-testid=stPageLink-NavLink]").first.click()
    page.wait_for_url("**/customer?customer=*")
    page.get_by_role("heading", name="流失概率", level=1).wait_for()
    page.get_by_role("link", name="流失风险客户").click()
    page.get_by_role("heading", name=f"共 {len(wanted)} 位客户").wait_for()
    assert trouble == []


def test_the_list_comes_as_a_file(open_page) -> None:
    page, _ = open_page("risk?search=cmd&band=high&band=medium&band=low")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download this list").click()
    text = Path(waiting.value.path()).read_text(encoding="utf-8-sig")
    assert "'=cmd()" in text
    assert len(text.strip().splitlines()) == 2


class TestHeader:
    """A proxy says who looks."""

    @pytest.fixture(scope="class")
    @classmethod
    def at(cls, folder, browser):
        yield from served(
            folder,
            CHURNLAB__DASHBOARD__ACCESS="header",
            CHURNLAB__DASHBOARD__MANAGERS="[mei]",
            CHURNLAB__DASHBOARD__OWNERS="{bo.li: Bo}",
        )

    def test_nobody_is_let_in_without(self, open_page, at) -> None:
        page, _ = open_page("", at=at)
        assert "X-Forwarded-User" in page.inner_text("[data-testid=stAlert]")
        assert page.locator(".churn h1").count() == 0

    def test_an_owner_cannot_reach_another_ones_customer_by_the_address(self, open_page, at) -> None:
        as_bo = {"extra_http_headers": {"X-Forwarded-User": "bo.li"}}
        page, _ = open_page("customer?customer=C0000", at=at, **as_bo)
        assert "no scored customer" in page.inner_text("h1.answer")
        page, _ = open_page("customer?customer=C0001", at=at, **as_bo)
        assert marts.FORMULA in page.inner_text("h1.answer")
        page, _ = open_page("risk?search=C0000&owner=Ada", at=at, **as_bo)
        assert page.inner_text("h1.answer").startswith("0 customers")

    def test_a_manager_sees_everyone(self, open_page, at) -> None:
        page, _ = open_page("customer?customer=C0000", at=at, extra_http_headers={"X-Forwarded-User": "mei"})
        assert marts.SCRIPT in page.inner_text("h1.answer")


def test_a_password_is_asked_for_and_guessing_is_slowed(open_page, folder, browser) -> None:
    settings = {"CHURNLAB__DASHBOARD__ACCESS": "password", "CHURNLAB_DASHBOARD_PASSWORD": "correct horse"}
    for at in served(folder, **settings):
        page, _ = open_page("risk", at=at)
        assert page.locator(".churn h1").count() == 0
        page.get_by_label("Password", exact=True).fill("wrong")
        page.get_by_role("button", name="Enter").click()
        page.get_by_text("That is not the password").wait_for()
        page.get_by_label("Password", exact=True).fill("correct horse")
        page.get_by_role("button", name="Enter").click()
        answer, wait = page.locator("h1.answer"), page.get_by_text("Too many attempts")
        answer.or_(wait).wait_for()
        while not answer.count():  # A wrong password is answered by a wait of one second.
            page.get_by_role("button", name="Enter").click()
            settle(page)


def test_without_a_mart_it_says_what_to_do(open_page, tmp_path, browser) -> None:
    for at in served(tmp_path):
        page, trouble = open_page("", "zh", at=at)
        assert "churnlab run" in page.inner_text("[data-testid=stAlert]")
        assert trouble == []
