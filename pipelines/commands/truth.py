"""How close a model comes to the truth that only the simulation knows. No stage reads this."""

from __future__ import annotations

from datetime import datetime

from pipelines.artifacts import Store
from pipelines.config import Project


def best_possible_auc(project: Project, store: Store) -> float | None:
    """AUC of the true risk on the test slice, ``None`` where nothing was simulated."""
    folder = project.home / "truth"
    if project.simulate is None or project.label is None or not folder.is_dir():
        return None
    import pandas as pd

    from evaluation.model.ranking import roc_auc
    from pipelines.demo import true_risk

    test = pd.read_parquet(
        store.path("trained") / "test_predictions.parquet", columns=["customer_id", "cutoff", "churned"]
    )
    cutoff = datetime.fromisoformat(store.load("calendar")["test_cutoff"])
    risk = true_risk(folder, [cutoff], project.label.gap_days + project.label.horizon_days)
    joined = test.merge(risk[["customer_id", "probability"]], on="customer_id")
    if joined.empty or joined["churned"].nunique() < 2:
        return None
    return float(roc_auc(joined["churned"], joined["probability"]))
