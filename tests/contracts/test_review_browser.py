"""The review in a real browser: wide and narrow, both languages, both looks, on paper, without a network."""

from __future__ import annotations

import re
from datetime import date

import pytest
from pages import seen
from reviews import SCRIPT, reviewed

from pipelines.review.month import Month
from pipelines.review.page import read, write

pytestmark = pytest.mark.browser

ENGLISH = re.compile(r"[A-Za-z]{3,} [a-z]{2,} [a-z]{2,}")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def review(tmp_path_factory):
    project = reviewed(tmp_path_factory.mktemp("review"))
    return write(read(project, Month(date(2026, 10, 1), "UTC")))


@pytest.mark.parametrize(
    ("width", "language", "look"),
    [(1280, "en", "light"), (1280, "zh", "dark"), (390, "zh", "light"), (390, "en", "dark")],
)
def test_the_page_fits_and_asks_for_nothing(open_offline, review, width, language, look):
    page, trouble = open_offline(review, width, language, look)
    texts = seen(page)
    assert trouble == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    other = CHINESE if language == "en" else ENGLISH
    assert [text for text in texts if other.search(text) and text != "中文" and "churnlab" not in text] == []
    assert any(SCRIPT in text for text in texts)
    assert len(texts) > 150


def test_no_text_of_a_drawing_leaves_it(open_offline, review):
    page, _ = open_offline(review, 1280, "en", "light")
    outside = page.evaluate("""
        () => [...document.querySelectorAll('svg text')].filter(each => each.getClientRects().length).filter(each => {
          const text = each.getBoundingClientRect(), whole = each.closest('figure').getBoundingClientRect();
          return text.right > whole.right + 20 || text.left < whole.left - 20;
        }).map(each => each.textContent)
    """)
    assert outside == []


def test_on_paper_it_is_a_table_and_has_few_pages(open_offline, review, tmp_path):
    page, _ = open_offline(review, 1280, "en", "dark")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.querySelector('thead')).display") == "table-header-group"
    page.pdf(path=tmp_path / "review.pdf", format="A4", prefer_css_page_size=True)
    assert 2 <= len(re.findall(rb"/Type /Page\b", (tmp_path / "review.pdf").read_bytes())) <= 9
