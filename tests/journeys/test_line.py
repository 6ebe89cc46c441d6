"""What a person does with the line: run it, run it again, score twice, look into MLflow, make mistakes."""

import json

import duckdb
import pytest
from finished_lines import copied, tables
from typer.testing import CliRunner

pytestmark = pytest.mark.journey


@pytest.fixture
def own_copy(demo_workspace, tmp_path, monkeypatch):
    """The finished line in a folder of one's own, to change."""
    runner = copied(demo_workspace, tmp_path / "own")
    monkeypatch.chdir(tmp_path / "own")
    return runner


def test_the_line_leaves_a_champion_and_scores(demo_workspace):
    scored = demo_workspace.runner.store.load("scored")
    found = tables(demo_workspace.warehouse)
    horizons = 1 + len(demo_workspace.project.train.horizons_days)
    assert len(found["churn_scores"]) == horizons * scored["scored"] > 0
    assert all(0 <= row[4] <= 1 for row in found["churn_scores"])
    eligible, done, excluded, failed = found["score_runs"][0][4:8]
    assert eligible == done + excluded + failed


def test_every_scored_customer_is_one_of_the_risk_set(demo_workspace):
    truth = demo_workspace.project.home / "truth" / "truth.parquet"
    as_of = demo_workspace.runner.store.load("scored")["as_of"]
    with duckdb.connect(str(demo_workspace.warehouse), read_only=True) as connection:
        gone = connection.execute(
            "SELECT count(*) FROM scores.churn_scores s JOIN read_parquet(?) t USING (customer_id)"
            " WHERE t.churned_at < ?::TIMESTAMP - INTERVAL 1 DAY",
            [str(truth), as_of],
        ).fetchone()[0]
    assert gone == 0


def test_customers_at_risk_have_reasons_and_no_others(demo_workspace):
    with duckdb.connect(str(demo_workspace.warehouse), read_only=True) as connection:
        bands = connection.execute("""
            SELECT band, count(DISTINCT customer_id),
                   count(DISTINCT customer_id) FILTER (position IS NOT NULL), max(position)
            FROM scores.churn_scores LEFT JOIN scores.churn_reasons
            USING (customer_id, as_of, horizon_days, model_version) GROUP BY band
        """).fetchall()
    asked = demo_workspace.project.score.reason_bands
    assert any(band in asked for band, *_ in bands)
    for band, customers, explained, most in bands:
        assert explained == (customers if band in asked else 0)
        assert most is None or most <= demo_workspace.project.score.most_reasons


def test_levers_lower_the_scores_of_customers_at_risk(demo_workspace):
    with duckdb.connect(str(demo_workspace.warehouse), read_only=True) as connection:
        told = connection.execute("""
            SELECT band, probability + change - probability_then, change, similar_customers, sentence_en, sentence_zh
            FROM scores.churn_levers JOIN scores.churn_scores USING (customer_id, as_of, horizon_days, model_version)
        """).fetchall()
    assert told
    for band, rest, change, similar, *sentences in told:
        assert band in demo_workspace.project.score.reason_bands
        assert abs(rest) < 1e-9
        assert change < 0
        assert similar >= 30
        assert all(sentences)


@pytest.mark.parametrize(("language", "word"), [("en", "why"), ("zh", "原因")])
def test_the_riskiest_are_listed_with_their_reasons(language, word, demo_workspace, monkeypatch):
    from pipelines.cli import app

    with duckdb.connect(str(demo_workspace.warehouse), read_only=True) as connection:
        first, sentence = connection.execute(f"""
            SELECT customer_id, sentence_{language} FROM scores.churn_scores_current JOIN scores.churn_reasons
            USING (customer_id, as_of, horizon_days, model_version) WHERE rank = 1 AND position = 1
        """).fetchone()
    monkeypatch.setenv("CHURNLAB__WORKSPACE", str(demo_workspace.project.workspace))
    monkeypatch.setenv("COLUMNS", "200")
    result = CliRunner().invoke(app, ["risks", "-p", str(demo_workspace.conf), "-l", language])
    assert result.exit_code == 0
    assert [each for each in (first, sentence, word) if each not in result.output] == []


def test_a_second_line_skips_what_has_not_changed_and_leaves_the_same_scores(own_copy):
    runner = own_copy()
    warehouse = runner.project.home / "warehouse.duckdb"
    before = tables(warehouse)
    assert [each.name for each in runner.line() if not each.skipped] == ["score", "act", "mart"]
    assert tables(warehouse) == before


def test_a_changed_setting_runs_its_stage_and_what_follows(own_copy):
    assert own_copy("label.horizon_days=45").alone("label").skipped is False
    assert own_copy("label.horizon_days=45").alone("label").skipped is True


def test_a_stage_alone_uses_its_new_inputs(own_copy):
    runner = own_copy("label.horizon_days=45")
    runner.alone("label")
    assert runner.alone("features").skipped is False
    assert runner.store.load("calendar")["horizon_days"] == 45


def test_the_report_is_written_and_logged(demo_workspace):
    client = demo_workspace.runner.tracking.client()
    champion = client.get_model_version_by_alias("churn_demo", "champion")
    logged = {file.path for file in client.list_artifacts(champion.run_id, "report")}
    assert logged == {"report/model.html", "report/model_card.md"}
    page = (demo_workspace.project.home / "reports" / "model.html").read_text()
    assert f"{demo_workspace.runner.store.load('judged')['test']['xgboost']['roc_auc']:.3f}" in page
    metrics = client.get_run(champion.run_id).data.metrics
    assert {"money/empc", "interval/roc_auc_low", "calibration/skill", "time/model_flagged_share"} <= metrics.keys()


