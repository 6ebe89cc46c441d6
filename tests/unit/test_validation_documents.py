"""The page of all checks."""

from __future__ import annotations

from datetime import datetime
from html.parser import HTMLParser

import duckdb
import pytest

from pipelines.validation.compare import Shift
from pipelines.validation.inspection import Checked, inspect
from pipelines.validation.own import Own
from pipelines.validation.page import checks_page
from pipelines.validation.rules import Rules


@pytest.fixture(scope="module")
def checked() -> Checked:
    connection = duckdb.connect()
    connection.execute("CREATE SCHEMA loaded")
    connection.execute(
        "CREATE TABLE loaded.flat AS FROM (VALUES ('A', 1, '<b>x'), ('B', 0, 'y'), ('B', 5, 'z')) "
        "AS rows(customer_id, churned, kind)"
    )
    own = [
        Own("expect_column_values_to_be_in_set", {"column": "kind", "value_set": ["y", "z"]}, "quarantine"),
        Own("expect_column_values_to_match_regex", {"column": "kind", "regex": "["}),
    ]
    rules = Rules(
        now=datetime(2026, 6, 1),
        earliest=datetime(1971, 1, 1),
        orphans="quarantine",
        quarantine_limit=1,
        shift=Shift(0.5, 0.1, 0.1),
        own={"flat": own},
    )
    return inspect(connection, "loaded", ["flat"], rules, {}, lambda text: None)


class Cells(HTMLParser):
    """Collects the text of each row of the tables, and what the page would load."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[str] = []
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append("")
        self.loaded += [value or "" for key, value in attrs if key in ("src", "href")]

    def handle_data(self, data: str) -> None:
        if self.rows:
            self.rows[-1] += data


def test_every_check_stands_on_the_page_with_its_outcome_and_rows(checked: Checked) -> None:
    page = Cells()
    page.feed(checks_page({"en": "Mine", "zh": "我的"}, checked))
    rows = {row.split("flat.")[1].split("expect_")[0].strip(): row for row in page.rows if "flat." in row}
    assert set(rows) == {finding.check.name.removeprefix("flat.") for finding in checked.findings}
    assert "✗ failed" in rows["churned.set"]
    assert "1 (33.3 %)" in rows["churned.set"]
    assert "✗ failed" in rows["kind.own_1"]
    assert "could not be run" in rows["kind.own_2"]
    assert "missing ]" in rows["kind.own_2"]
    assert "✓ passed" in rows["customer_id.missing"]
    assert "value_set: ['y', 'z']" in rows["kind.own_1"]


def test_the_page_opens_offline_and_escapes_values(checked: Checked) -> None:
    html = checks_page({"en": "Mine", "zh": "我的"}, checked)
    page = Cells()
    page.feed(html)
    assert page.loaded == ["data.html"]
    assert "http" not in html
    assert "<b>x" not in html
    assert "&lt;b&gt;x" in html
    assert "3 rows = 1 accepted + 2 set aside" in html
