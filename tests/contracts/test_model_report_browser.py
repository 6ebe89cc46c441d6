"""The report in a real browser: wide and narrow, both languages, both looks, by keyboard, without a network."""

from __future__ import annotations

import re

import pytest
from judgements import judged
from pages import seen

from pipelines.report.model_report import write_report

pytestmark = pytest.mark.browser

WIDTHS = {"desktop": 1280, "phone": 390}
ENGLISH = re.compile(r"[A-Za-z]{3,} [a-z]{2,} [a-z]{2,}")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        found = judged(patch, '<b>x</b> & "y" of a very long name indeed')
    return write_report(found, tmp_path_factory.mktemp("report"))[0]


@pytest.fixture
def open_page(open_offline, report):
    return lambda width, language, look: open_offline(report, width, language, look)


@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
def test_the_page_fits_and_asks_for_nothing(open_page, width, language, look):
    page, trouble = open_page(width, language, look)
    texts = seen(page)
    assert trouble == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    other = CHINESE if language == "en" else ENGLISH
    own_words = ("中文", "of a very long name")
    assert [text for text in texts if other.search(text) and not any(word in text for word in own_words)] == []
    assert len(texts) > 150


@pytest.mark.parametrize("look", ["light", "dark"])
def test_words_stand_out_from_the_ground(open_page, look):
    """WCAG AA: 4.5 to 1 for every text of the page."""
    page, _ = open_page(1280, "en", look)
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    poor = page.evaluate("""
        () => {
          const light = text => {
            const parts = text.match(/[\\d.]+/g).map(Number).slice(0, 3).map(part => part / 255)
              .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
            return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
          };
          const ground = light(getComputedStyle(document.body).backgroundColor);
          return [...document.querySelectorAll('body *')].filter(each => each.getClientRects().length &&
            [...each.childNodes].some(node => node.nodeType === 3 && node.data.trim())).map(each => {
              const style = getComputedStyle(each), ink = light(each instanceof SVGElement ? style.fill : style.color);
              const ratio = (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
              return [each.textContent.slice(0, 40), ratio];
            }).filter(([, ratio]) => ratio < 4.5);
        }
    """)
    assert poor == []


def test_the_keyboard_reaches_skip_link_and_switches(open_page):
    page, trouble = open_page(1280, "en", "light")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Tab")
    assert "skip" in page.evaluate("document.activeElement.className")
    assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "language"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    assert CHINESE.search(page.title())
    page.keyboard.press("Tab")
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.keyboard.press("Space")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before
    assert trouble == []


def test_contents_lead_to_their_sections(open_page):
    page, _ = open_page(390, "en", "light")
    page.click("ul.contents a[href='#gates']")
    place = "document.getElementById('gates').getBoundingClientRect().top"
    page.wait_for_function(f"0 <= {place} && {place} < 800")


def test_print_hides_the_switches_and_opens_what_is_folded(open_page):
    page, _ = open_page(1280, "en", "dark")
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert not page.is_visible("#language")
    assert page.evaluate("[...document.querySelectorAll('details')].every(each => each.open)")
    assert page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--ground').trim()") == "#fff"
