"""Judge every trained model on the test slice, which no model has seen."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.config import EvaluateSettings, Project
from pipelines.console import Progress
from pipelines.errors import NothingToLearn
from pipelines.stage import stage
from pipelines.tracking import Tracking

if TYPE_CHECKING:
    import pandas as pd

    from evaluation.gates import Finding
    from pipelines.rows import Labelled

BASELINE = "recency_rule"
DECIDING = ("log_loss", "roc_auc", "pr_auc", "lift_at_10pct")


@stage(writes=["judged"], sections=("tracking", "train"))
def evaluate(
    project: Project,
    settings: EvaluateSettings,
    progress: Progress,
    tracking: Tracking,
    panel: Path,
    labels: pd.DataFrame,
    calendar: dict[str, Any],
    trained: Path,
) -> dict[str, Any]:
    """Give test figures with intervals, compare with the recency rule, and check the gates."""
    import pandas as pd

    from evaluation.model.scorecard import scorecard
    from pipelines.rows import labelled_rows

    record = json.loads((trained / "training.json").read_text(encoding="utf-8"))
    test = pd.read_parquet(trained / "test_predictions.parquet")
    _check(test)
    progress("figures of each model")
    label = test["churned"].to_numpy()
    figures = {
        family: scorecard(label, test[family].to_numpy(), capacity=settings.capacity) for family in record["features"]
    }
    progress("gates")
    best = record["best"]
    rows = labelled_rows(project, panel, labels, calendar, _columns(record["features"][best], calendar))
    findings = _gates(rows, test, best, settings)
    judged = {
        "best": best,
        "run_id": record["run_id"],
        "test": figures,
        "intervals": _intervals(test, best, settings),
        "against_rule": _against_rule(test, best, settings),
        "gates": [asdict(finding) for finding in findings],
        "calendar": calendar,
    }
    progress("figures in MLflow")
    _log(tracking, record, judged, test)
    _say(progress, judged, findings)
    return judged


def _check(test: pd.DataFrame) -> None:
    if test["churned"].nunique() < 2:
        raise NothingToLearn(
            f"The {len(test):,} customers of the test slice all have the same outcome",
            do="choose another label.test_cutoff, a longer horizon, or more data",
        )


def _columns(features: list[str], calendar: dict[str, Any]) -> list[str] | None:
    return None if calendar["flat"] else features


def _gates(rows: Labelled, test: pd.DataFrame, best: str, settings: EvaluateSettings) -> list[Finding]:
    from evaluation.gates import Evidence, run_gates
    from evaluation.model.drift import signal_drift
    from evaluation.model.signals import single_signal_auc

    train, held_out = rows.examples.take(rows.split.train), rows.examples.take(rows.split.test)
    ends = None if train.cutoff is None else train.cutoff + np.timedelta64(_reach_days(rows), "D")
    evidence = Evidence(
        label=test["churned"].to_numpy(),
        probability=test[best].to_numpy(),
        customer=test["customer_id"].to_numpy(),
        cutoff=test["cutoff"].to_numpy() if "cutoff" in test else None,
        baseline_probability=test[BASELINE].to_numpy() if BASELINE in test and best != BASELINE else None,
        train_customer=train.customer,
        train_outcome_end=ends,
        single_signal_auc=single_signal_auc(train.features, train.label),
        signal_drift=signal_drift(train.features, held_out.features),
        feature_names=list(train.features.columns),
        split="flat" if train.cutoff is None else "time",
    )
    return list(run_gates(evidence, settings.gates))


def _reach_days(rows: Labelled) -> int:
    return int(rows.split.settings["gap_days"] + rows.split.settings["horizon_days"])


def _intervals(test: pd.DataFrame, best: str, settings: EvaluateSettings) -> dict[str, Any]:
    from evaluation.model.bootstrap import intervals

    found = intervals(test["churned"], test[best], test["customer_id"], replicates=settings.replicates)
    return {name: asdict(interval) for name, interval in found.items()}


def _against_rule(test: pd.DataFrame, best: str, settings: EvaluateSettings) -> dict[str, Any] | None:
    from evaluation.model.bootstrap import paired_difference

    if BASELINE not in test or best == BASELINE:
        return None
    difference = paired_difference(
        test["churned"],
        test[best],
        test[BASELINE],
        test["customer_id"],
        metric="roc_auc",
        replicates=settings.replicates,
    )
    return asdict(difference)


def _log(tracking: Tracking, record: dict[str, Any], judged: dict[str, Any], test: pd.DataFrame) -> None:
    from pipelines.experiment import DECIDES, log_batch, run_name
    from pipelines.report.figures import judgement_figures
    from pipelines.report.words import run_description

    client, best, when = tracking.client(), record["best"], judged["calendar"]["test_cutoff"] or "flat"
    runs = {**record["family_runs"], best + " ": record["run_id"]}
    for family, run_id in runs.items():
        figures = judged["test"][family.strip()]
        metrics = {f"{DECIDES}{name}": figures[name] for name in DECIDING}
        log_batch(tracking, run_id, {}, {**metrics, **{f"test/{name}": value for name, value in figures.items()}})
        client.update_run(run_id, name=run_name(family.strip(), when, figures["log_loss"]))
        if run_id != record["run_id"]:
            client.set_terminated(run_id)
    client.set_tag(record["run_id"], "mlflow.note.content", run_description(judged))
    with tracking.run(record["run_id"]) as mlflow:
        mlflow.log_dict(judged, "judged.json")
        for name, (html, png) in judgement_figures(test, list(judged["test"]), best).items():
            mlflow.log_text(html, f"figures/{name}.html")
            log_bytes(mlflow, png, f"figures/{name}.png")


def log_bytes(mlflow: Any, content: bytes, path: str) -> None:
    """Log bytes as an artifact of the active run."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / Path(path).name
        file.write_bytes(content)
        mlflow.log_artifact(str(file), str(Path(path).parent))


def _say(progress: Progress, judged: dict[str, Any], findings: list[Finding]) -> None:
    best, figures = judged["best"], judged["test"][judged["best"]]
    quality = f"AUC {figures['roc_auc']:.3f}, log loss {figures['log_loss']:.3f}"
    progress.note(f"{best}: {quality} on {figures['rows']:,.0f} unseen rows")
    for finding in findings:
        if finding.status in ("failed", "warned"):
            progress.warn(f"{finding.code} {finding.title}: {finding.found}")
