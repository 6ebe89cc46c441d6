"""What a person sees of scores from one time to the next: what moved, bands that hold, one customer told."""

from datetime import datetime, timedelta

import duckdb
import pytest
from finished_lines import copied, tables
from typer.testing import CliRunner

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def scored_twice(demo_workspace, tmp_path_factory):
    """A runner of a line that has scored twenty days earlier, too."""
    runner = copied(demo_workspace, tmp_path_factory.mktemp("history") / "own")()
    score_twice(runner)
    return runner


def score_twice(runner):
    runner.as_of = datetime.fromisoformat(runner.store.load("scored")["as_of"]) - timedelta(days=20)
    runner.alone("score")
    runner.as_of = None
    runner.alone("score")


def test_what_moved_sums_to_the_change_of_every_score_that_is_told(scored_twice):
    with duckdb.connect(str(scored_twice.project.home / "warehouse.duckdb")) as connection:
        moved = connection.execute("""
            SELECT any_value(probability_after - probability_before) - sum(change),
                   sum(change) - sum(from_data + from_time + from_model), sum(abs(from_model)), sum(abs(from_time))
            FROM scores.churn_moves GROUP BY customer_id, as_of
        """).fetchall()
        wanted = connection.execute(
            """SELECT customer_id, old.probability, old.probability <> new.probability FROM scores.churn_scores old
            JOIN scores.churn_scores new USING (customer_id, horizon_days) WHERE old.as_of < new.as_of
            AND (new.band <> old.band OR new.band IN (SELECT unnest(?)))""",
            [scored_twice.project.score.reason_bands],
        ).fetchall()
        told = connection.execute("SELECT DISTINCT customer_id, probability_before FROM scores.churn_moves").fetchall()
    assert moved
    assert [parts for parts in moved if max(abs(part) for part in parts[:3]) > 1e-9] == []
    assert max(parts[3] for parts in moved) > 0
    assert {one[:2] for one in wanted if one[2]} <= set(told) <= {one[:2] for one in wanted}


@pytest.mark.parametrize(("language", "word"), [("en", "what moved the score since"), ("zh", "以来评分变化的原因")])
def test_all_about_one_customer(language, word, scored_twice, monkeypatch, demo_workspace):
    from pipelines.cli import app

    with duckdb.connect(str(scored_twice.project.home / "warehouse.duckdb")) as connection:
        customer, sentence = connection.execute(f"""
            SELECT customer_id, sentence_{language} FROM scores.churn_moves WHERE position = 1 ORDER BY 1 LIMIT 1
        """).fetchone()
    monkeypatch.setenv("CHURNLAB__WORKSPACE", str(scored_twice.project.workspace))
    monkeypatch.setenv("COLUMNS", "200")
    project = ["-p", str(demo_workspace.conf)]
    told = CliRunner().invoke(app, ["risks", customer, *project, "-l", language])
    assert told.exit_code == 0
    assert [each for each in (customer, sentence, word) if each not in told.output] == []
    nobody = CliRunner().invoke(app, ["risks", "nobody", *project])
    assert nobody.exit_code == 5
    assert "no valid score of customer 'nobody'" in nobody.output


def test_scoring_the_same_days_again_leaves_the_same_tables(scored_twice):
    before = tables(scored_twice.project.home / "warehouse.duckdb")
    score_twice(scored_twice)
    assert tables(scored_twice.project.home / "warehouse.duckdb") == before


def test_another_model_and_the_band_before_tell_on_the_next_score(scored_twice):
    """The scores before are made those of another model, which was half as worried and put everyone into band high."""
    with duckdb.connect(str(scored_twice.project.home / "warehouse.duckdb")) as connection:
        connection.execute("""
            UPDATE scores.churn_scores SET probability = probability / 2, band = 'high', model_version = '0'
            WHERE as_of < (SELECT max(as_of) FROM scores.churn_scores)
        """)
    scored_twice.alone("score")
    with duckdb.connect(str(scored_twice.project.home / "warehouse.duckdb")) as connection:
        moved = connection.execute("""
            SELECT any_value(probability_after - probability_before) - sum(change), sum(from_model),
                   any_value(probability_before), list(sentence_en)
            FROM scores.churn_moves WHERE as_of = (SELECT max(as_of) FROM scores.churn_scores)
            GROUP BY customer_id
        """).fetchall()
        wrong = connection.execute("""
            SELECT count(*) FROM scores.churn_scores new JOIN scores.churn_scores old USING (customer_id, horizon_days)
            WHERE new.as_of > old.as_of AND (new.band = 'high') <> (new.probability / (1 - new.probability) >= ?)
        """, [_left_at(scored_twice.project.score)]).fetchone()[0]  # fmt: skip
    assert moved
    for rest, from_model, before, sentences in moved:
        assert abs(rest) < 1e-9
        assert from_model == pytest.approx(before)
        assert "The model was replaced: version 1 after version 0" in sentences
    assert wrong == 0


def _left_at(settings):
    """Odds below which a customer leaves band high."""
    edge = settings.bands["high"]
    return edge / (1 - edge) / (1 + settings.band_hysteresis_share)
