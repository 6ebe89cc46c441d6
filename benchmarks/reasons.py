"""Do the reasons name the true cause? On the demo company, whose causes are known, after `churnlab run`.

    python -m benchmarks.reasons                   # the demo project's newest run

Looked at are the test customers, whom no model has seen, who left and were in a band that gets reasons, and whose cause
showed signs before the cutoff. A cause is named where one of the first three reasons speaks of what it moves.
"""

from __future__ import annotations

import argparse
from datetime import datetime
from fnmatch import fnmatch
from typing import Any

import duckdb
import pandas as pd

NAMES = {
    "usage_decay": ("usage__*",),
    "unresolved_tickets": ("tickets__*", "feedback__csat*"),
    "failed_payments": ("payments__*",),
    "no_contact": ("interactions__*",),
    "competitor": ("*competitor*", "deals__*"),
    "price_gap": ("*price*", "*offer*"),
}
"""Patterns of the names of signals that a cause moves."""


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--project", default="demo")
    project_name = parser.parse_args().project
    told, truth = explained_leavers(project_name)
    found = told.groupby("customer_id")["signal"].apply(list)
    judged = truth.assign(
        signals=truth["customer_id"].map(found),
        named=lambda rows: [
            names(cause, found.get(who, [])) for cause, who in zip(rows["true_cause"], rows["customer_id"], strict=True)
        ],
    )
    print(
        judged.groupby("true_cause")["named"].agg(["size", "mean"]).to_string(float_format=lambda share: f"{share:.0%}")
    )
    print(f"named among the first three: {judged['named'].mean():.1%} of {len(judged)} leavers (to reach: 70 %)")
    print(f"by the reasons of another of these leavers: {by_others(judged):.1%}")


def by_others(judged: pd.DataFrame) -> float:
    """How often the reasons of one customer name the cause of another: what there is to beat."""
    told = [signals if isinstance(signals, list) else [] for signals in judged["signals"]]
    named = [
        names(cause, signals)
        for who, cause in enumerate(judged["true_cause"])
        for other, signals in enumerate(told)
        if other != who
    ]
    return sum(named) / max(len(named), 1)


def names(cause: str, signals: list[str]) -> bool:
    """Whether one of the signals is what the cause moves."""
    return any(fnmatch(signal, pattern) for signal in signals for pattern in NAMES[cause])


def explained_leavers(project_name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Reasons of the flagged test customers who left for a cause with signs, and these customers' causes."""
    from pipelines.artifacts import Store
    from pipelines.bands import steady_bands
    from pipelines.config import load_project
    from pipelines.panel import project_signals
    from pipelines.rows import labelled_rows
    from pipelines.scoring.peers import TABLE, Peers
    from pipelines.scoring.reasons import explained
    from pipelines.scoring.source import Source
    from pipelines.warehouse.duckdb_file import warehouse
    from training.model import load_model

    project = load_project(project_name)
    store = Store(project.home / "artifacts")
    calendar = store.load("calendar")
    rows = labelled_rows(project, store.path("panel"), store.load("labels"), calendar)
    test = rows.examples.take(rows.split.test)
    model = load_model(store.path("trained") / "models" / store.load("judged")["best"])
    probability = model.predict(test.features)
    scores = pd.DataFrame(
        {
            "customer_id": test.customer,
            "as_of": calendar["test_cutoff"],
            "horizon_days": calendar["horizon_days"],
            "model_version": "",
            "band": steady_bands(probability, project.score),
        }
    )
    signals = pd.concat([test.features, pd.Series(test.customer, name="customer_id")], axis=1)
    read = scores["band"].isin(project.score.reason_bands).to_numpy()
    with warehouse(project.home, read_only=True) as connection:
        connection.execute("CREATE TEMP TABLE _signals AS SELECT * FROM signals")
        peers = Peers.of(Source.of(connection, "_signals"), model.features, store.load("accepted"))
        segment = connection.execute(f"SELECT segment FROM {TABLE} ORDER BY place").df()["segment"]
        usual = peers.usual(segment[read])
    chosen = (signals[read].reset_index(drop=True), scores[read].reset_index(drop=True))
    told = explained(model, *chosen, project.score, dict(project_signals(project)), usual, project.value_names)
    truth = visible(project.home / "truth", datetime.fromisoformat(calendar["test_cutoff"]))
    left = scores[(test.label == 1) & scores["band"].isin(project.score.reason_bands)]
    return told, truth[truth["customer_id"].isin(left["customer_id"])]


def visible(folder: Any, cutoff: datetime) -> pd.DataFrame:
    """Customers whose true cause had begun to show before the cutoff."""
    levels = ", ".join(f"level_{cause}" for cause in NAMES)
    return duckdb.execute(
        f"""
        WITH newest AS (
            SELECT customer_id, {levels} FROM read_parquet(?) WHERE "at" < ?
            QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY "at" DESC) = 1
        ), long AS (UNPIVOT newest ON {levels} INTO NAME level VALUE height)
        SELECT truth.customer_id, true_cause FROM read_parquet(?) truth
        JOIN long ON long.customer_id = truth.customer_id AND level = 'level_' || true_cause AND height > 0
        """,
        [str(folder / "hazard.parquet"), cutoff, str(folder / "truth.parquet")],
    ).df()


if __name__ == "__main__":
    main()
