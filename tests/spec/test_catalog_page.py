"""The page of all signals says what the declarations say."""

from features.catalog_page import PAGE, catalog_page


def test_the_page_is_current():
    assert PAGE.read_text(encoding="utf-8") == catalog_page(), "run: make docs"