def test_the_report_command_says_where_it_is(demo_workspace, monkeypatch):
    from pipelines.cli import app

    monkeypatch.setenv("CHURNLAB__WORKSPACE", str(demo_workspace.project.workspace))
    page = demo_workspace.project.home / "reports" / "model.html"
    before, opened = page.read_text(), []
    monkeypatch.setattr("webbrowser.open", lambda address: opened.append(address) or True)
    result = CliRunner().invoke(app, ["report", "--open", "-p", str(demo_workspace.conf)])
    assert result.exit_code == 0
    assert opened == [page.as_uri()]
    assert str(page) in result.output.replace("\n", "")
    assert page.read_text() == before


def test_the_registered_model_has_a_signature_and_gives_probabilities(demo_workspace, monkeypatch):
    import pandas as pd

    monkeypatch.chdir(demo_workspace.folder)
    monkeypatch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
    mlflow = demo_workspace.runner.tracking.mlflow()
    model = mlflow.pyfunc.load_model("models:/churn_demo@champion")
    assert model.metadata.signature is not None
    assert model.metadata.signature.outputs is not None
    panel = next((demo_workspace.runner.store.path("panel")).glob("*.parquet"))
    rows = pd.read_parquet(panel)[model.metadata.get_input_schema().input_names()]
    predicted = model.predict(rows)
    assert len(predicted) == len(rows)
    assert ((predicted > 0) & (predicted < 1)).all()


def test_a_changed_export_is_refused(own_copy):
    from pipelines.errors import DataError

    runner = own_copy()
    model = runner.store.path("export") / "model" / "model.json"
    model.write_text(model.read_text() + " ")
    before = tables(runner.project.home / "warehouse.duckdb")
    with pytest.raises(DataError, match="changed after the export"):
        runner.alone("score")
    assert tables(runner.project.home / "warehouse.duckdb") == before


def test_a_failed_line_is_marked_and_leaves_earlier_results(own_copy):
    from pipelines.errors import ChurnLabError

    runner = own_copy("label.horizon_days=3000")
    before = tables(runner.project.home / "warehouse.duckdb")
    with pytest.raises(ChurnLabError):
        runner.line()
    run = runner.tracking.client().get_run(runner.tracking.run_id)
    assert run.info.status == "FAILED"
    assert run.data.tags["churnlab.failed_stage"] == "label"
    assert tables(runner.project.home / "warehouse.duckdb") == before


@pytest.mark.parametrize(
    ("settings", "code", "said"),
    [
        (["label.horizon_days=3000"], 6, "0 training cutoffs"),
        (["label.test_cutoff=2026-10-30"], 6, "is not over"),
        (
            [
                'label.churn=[{"kind": "inactivity", "table": "orders", "activity_days": 1}]',
                "label.horizon_days=1",
                "train.horizons_days=[]",
            ],
            6,
            "",
        ),
        (["features.tables=[]"], 6, "No signal is left"),
        (["train.minimum_positives=100000"], 6, "100000"),
        (["train.recency_column=nothing"], 6, "nothing"),
        (["train.trails=3"], 2, "unknown key 'train.trails'"),
    ],
)
def test_a_mistake_ends_in_a_message_and_its_own_exit_code(own_copy, settings, code, said):
    from pipelines.errors import ChurnLabError

    with pytest.raises(ChurnLabError) as error:
        own_copy(*settings).line()
    assert error.value.exit_code == code
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["run", "-p", "nowhere"], 2, "There is no project 'nowhere'"),
        (["run", "--set", "train"], 2, "has no '='"),
        (["score", "--as-of", "yesterday"], 2, "is no date"),
    ],
)
def test_a_mistake_on_the_command_line_shows_no_traceback(words, code, said, monkeypatch, demo_workspace):
    from pipelines.cli import app

    monkeypatch.chdir(demo_workspace.conf.parent.parent)
    result = CliRunner().invoke(app, words)
    assert result.exit_code == code
    assert said in result.output
    assert "Traceback" not in result.output


def test_scoring_before_there_is_a_champion_says_what_comes_first(tmp_path, monkeypatch, demo_workspace):
    from pipelines.config import load_project
    from pipelines.console import Console
    from pipelines.errors import NotReady
    from pipelines.runner import Runner

    runner = Runner(load_project(str(demo_workspace.conf), [f"workspace={tmp_path}"]), Console(quiet=True))
    with pytest.raises(NotReady, match=r"The stage export of project .* has not run yet.*churnlab run"):
        runner.alone("score")


def test_a_workspace_that_cannot_be_made_is_named(monkeypatch, tmp_path, demo_workspace):
    from pipelines.cli import app

    monkeypatch.chdir(tmp_path)
    (tmp_path / "a_file").touch()
    result = CliRunner().invoke(app, ["simulate", "-p", str(demo_workspace.conf), "--set", "workspace=a_file"])
    assert result.exit_code == 4
    assert "a_file" in result.output
    assert "Traceback" not in result.output


def test_the_record_says_what_ran(demo_workspace):
    state = json.loads((demo_workspace.project.home / "state.json").read_text())
    assert list(state) == [each.name for each in demo_workspace.ran]
