"""The user's own expectations, severities, and the release of rows from quarantine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.config import load_project
from pipelines.errors import ConfigError, DataError
from pipelines.validation.check import Check
from pipelines.validation.own import Own, own_checks
from pipelines.validation.quarantine import list_held, mark_of_released, release_rows, show_rows
from pipelines.validation.release import drop_released
from pipelines.validation.set_aside import account, flag, write_quarantine
from pipelines.validation.suite import run
from pipelines.warehouse.duckdb_file import warehouse

AMOUNT = Check(
    "t.n.range", "t", "expect_column_values_to_be_between", {"column": "n", "min_value": 0}, "quarantine", "n is low"
)
KEY = Check("t.id.missing", "t", "expect_column_values_to_not_be_null", {"column": "id"}, "quarantine", "id is missing")


def own(kind: str, severity: Any = "warn", **kwargs: Any) -> list[Own]:
    return [Own(kind, kwargs, severity)]


def test_an_own_expectation_sets_rows_aside_by_great_expectations_name() -> None:
    [check] = own_checks("t", own("expect_column_values_to_match_regex", "quarantine", column="id", regex="^C"))
    assert (check.name, check.severity) == ("t.id.own_1", "quarantine")
    connection = duckdb.connect()
    connection.execute("CREATE SCHEMA loaded")
    connection.execute("CREATE TABLE loaded.t AS FROM (VALUES ('C1'), ('X2')) AS rows(id)")
    [(finding,), _] = run(connection, "loaded", "t", [check])
    assert (finding.outcome, finding.failing) == ("failed", 1)
    flag(connection, "loaded", "t", [check])
    assert account(connection, "loaded", "t").quarantined == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (own("expect_column_values_to_be_betwen", column="n"), "knows no 'expect_column_values_to_be_betwen'"),
        (own("expect_column_values_to_be_between", colum="n"), "does not take these arguments"),
        (own("expect_column_mean_to_be_between", "quarantine", column="n"), "cannot set single rows aside"),
    ],
)
def test_a_wrong_own_expectation_is_a_configuration_error(given: list[Own], said: str) -> None:
    with pytest.raises(ConfigError, match=r"validate\.expectations\.t\[1\]") as error:
        own_checks("t", given)
    assert said in error.value.given
    assert error.value.do


def test_the_nearest_name_is_offered() -> None:
    with pytest.raises(ConfigError) as error:
        own_checks("t", own("expect_column_values_to_be_betwen", column="n"))
    assert error.value.allowed.startswith("expect_column_values_to_be_between")


def test_severities_and_expectations_are_part_of_a_projects_yaml(tmp_path: Path) -> None:
    base = (Path("conf") / "base.yaml").read_text(encoding="utf-8")
    (tmp_path / "base.yaml").write_text(base, encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(
        "name: mine\ntitle: {en: Mine, zh: 我的}\nlabel: null\n"
        "data: {root: ., flat: {path: x.csv, key: id, label: y, positive: ['1'], negative: ['0']}}\n"
        "validate:\n  severities: {'flat.*': warn}\n  expectations:\n    flat:\n"
        "      - {type: expect_column_to_exist, kwargs: {column: size}, severity: stop}\n",
        encoding="utf-8",
    )
    settings = load_project(str(tmp_path / "mine.yaml"), environment={}).validate_
    assert settings.severities == {"flat.*": "warn"}
    assert settings.expectations["flat"][0].kwargs == {"column": "size"}
    with pytest.raises(ConfigError, match=r"severities"):
        load_project(str(tmp_path / "mine.yaml"), ["validate.severities.x=never"], environment={})


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Three rows in quarantine: two low, one of them without a key, and one released row keeps its place."""
    with warehouse(tmp_path) as connection:
        connection.execute("CREATE SCHEMA loaded")
        connection.execute("CREATE SCHEMA quarantine")
        connection.execute(
            "CREATE TABLE loaded.t AS FROM (VALUES ('a', 1, NULL), ('b', -1, NULL), (NULL, -2, NULL), ('c', -3, NULL)) "
            "AS rows(id, n, empty)"
        )
        flag(connection, "loaded", "t", [AMOUNT, KEY])
        write_quarantine(connection, "loaded", "t")
    return tmp_path


def test_quarantine_is_listed_and_shown_without_empty_columns(home: Path) -> None:
    [held] = list_held(home)
    assert (held.table, held.rows, held.reasons) == ("t", 3, {"n is low": 3, "id is missing": 1})
    columns, rows = show_rows(home, "t", most=2)
    assert columns == ["row_number", "reasons", "id", "n"]
    assert rows == [(1, ["n is low"], "b", -1), (2, ["n is low", "id is missing"], None, -2)]
    assert len(show_rows(home, "t", reason="id is missing")[1]) == 1
    with pytest.raises(DataError, match="No row of x is in quarantine"):
        show_rows(home, "x")


def test_a_released_row_is_accepted_until_its_content_changes(home: Path) -> None:
    assert mark_of_released(home) == ""
    assert release_rows(home, "t", row_numbers=[1]) == 1
    mark = mark_of_released(home)
    assert mark
    with warehouse(home) as connection:
        for change, left in (("SELECT 1", [2, 3]), ("UPDATE loaded.t SET n = -9 WHERE id = 'b'", [1, 2, 3])):
            connection.execute(change)
            flag(connection, "loaded", "t", [AMOUNT, KEY])
            drop_released(connection, "loaded", "t")
            rows = connection.execute("SELECT row_number FROM validation_flagged_t ORDER BY 1").fetchall()
            assert [number for (number,) in rows] == left
    assert release_rows(home, "t", row_numbers=[3]) == 1
    assert mark_of_released(home) != mark


def test_a_row_without_a_key_cannot_be_released(home: Path) -> None:
    with pytest.raises(DataError, match="1 of these rows of t lack a key"):
        release_rows(home, "t")
    with pytest.raises(DataError, match="No row of t in quarantine fits"):
        release_rows(home, "t", reason="no such reason")
