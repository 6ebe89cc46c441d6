"""What the pages read: filters give what a plain loop gives, owners see their own, and texts of others do no harm."""

from __future__ import annotations

import csv
import io
from typing import Any

import duckdb
import marts
import pytest
from hypothesis import given
from hypothesis import strategies as some

from pipelines.dashboard import queries, store
from pipelines.dashboard.access import Viewer
from pipelines.dashboard.filters import Filters
from pipelines.dashboard.store import opened
from pipelines.errors import NotReady
from pipelines.mart.build import build
from pipelines.mart.tables import OF_CUSTOMERS
from pipelines.warehouse.duckdb_file import warehouse

HOSTILE = ("' OR 1=1 --", "'; DROP TABLE churn_latest; --", "%", "_", "\\", "\x00", "$1", "?", "💥", "<script>")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return marts.built(tmp_path_factory.mktemp("dashboard"))


@pytest.fixture(scope="module")
def mart(project):
    with opened(project.home, Viewer()) as found:
        yield found


@pytest.fixture(scope="module")
def everyone(mart) -> list[dict[str, Any]]:
    return mart.rows("FROM churn_latest")


def fits(row: dict[str, Any], filters: Filters) -> bool:
    text = filters.search.strip().lower()
    topics = set((row["reason_topics"] or "").strip(",").split(","))
    return (
        (not text or text in row["customer_id"].lower() or text in row["customer_name"].lower())
        and (not filters.bands or row["risk_band"] in filters.bands)
        and (not filters.topics or bool(topics & set(filters.topics)))
        and all(
            not getattr(filters, name) or row[name] in getattr(filters, name)
            for name in ("owner", "industry", "region")
        )
        and (not filters.only_new or row["is_newly_high"] == 1)
    )


def several(values: tuple[str, ...]) -> Any:
    return some.lists(some.sampled_from(values), unique=True, max_size=2).map(tuple)


@given(
    search=some.sampled_from(["", "firm 1", "FIRM", "c00", "<script>", "o'neil", "zzz"]),
    bands=several(("high", "medium", "low", "none")),
    topics=several(("usage", "contracts", "payments", "nothing")),
    owner=several(marts.OWNERS),
    industry=several(("retail", "software")),
    region=several(marts.REGIONS),
    only_new=some.booleans(),
)
def test_filters_give_what_a_plain_loop_gives(mart, everyone, **asked: Any) -> None:
    filters = Filters(**asked)
    wanted = [row["customer_id"] for row in everyone if fits(row, filters)]
    assert [row["customer_id"] for row in queries.listed(mart, filters, 1, 1000)] == wanted
    found = queries.count(mart, filters)
    assert found["customers"] == len(wanted)
    total = sum(row["probability"] for row in everyone if row["customer_id"] in set(wanted))
    assert (found["expected_leavers"] or 0) == pytest.approx(total)


@pytest.mark.parametrize("order", ["risk", "value", "change", "name", "no such order; DROP TABLE x"])
def test_pages_follow_each_other_without_gap_or_repeat(mart, everyone, order: str) -> None:
    pages = [queries.listed(mart, Filters(order=order), page, 25) for page in (1, 2, 3, 4, 5)]
    assert [len(page) for page in pages] == [25, 25, 25, 15, 0]
    assert sorted(row["customer_id"] for page in pages for row in page) == sorted(
        row["customer_id"] for row in everyone
    )


