"""What a judgement leaves in MLflow: the deciding figures first by name, the pictures, and a description."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pipelines.experiment import DECIDES, log_batch, run_name
from pipelines.judging.material import Material
from pipelines.tracking import Tracking

DECIDING = ("log_loss", "roc_auc", "pr_auc", "lift_at_10pct")


def log(tracking: Tracking, material: Material, judged: dict[str, Any], report: Iterable[Path]) -> None:
    """Log the figures of each family with its run, and everything else, the report's files too, with the line's run."""
    from pipelines.report.figures import judgement_figures
    from pipelines.report.words import run_description

    client, run_id = tracking.client(), judged["run_id"]
    _families(tracking, material, judged)
    log_batch(tracking, run_id, {}, further_figures(judged))
    client.set_tag(run_id, "mlflow.note.content", run_description(judged))
    with tracking.run(run_id) as mlflow:
        mlflow.log_dict(judged, "judged.json")
        for file in report:
            mlflow.log_artifact(str(file), "report")
        for name, (html, png) in judgement_figures(material.test, list(judged["test"]), judged["best"]).items():
            mlflow.log_text(html, f"figures/{name}.html")
            log_bytes(mlflow, png, f"figures/{name}.png")


def _families(tracking: Tracking, material: Material, judged: dict[str, Any]) -> None:
    client, best, when = tracking.client(), judged["best"], judged["calendar"]["test_cutoff"] or "flat"
    runs = [*material.record["family_runs"].items(), (best, judged["run_id"])]
    for family, run_id in runs:
        figures = judged["test"][family]
        metrics = {f"{DECIDES}{name}": figures[name] for name in DECIDING}
        log_batch(tracking, run_id, {}, {**metrics, **{f"test/{name}": value for name, value in figures.items()}})
        client.update_run(run_id, name=run_name(family, when, figures["log_loss"]))
        if run_id != judged["run_id"]:
            client.set_terminated(run_id)


def further_figures(judged: dict[str, Any]) -> dict[str, float]:
    """Give the figures of calibration, money and time as metrics; what does not apply is left out."""
    found = {f"calibration/{name}": value for name, value in judged["calibration"]["brier"].items()}
    for name, ends in judged["intervals"].items():
        found |= {f"interval/{name}_low": ends["low"], f"interval/{name}_high": ends["high"]}
    if judged["money"]["applies"]:
        found |= _money(judged["money"])
    lead = (judged["over_time"] or {}).get("lead") or {}
    for who in ("model", "rule"):
        if who in lead:
            found |= {f"time/{who}_{name}": value for name, value in lead[who].items()}
    return found


def _money(money: dict[str, Any]) -> dict[str, float]:
    found = {f"money/at_capacity_{name}": value for name, value in money["at_capacity"].items()}
    found |= {f"money/policy_{name}": value for name, value in money["policy"].items()}
    return found | ({"money/empc": money["empc"]["profit_a_customer"]} if money["empc"] else {})


def log_bytes(mlflow: Any, content: bytes, path: str) -> None:
    """Log bytes as an artifact of the active run."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / Path(path).name
        file.write_bytes(content)
        mlflow.log_artifact(str(file), str(Path(path).parent))
