"""A champion of an extra from training to stored scores: told, exported with its library, refused when changed."""

from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from exports import judged_scores, moved, panel_file, scored
from finished_lines import copied

from pipelines.errors import DataError
from pipelines.exported.manifest import read_export
from pipelines.exporting.requirements import pinned

pytestmark = pytest.mark.boosters
EQUAL = 1e-6


@pytest.fixture(scope="module")
def runner(demo_workspace, tmp_path_factory):
    """A copy of the finished line whose champion is a LightGBM, and which has scored twice."""
    pytest.importorskip("lightgbm", reason="lightgbm is not installed: pip install 'churnlab[lightgbm]'")
    made = copied(demo_workspace, tmp_path_factory.mktemp("lightgbm") / "own")(
        "train.families=[recency_rule, lightgbm]", "promote.margin=100", "score.reason_bands=[high, medium, low]"
    )
    for stage in ("train", "evaluate", "promote", "export"):
        made.alone(stage)
    made.as_of = datetime.fromisoformat(made.store.load("scored")["as_of"]) - timedelta(days=20)
    made.alone("score")
    made.as_of = None
    made.alone("score")
    return made


@pytest.fixture(scope="module")
def export(runner, tmp_path_factory):
    return moved(runner.store.path("export"), tmp_path_factory.mktemp("export"))


def test_reasons_levers_and_moves_are_told(runner):
    with duckdb.connect(str(runner.project.home / "warehouse.duckdb"), read_only=True) as connection:
        newest = "as_of = (SELECT max(as_of) FROM scores.churn_scores)"
        told = {
            name: connection.sql(f"SELECT * FROM scores.churn_{name} WHERE {newest}").df()
            for name in ("scores", "reasons", "levers", "moves")
        }
    assert all(len(rows) for rows in told.values())
    assert (told["reasons"]["contribution"] > 0).all()
    assert told["levers"]["sentence_en"].str.len().min() > 0
    own = told["moves"].groupby("customer_id")[["change", "probability_before", "probability_after"]]
    sums = own.agg({"change": "sum", "probability_before": "first", "probability_after": "first"})
    np.testing.assert_allclose(sums["change"], sums["probability_after"] - sums["probability_before"], atol=1e-9)
    assert told["moves"]["change"].abs().max() > 0


def test_the_export_scores_by_itself_as_the_judgement_did(runner, export, tmp_path):
    file = panel_file(runner, tmp_path / "panel.parquet")

    found = scored(export, tmp_path / "scores.parquet", "--signals", str(file))

    judged = judged_scores(runner)
    whole = found[found["horizon_days"] == found["horizon_days"].max()]
    joined = judged.merge(whole, on=["customer_id", "as_of"], how="left")
    assert runner.store.load("judged")["best"] == "lightgbm"
    assert len(joined) > 100
    assert (joined["judged"] - joined["probability"]).abs().max() < EQUAL


def test_mlflow_loads_the_export_and_the_registered_version(runner, export):
    import mlflow

    panel = pd.concat(map(pd.read_parquet, sorted(runner.store.path("panel").glob("*.parquet"))), ignore_index=True)
    loaded = mlflow.pyfunc.load_model(str(export))
    signals = panel[loaded.metadata.get_input_schema().input_names()].head(50)
    champion = f"models:/{runner.store.load('champion')['name']}@champion"
    registered = mlflow.pyfunc.load_model(champion)

    np.testing.assert_allclose(registered.predict(signals), loaded.predict(signals), atol=1e-12)
    assert "lightgbm==" in Path(mlflow.pyfunc.get_model_dependencies(champion)).read_text()


def test_the_export_brings_the_library_that_it_needs_and_no_other(export):
    assert pinned((export / "requirements.lock").read_text()).keys() & {"lightgbm", "catboost"} == {"lightgbm"}
    assert "apt-get install -y --no-install-recommends libgomp1" in (export / "Dockerfile").read_text()


def test_a_changed_byte_of_the_trees_is_refused(export):
    trees = export / "model" / "booster.txt"
    trees.chmod(0o644)
    content = trees.read_bytes()
    trees.write_bytes(content.replace(b"leaf_value=0", b"leaf_value=1", 1))

    with pytest.raises(DataError, match=r"booster\.txt"):
        read_export(export)

    trees.write_bytes(content)
    assert read_export(export)
