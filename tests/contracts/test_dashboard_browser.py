"""The dashboard in a real browser: every page, both languages and looks, wide and narrow, hostile names."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import marts
import pytest
from dashboard_pages import Pages, answers, eventually, served, settle

pytestmark = pytest.mark.browser

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
BOXES = ["document.documentElement", "document.querySelector('[data-testid=stMain]')"]
# Texts of our own, and by how much they stand out from the ground that lies behind them, where that is too little.
POOR = """
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
"""
DRAWINGS = """
() => {
  const all = [...document.querySelectorAll('img.drawing')];
  return all.length >= 2 && all.every(each => each.naturalWidth);
}
"""
NAMELESS = """
() => [...document.querySelectorAll('main button, main input, main a, section input, section a')]
  .filter(each => each.getClientRects().length && !(each.ariaLabel || each.textContent.trim() ||
    each.labels?.length || each.title || each.getAttribute('aria-labelledby'))).map(each => each.outerHTML)
"""
# A wrong password is answered by a wait, so that a right one may have to be given again; what is there is looked at and
# pressed in one go, so that nothing can change between.
LET_IN = """
() => {
  if (document.querySelector('h1.answer')) return true;
  if (document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning')
    document.querySelector('[data-testid=stFormSubmitButton] button')?.click();
  return false;
}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("workspace")
    marts.built(place)
    return place


@pytest.fixture(scope="module")
def address(folder, browser) -> Iterator[str]:
    pytest.importorskip("streamlit", reason="Streamlit is not installed")
    with served(folder) as address:
        yield address


@pytest.fixture
def open_page(browser, address) -> Iterator[Pages]:
    """Open a page and note everything that goes wrong or goes out."""
    pages = Pages(browser, address)
    yield pages
    pages.close()


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


def foreign(texts: list[str], language: str) -> list[str]:
    """Texts that are not in the language of the page."""
    if language == "zh":
        return [text for text in texts if not is_of_data(text)]
    return [text for text in texts if CHINESE.search(text) and text != "中文"]


def faults(page, width: int, language: str) -> list[str]:
    """What does not fit, is not in the language, or does not say which it is."""
    found = [box for box in BOXES if page.evaluate(f"{box}.scrollWidth") > width]
    said = page.evaluate("document.documentElement.lang")
    return [*found, *foreign(seen(page), language), *({said} - {"zh-CN" if language == "zh" else "en"})]


@pytest.mark.parametrize(("width", "language", "look"), LOOKS)
def test_every_page_fits_speaks_one_language_and_asks_nobody(open_page, width, language, look) -> None:
    for path in PAGES:
        page, trouble = open_page(path, language, look, WIDTHS[width])
        eventually(partial(faults, page, WIDTHS[width], language), [], path)
        assert trouble == [], path


@pytest.mark.parametrize("look", ["light", "dark"])
def test_words_stand_out_from_the_ground(open_page, look) -> None:
    """WCAG AA: 4.5 to 1 for every text of our own, on the ground that lies behind it."""
    for path in PAGES[:4]:
        page, _ = open_page(path, "en", look)
        eventually(partial(page.evaluate, POOR), [], path)


def test_pictures_are_drawn_and_told(open_page) -> None:
    page, _ = open_page("", "zh")
    page.wait_for_function(DRAWINGS)
    told = page.eval_on_selector_all("img.drawing", "drawings => drawings.map(each => each.alt)")
    assert all(CHINESE.search(alternative) for alternative in told)


def test_every_control_has_a_name_and_the_keyboard_reaches_the_first_customer(open_page) -> None:
    page, _ = open_page("risk")
    eventually(partial(page.evaluate, NAMELESS), [])
    eventually(partial(reaches_a_customer, page), True)
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    page.wait_for_url("**/customer?customer=*")


def reaches_a_customer(page) -> bool:
    """Whether 40 more tabs lead to a link to a customer."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.getAttribute('href') || ''").count("customer="):
            return True
    return False


def test_hostile_names_are_shown_as_they_are_and_do_nothing(open_page) -> None:
    for number, name in marts.NAMES.items():
        page, trouble = open_page(f"customer?customer=C{number:04d}")
        answers(page, name)
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
    search = page.get_by_label("Search by name or id")
    search.fill(text)
    search.press("Enter")
    page.get_by_text("No customer fits").wait_for()
    assert trouble == []


def test_filters_page_and_language_keep_what_was_asked(open_page) -> None:
    page, trouble = open_page("risk?band=medium&owner=Bo")
    medium = [row for row in marts.scores(marts.NEWEST) if row.get("band") == "medium"]
    wanted = [row["customer_id"] for row in medium if int(row["customer_id"][1:]) % 3 == 1]
    answers(page, re.compile(f"^{len(wanted)} customers"))
    page.get_by_text("中文").click()
    answers(page, f"共 {len(wanted)} 位客户")
    settle(page)
    page.locator("[data-testid=stMain] [data-testid=stPageLink-NavLink]").first.click()
    page.wait_for_url("**/customer?customer=*")
    answers(page, "流失概率")
    settle(page)
    page.get_by_role("link", name="流失风险客户").click()
    answers(page, f"共 {len(wanted)} 位客户")
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
        with served(
            folder,
            CHURNLAB__DASHBOARD__ACCESS="header",
            CHURNLAB__DASHBOARD__MANAGERS="[mei]",
            CHURNLAB__DASHBOARD__OWNERS="{bo.li: Bo}",
        ) as at:
            yield at

    def test_nobody_is_let_in_without(self, open_page, at) -> None:
        page, _ = open_page("", at=at)
        page.locator("[data-testid=stAlert]", has_text="X-Forwarded-User").wait_for()
        assert page.locator(".churn h1").count() == 0

    def test_an_owner_cannot_reach_another_ones_customer_by_the_address(self, open_page, at) -> None:
        as_bo = {"extra_http_headers": {"X-Forwarded-User": "bo.li"}}
        page, _ = open_page("customer?customer=C0000", at=at, **as_bo)
        answers(page, "no scored customer")
        page, _ = open_page("customer?customer=C0001", at=at, **as_bo)
        answers(page, marts.FORMULA)
        page, _ = open_page("risk?search=C0000&owner=Ada", at=at, **as_bo)
        answers(page, re.compile("^0 customers"))

    def test_a_manager_sees_everyone(self, open_page, at) -> None:
        page, _ = open_page("customer?customer=C0000", at=at, extra_http_headers={"X-Forwarded-User": "mei"})
        answers(page, marts.SCRIPT)


def test_a_password_is_asked_for_and_guessing_is_slowed(open_page, folder, browser) -> None:
    settings = {"CHURNLAB__DASHBOARD__ACCESS": "password", "CHURNLAB_DASHBOARD_PASSWORD": "correct horse"}
    with served(folder, **settings) as at:
        page, _ = open_page("risk", at=at)
        assert page.locator(".churn h1").count() == 0
        asked = time.monotonic()
        page.get_by_label("Password", exact=True).fill("wrong")
        page.get_by_role("button", name="Enter").click()
        page.get_by_text("That is not the password").wait_for()
        page.get_by_label("Password", exact=True).fill("correct horse")
        page.wait_for_function(LET_IN, polling=200)
        assert time.monotonic() - asked >= 1


def test_without_a_mart_it_says_what_to_do(open_page, tmp_path, browser) -> None:
    with served(tmp_path) as at:
        page, trouble = open_page("", "zh", at=at)
        page.locator("[data-testid=stAlert]", has_text="churnlab run").wait_for()
        assert trouble == []
