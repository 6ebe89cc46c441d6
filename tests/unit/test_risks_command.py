"""What `churnlab risks` says, on score tables made by hand."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from pipelines.commands.risks import list_risks, tell_risk
from pipelines.config import load_project
from pipelines.errors import ConfigError, NotReady
from pipelines.warehouse.duckdb_file import warehouse
from pipelines.warehouse.scores import CHURN_LEVERS, CHURN_MOVES, CHURN_REASONS, CHURN_SCORES, SCORE_RUNS
from pipelines.warehouse.writing import create, upsert

CONF = str(Path(__file__).parents[2] / "conf" / "demo.yaml")
NOW = pd.Timestamp("2026-10-01")


def row(table, **values):
    """A row of a table with every column that is not named empty."""
    key = {"customer_id": "c1", "as_of": NOW, "horizon_days": 60, "model_version": "1", "position": 1}
    given = {name: (key | values).get(name) for name in table.columns}
    return pd.DataFrame([given])


@pytest.fixture
def connection(tmp_path, monkeypatch):
    monkeypatch.setenv("CHURNLAB__WORKSPACE", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "160")
    with warehouse(load_project(CONF).home) as opened:
        create(opened)
        upsert(opened, SCORE_RUNS, row(SCORE_RUNS, run_id="r", status="finished", finished_at=NOW))
        yield opened


def scored(connection, customer="c1", **values):
    score = {"probability": 0.34, "band": "high", "rank": 1, "valid_until": pd.Timestamp("2999-01-01")}
    upsert(connection, CHURN_SCORES, row(CHURN_SCORES, **({"customer_id": customer} | score | values)))


def told(connection):
    """Reasons, moves and levers of the customer."""
    said = {"sentence_en": "why it is", "sentence_zh": "为何如此"}
    upsert(connection, CHURN_REASONS, row(CHURN_REASONS, **said))
    moved = {"previous_as_of": pd.Timestamp("2026-09-24"), "probability_before": 0.12, "probability_after": 0.34}
    parts = {"change": 0.22, "from_data": 0.2, "from_time": 0.02, "from_model": 0.0}
    upsert(connection, CHURN_MOVES, row(CHURN_MOVES, **(moved | parts), sentence_en="it moved", sentence_zh="变化"))
    lever = {"change": -0.1, "sentence_en": "act so", "sentence_zh": "如此行动"}
    upsert(connection, CHURN_LEVERS, row(CHURN_LEVERS, **lever))


def test_one_customer_is_told_with_reasons_moves_and_levers(connection, capsys):
    scored(connection)
    told(connection)
    connection.close()
    tell_risk(CONF, "c1", "en")
    said = capsys.readouterr().out
    for text in ("34% likely to leave in the next 60 days · band high · rank 1", "why it is", "since 2026-09-24"):
        assert text in said
    assert [line.split() for line in said.splitlines() if "it moved" in line] == [
        ["it", "moved", "+22.0", "+20.0", "+2.0"]
    ]
    assert [line.split() for line in said.splitlines() if "act so" in line] == [["act", "so", "-10.0"]]
    tell_risk(CONF, "c1", "zh")
    said = capsys.readouterr().out
    assert "未来 60 天流失概率 34% · 风险等级高 · 第 1 位" in said
    assert all(text in said for text in ("为何如此", "变化", "如此行动", "自 2026-09-24 以来"))


def test_the_score_before_stands_in_the_list_where_it_is_known(connection, capsys):
    scored(connection)
    told(connection)
    scored(connection, "c2", probability=0.05, band="low", rank=2)
    connection.close()
    list_risks(CONF, 10, "en")
    lines = [line.split() for line in capsys.readouterr().out.splitlines() if line.strip()]
    assert ["rank", "customer", "risk", "before", "band", "why"] in lines
    assert ["1", "c1", "34%", "12%", "high", "why", "it", "is"] in lines
    assert ["2", "c2", "5%", "low"] in lines


def test_without_an_earlier_score_nothing_is_said_of_it(connection, capsys):
    scored(connection, horizon_days=0)
    connection.close()
    list_risks(CONF, 10, "en")
    tell_risk(CONF, "c1", "en")
    said = capsys.readouterr().out
    assert "before" not in said
    assert "34% likely to leave · band high" in said


def test_square_brackets_in_an_id_are_only_text(connection, capsys):
    scored(connection, "[red]c[/red]")
    connection.close()
    tell_risk(CONF, "[red]c[/red]", "en")
    assert "[red]c[/red]" in capsys.readouterr().out


def test_who_has_no_score_and_other_languages_are_refused(connection):
    scored(connection)
    connection.close()
    with pytest.raises(NotReady, match="no valid score of customer 'nobody'"):
        tell_risk(CONF, "nobody", "en")
    with pytest.raises(ConfigError, match="no language 'fr'"):
        tell_risk(CONF, "c1", "fr")


def test_before_anything_was_scored_the_command_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("CHURNLAB__WORKSPACE", str(tmp_path))
    with warehouse(load_project(CONF).home):
        pass
    with pytest.raises(NotReady, match="no valid scores"):
        list_risks(CONF, 10, "en")