def test_orders_are_as_they_say(mart, everyone) -> None:
    def of(order: str) -> list[str]:
        return [row["customer_id"] for row in queries.listed(mart, Filters(order=order), 1, 1000)]

    def grew(row: dict[str, Any]) -> float:
        return row["previous_probability"] - row["probability"]

    assert of("value") == [row["customer_id"] for row in sorted(everyone, key=lambda row: -row["value_at_risk"])]
    assert of("change") == [
        row["customer_id"] for row in sorted(everyone, key=lambda row: (grew(row), row["risk_rank"]))
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_searches_find_what_they_spell_and_harm_nothing(mart, everyone, text: str) -> None:
    found = queries.count(mart, Filters(search=text, owner=(text,) if text == "$1" else ()))
    assert found["customers"] == sum(text.lower() in row["customer_name"].lower() for row in everyone)
    assert queries.customer(mart, text) == {}
    assert queries.count(mart, Filters())["customers"] == marts.CUSTOMERS


def test_totals_are_those_of_the_rows(mart, everyone) -> None:
    found = queries.newest(mart)
    high = [row for row in everyone if row["risk_band"] == "high"]
    assert (found["customers"], found["high"]) == (len(everyone), len(high))
    assert found["newly_high"] == sum(row["is_newly_high"] for row in everyone)
    assert found["high_value_at_risk"] == pytest.approx(sum(row["value_at_risk"] for row in high))
    assert [row["risk_band"] for row in queries.bands(mart)] == ["high", "medium", "low"]
    assert [row["score_date"] for row in queries.trend(mart)] == [marts.BEFORE.date(), marts.NEWEST.date()]
    assert queries.trend(mart)[-1]["high"] == len(high)
    assert sum(row["customers"] for row in queries.topics(mart)) == len(high)


def test_segments_add_up_and_refuse_other_columns(mart, everyone) -> None:
    found = queries.segments(mart, "industry")
    assert sum(row["customers"] for row in found) == len(everyone)
    assert {row["segment"] for row in found} == {"retail", "software", "(missing)"}
    with pytest.raises(ValueError, match="divides no customers"):
        queries.segments(mart, 'industry" FROM churn_latest; --')


def test_a_customer_has_history_drivers_events_and_shorter_horizons(mart) -> None:
    found = mart.row("FROM churn_latest WHERE risk_rank = 1")
    key = found["customer_id"]
    assert [row["score_date"] for row in queries.history(mart, key, 60)] == [marts.BEFORE.date(), marts.NEWEST.date()]
    assert [row["horizon_days"] for row in queries.shorter_horizons(mart, key)] == [30]
    told = queries.drivers(mart, found)
    assert [len(told[kind]) for kind in ("reason", "move", "lever")] == [2, 1, 1]
    assert {row["event_kind"] for row in queries.events(mart, key)} == {"contracts", "tickets"}


@pytest.fixture(scope="module")
def own(project):
    with opened(project.home, Viewer("bo", "Bo")) as found:
        yield found


class TestOwner:
    """An account owner sees own customers alone, whatever is asked."""

    def test_sees_own_customers(self, own, everyone) -> None:
        wanted = {row["customer_id"] for row in everyone if row["owner"] == "Bo"}
        assert {row["customer_id"] for row in queries.listed(own, Filters(), 1, 1000)} == wanted
        assert queries.newest(own)["customers"] == len(wanted) == marts.CUSTOMERS // 3

    def test_reaches_nobody_else_by_id_search_or_filter(self, own, everyone) -> None:
        for row in (row for row in everyone if row["owner"] != "Bo"):
            assert queries.customer(own, row["customer_id"]) == {}
            assert queries.history(own, row["customer_id"], 60) == []
            assert queries.events(own, row["customer_id"]) == []
            assert queries.own_indicators(own, row["customer_id"]) == []
            assert queries.count(own, Filters(search=row["customer_id"]))["customers"] == 0
        assert queries.count(own, Filters(owner=("Ada",)))["customers"] == 0

    @pytest.mark.parametrize("table", OF_CUSTOMERS)
    def test_no_table_tells_of_others(self, own, everyone, table: str) -> None:
        owners = {row["customer_id"]: row["owner"] for row in everyone}
        told = own.rows(f"SELECT DISTINCT customer_id FROM {table}")
        assert {owners[row["customer_id"]] for row in told} <= {"Bo"}

    def test_the_names_of_other_owners_are_not_told(self, own) -> None:
        assert own.rows("SELECT owner FROM dim_owner") == [{"owner": "Bo"}]
        assert {row["owner"] for row in own.rows("SELECT DISTINCT owner FROM fact_indicator_summary")} <= {"Bo", None}
        assert queries.choices(own)["owner"] == ["Bo"]

    def test_an_owner_nobody_knows_sees_nothing(self, project) -> None:
        with opened(project.home, Viewer("x", "' OR 1=1 --")) as mart:
            assert queries.count(mart, Filters())["customers"] == 0


def test_files_outside_the_mart_cannot_be_read(mart, project) -> None:
    with pytest.raises(duckdb.Error):
        mart.rows("FROM read_text(?)", [str(project.home / "warehouse.duckdb")])
    with pytest.raises(duckdb.Error):
        mart.rows("DELETE FROM mart_file.churn_mart.dim_customer")


def test_a_missing_or_broken_mart_says_what_to_do(tmp_path) -> None:
    with pytest.raises(NotReady, match="churnlab run"), opened(tmp_path, Viewer()):
        pass
    (tmp_path / "mart.duckdb").write_bytes(b"no database")
    with pytest.raises(NotReady, match="churnlab mart"), opened(tmp_path, Viewer()):
        pass


def test_the_list_as_a_file_holds_no_formula(project, everyone) -> None:
    pytest.importorskip("streamlit", reason="Streamlit is not installed")
    from pipelines.dashboard.export import csv_of
    from pipelines.dashboard.screen import Screen

    text = csv_of(Screen(project, Viewer(), "zh"), Filters()).decode("utf-8-sig")
    head, *rows = csv.reader(io.StringIO(text))
    assert head[:3] == ["客户编号", "客户名称", "客户负责人"]
    assert len(rows) == len(everyone)
    names = {row[0]: row[1] for row in rows}
    assert names["C0001"] == "'=cmd()"
    assert names["C0000"] == marts.SCRIPT
    own = csv_of(Screen(project, Viewer("bo", "Bo"), "en"), Filters(bands=("high",))).decode("utf-8-sig")
    wanted = {row["customer_id"] for row in everyone if row["owner"] == "Bo" and row["risk_band"] == "high"}
    assert {row[0] for row in list(csv.reader(io.StringIO(own)))[1:]} == wanted


class TestKept:
    """Answers about all customers are kept until the mart is another, for each owner apart."""

    def test_the_same_question_is_asked_once(self, project, monkeypatch: pytest.MonkeyPatch) -> None:
        with opened(project.home, Viewer("ada", "Ada")) as one:
            first = queries.newest(one)
            monkeypatch.setattr(one, "rows", lambda *asked: pytest.fail("asked again"))
            assert queries.newest(one) == first
            first["customers"] = -1  # What a page does with an answer changes nothing that is kept.
            assert queries.newest(one)["customers"] == marts.CUSTOMERS // 3

    def test_owners_do_not_get_each_others_answers(self, project, mart) -> None:
        with opened(project.home, Viewer("ada", "Ada")) as ada, opened(project.home, Viewer("bo", "Bo")) as bo:
            names = [{row["customer_id"] for row in queries.listed(each, Filters(), 1, 100)} for each in (ada, bo)]
            assert names[0].isdisjoint(names[1])
            assert queries.count(ada, Filters())["customers"] == queries.count(bo, Filters())["customers"]
            assert queries.bands(ada) != queries.bands(bo)
        assert queries.count(mart, Filters())["customers"] == marts.CUSTOMERS

    def test_a_new_mart_is_asked_anew(self, tmp_path) -> None:
        project = marts.built(tmp_path, marts.FLAT)
        with opened(project.home, Viewer()) as before:
            assert queries.newest(before)["customers"] == marts.CUSTOMERS
            with warehouse(project.home) as connection:
                connection.execute("DELETE FROM scores.churn_scores WHERE customer_id < 'C0050'")
                build(connection, project, marts.FLAT)
            with opened(project.home, Viewer()) as after:
                assert queries.newest(after)["customers"] == marts.CUSTOMERS - 50
            assert queries.customer(before, "C0001")["customer_id"] == "C0001"  # Who looks goes on with the old one.

    def test_no_more_answers_are_kept_than_there_is_room_for(self, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(store, "MOST_KEPT", 3)
        project = marts.built(tmp_path, marts.FLAT)
        with opened(project.home, Viewer()) as mart:
            for number in range(10):
                queries.count(mart, Filters(search=f"firm {number}"))
        assert len(store._OPEN[project.home, False].kept) == 3


def test_a_mart_of_an_older_version_says_what_to_do(tmp_path) -> None:
    project = marts.built(tmp_path, marts.FLAT)
    with duckdb.connect(str(project.home / "mart.duckdb")) as connection:
        connection.execute("ALTER TABLE churn_mart.churn_latest DROP COLUMN search_text")
    with pytest.raises(NotReady, match="older ChurnLab"), opened(project.home, Viewer()):
        pass
