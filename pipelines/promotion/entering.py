"""How a trained model enters the registry: once, with what it learnt from, and checked as it was saved."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.artifacts import digest
from pipelines.tracking import Tracking

if TYPE_CHECKING:
    from pipelines.judging.material import Material

TRAINED = "trained"


@dataclass(frozen=True)
class Entered:
    """A registered version and the findings of the gates that look at the model as it was saved."""

    version: Any
    gates: list[dict[str, Any]]


def enter(tracking: Tracking, name: str, material: Material, judged: Mapping[str, Any]) -> Entered:
    """Register the best model of a training, or find it where that was done before.

    Parameters
    ----------
    tracking
        Where to.
    name
        Registered model.
    material
        What the model was trained and judged on.
    judged
        Its judgement.
    """
    from pipelines.registry import log_model, register

    model, run_id = material.folder / material.best, judged["run_id"]
    found = entered_before(tracking, name, run_id, model)
    if found is None:
        with tempfile.TemporaryDirectory(prefix="churn-") as scratch:
            uri = log_model(tracking, run_id, model, _learnt(material, Path(scratch)))
        found = register(tracking, name, uri, run_id, _tags(material, model))
    uri = f"models:/{name}/{found.version}"
    return Entered(found, saved_model_gates(tracking, uri, material.settings.gates))


def entered_before(tracking: Tracking, name: str, run_id: str, model: Path) -> Any | None:
    """Find the version of the same model from the same run."""
    wanted = digest(model)
    versions = tracking.client().search_model_versions(f"name = '{name}' and run_id = '{run_id}'")
    return next((version for version in versions if version.tags.get(TRAINED) == wanted), None)


def saved_model_gates(tracking: Tracking, uri: str, limits: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Check the gates that look at the model as it was saved, which judging could not see yet."""
    from pipelines.registry import has_signature

    return signature_gates(has_signature(tracking, uri), limits)


def signature_gates(is_present: bool, limits: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Findings of the gates about a signature that is there, or is not."""
    from evaluation.gates import Evidence, run_gates

    findings = run_gates(Evidence(signature_present=is_present), limits)
    return [asdict(finding) for finding in findings if finding.status != "not_applicable"]


def together(judged: Sequence[dict[str, Any]], saved: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put findings together; what judging could not see yet gives way to what was found on the saved model."""
    codes = {gate["code"] for gate in saved}
    return [*(gate for gate in judged if gate["code"] not in codes), *saved]


def _learnt(material: Material, folder: Path) -> Path:
    from pipelines.exporting.learnt import learnt, write_learnt

    tables = material.accepted["tables"]
    flat = bool(material.calendar["flat"])
    return write_learnt(folder, learnt(material.project, flat, tables, material.record["kinds"]))


def _tags(material: Material, model: Path) -> dict[str, str]:
    from pipelines.promotion.decision import split_of

    return {
        "family": material.best,
        "cutoff": str(material.calendar["test_cutoff"]),
        "project": material.project.name,
        "split": split_of(material),
        TRAINED: digest(model),
    }
