"""The tasks on which models are compared: rows, split and settings, each as the project's own line makes them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.model_tables import FLAT_TABLES, ORDER_LOGS, flat_table, write_order_log

HOME = Path(__file__).parents[1]
SHARED = HOME.parent / "shared" / "data"
TELCO_TEST_SHARE = 0.3
# Real order logs: the project, and what is set otherwise than there.
REAL_ORDERS: dict[str, tuple[str, dict[str, Any]]] = {
    "online_retail": ("online_retail", {}),
    "cdnow": ("cdnow", {}),
    # The same without the rows of windows that are open at the test cutoff.
    "online_retail_over": ("online_retail", {"label.open_windows": False}),
    "cdnow_over": ("cdnow", {"label.open_windows": False}),
    "cdnow_early": (
        "cdnow",
        {
            "label.horizon_days": 90,
            "label.test_cutoff": "1997-10-01T00:00:00",
            "label.data_end": "1998-01-01T00:00:00",
        },
    ),
}
# The demo company that the benchmark's seed 0 stands for.
DEMO_SEED, DEMO_CUSTOMERS = 7, 4_000
# Hand-made signals look back this many days.
WINDOWS_DAYS = (30, 90, 180, 365)


@dataclass(frozen=True)
class Task:
    """Rows to learn from and to be judged on.

    Parameters
    ----------
    name
        Its name.
    examples
        Signals and labels of all rows.
    split
        Folds, training and test rows.
    train
        What the project's configuration says about training.
    rhythm
        For order logs: signals that a person would write by hand, from the orders alone, a row each.
    horizon_days
        Days looked ahead; none for a flat table.
    truth
        True probability of each test row, where it is known.
    purchase_columns
        Signals that tell a buyer's rhythm, for order logs.
    """

    name: str
    examples: Any
    split: Any
    train: Any
    rhythm: pd.DataFrame | None = None
    horizon_days: int | None = None
    truth: np.ndarray | None = None
    purchase_columns: Any = None

    @property
    def test(self) -> Any:
        """Rows that judge."""
        return self.examples.take(self.split.test)


def make_task(name: str, seed: int, work: Path, share: float = 1.0) -> Task:
    """Make a task; the seed chooses the test rows of a flat table, and the table itself of a simulated one.

    Parameters
    ----------
    name
        One of `names`.
    seed
        Only flat and simulated tables depend on it.
    work
        Folder for what the line leaves; what is there already is used again.
    share
        Share of the customers that are kept, to try the benchmark on; of the demo company, so many are simulated.
    """
    if name == "demo":
        return _demo(seed, share, work)
    whole = _make(name, seed, work)
    return whole if share >= 1.0 else _part(whole, share)


def _make(name: str, seed: int, work: Path) -> Task:
    if name == "telco":
        return _telco(seed, work / "telco")
    if name in REAL_ORDERS:
        source, settings = REAL_ORDERS[name]
        return _panel(
            name, str(HOME / "conf" / f"{source}.yaml"), work / name, {"data.root": _data(source), **settings}
        )
    if name in ORDER_LOGS:
        return _simulated_orders(name, seed, work / f"{name}-{seed}")
    return _never_seen(name, seed)


def _part(task: Task, share: float) -> Task:
    """Keep some customers with all their rows."""
    customers = np.unique(task.examples.customer.astype(str))
    kept = set(np.random.default_rng(0).choice(customers, int(share * len(customers)), replace=False))
    mask = np.array([str(customer) in kept for customer in task.examples.customer])
    place = np.cumsum(mask) - 1

    def among(rows: np.ndarray) -> np.ndarray:
        return place[rows[mask[rows]]]

    return replace(
        task,
        examples=task.examples.take(np.flatnonzero(mask)),
        split=task.split.relocated(among),
        rhythm=None if task.rhythm is None else task.rhythm[mask].reset_index(drop=True),
        truth=None if task.truth is None else task.truth[mask[task.split.test]],
    )


def names() -> list[str]:
    """All tasks: those that are named, and tables that no setting has seen."""
    return [*REAL_ORDERS, "telco", "demo", *FLAT_TABLES, *ORDER_LOGS]


def _data(name: str) -> str:
    folder = SHARED / {"online_retail": "online_retail_ii", "cdnow": "cdnow", "telco": "telco_ibm"}[name]
    if not folder.is_dir():
        raise SystemExit(f"{name} needs its data in {folder}; leave the task out, or bring them there.")
    return str(folder)


def _panel(name: str, conf: str, work: Path, settings: dict[str, Any]) -> Task:
    from pipelines.purchases import purchase_columns

    runner, rows = _line(conf, work, settings)
    label = runner.project.label
    horizon_days = label.gap_days + label.horizon_days
    orders = _orders(runner.project)
    rhythm = None if orders is None else hand_made(orders, rows.examples.customer, rows.examples.cutoff)
    columns = purchase_columns(runner.project, rows.examples.features)
    return Task(name, rows.examples, rows.split, runner.project.train, rhythm, horizon_days, purchase_columns=columns)


def _demo(seed: int, share: float, work: Path) -> Task:
    from pipelines.demo import true_risk

    settings = {"simulate.seed": DEMO_SEED + seed, "simulate.customers": round(DEMO_CUSTOMERS * share)}
    own = work / f"demo-{settings['simulate.seed']}-{settings['simulate.customers']}"
    runner, rows = _line(str(HOME / "conf" / "demo.yaml"), own, settings)
    label = runner.project.label
    horizon_days = label.gap_days + label.horizon_days
    cutoff = datetime.fromisoformat(runner.store.load("calendar")["test_cutoff"])
    risk = true_risk(runner.project.home / "truth", [cutoff], horizon_days).set_index("customer_id")["probability"]
    task = Task("demo", rows.examples, rows.split, runner.project.train, None, horizon_days)
    return replace(task, truth=risk.loc[task.test.customer].to_numpy())


def _telco(seed: int, work: Path) -> Task:
    runner, rows = _line(str(HOME / "conf" / "telco.yaml"), work, {"data.root": str(_without_twins(work))})
    order = pd.read_csv(work / "once" / "Telco-Customer-Churn.csv", usecols=["customerID"])["customerID"]
    shuffled = np.random.default_rng(seed).permutation(len(order))
    judged = set(order.iloc[shuffled[int((1 - TELCO_TEST_SHARE) * len(order)) :]])
    mask = np.array([customer in judged for customer in rows.examples.customer])
    return Task("telco", rows.examples, _given(mask, rows.examples, runner.project.train), runner.project.train)


def _without_twins(work: Path) -> Path:
    """Folder with the table in which customers who differ in nothing but their number stand once."""
    table = pd.read_csv(Path(_data("telco")) / "Telco-Customer-Churn.csv", dtype=str, keep_default_na=False)
    folder = work / "once"
    folder.mkdir(parents=True, exist_ok=True)
    once = table.drop_duplicates([name for name in table if name != "customerID"])
    once.to_csv(folder / "Telco-Customer-Churn.csv", index=False)
    return folder


def _never_seen(name: str, seed: int) -> Task:
    from pipelines.config import load_project
    from training.examples import Examples

    features, label, truth = flat_table(FLAT_TABLES[name], seed)
    customer = np.array([f"c{number:06d}" for number in range(len(label))], dtype=object)
    examples = Examples(features, label, customer)
    train = load_project(str(HOME / "conf" / "telco.yaml"), [], {}).train
    mask = np.random.default_rng(seed).random(len(label)) < TELCO_TEST_SHARE
    split = _given(mask, examples, train)
    return Task(name, examples, split, train, truth=truth[split.test])


def _simulated_orders(name: str, seed: int, work: Path) -> Task:
    conf = write_order_log(ORDER_LOGS[name], seed, work)
    return _panel(name, str(conf), work, {})


def _given(mask: np.ndarray, examples: Any, train: Any) -> Any:
    from training.splits import given

    return given(mask, examples.label, folds=train.folds, seed=train.seed, key=examples.customer)


def _line(conf: str, work: Path, settings: dict[str, Any]) -> tuple[Any, Any]:
    """Run the project's line up to its signals, and read rows and split as training does."""
    from pipelines.config import load_project
    from pipelines.console import Console
    from pipelines.rows import labelled_rows
    from pipelines.runner import Runner

    work.mkdir(parents=True, exist_ok=True)
    own = {"workspace": str(work), "tracking.uri": f"sqlite:///{work}/mlflow.db", **settings}
    overrides = [f"{key}={json.dumps(value)}" for key, value in own.items()]
    with _inside(work):
        if conf.endswith("demo.yaml"):
            overrides.append(f"data.root={json.dumps(str(work / 'demo' / 'source'))}")
        runner = Runner(load_project(conf, overrides, {}), Console(quiet=True))
        runner.line(until="features")
        store = runner.store
        rows = labelled_rows(runner.project, store.path("panel"), store.load("labels"), store.load("calendar"))
    return runner, rows


@contextmanager
def _inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def _orders(project: Any) -> pd.DataFrame | None:
    from pipelines.warehouse.duckdb_file import warehouse

    with warehouse(project.home, read_only=True) as connection:
        return connection.execute("SELECT customer_id, ordered_at, amount FROM accepted.orders").df()


def hand_made(orders: pd.DataFrame, customer: np.ndarray, cutoff: np.ndarray) -> pd.DataFrame:
    """Recency, frequency, monetary value and rhythm of each customer as of its cutoff, written for this purpose alone.

    Parameters
    ----------
    orders
        ``customer_id``, ``ordered_at``, ``amount``.
    customer, cutoff
        Of each row.

    Returns
    -------
    pandas.DataFrame
        One row each, in the same order; ``repeats``, ``span_days`` and ``age_days`` are what BG/NBD reads.
    """
    parts = []
    for at in np.unique(cutoff):
        known = orders[orders["ordered_at"] < at]
        rows = _as_of(known, pd.Timestamp(at)).reindex(customer[cutoff == at])
        parts.append(rows.set_index(np.flatnonzero(cutoff == at)))
    return pd.concat(parts).sort_index()


def _as_of(known: pd.DataFrame, at: pd.Timestamp) -> pd.DataFrame:
    day = known["ordered_at"].dt.floor("D")
    by_customer = known.assign(day=day).groupby("customer_id")
    first, last, days = by_customer["day"].min(), by_customer["day"].max(), by_customer["day"].nunique()
    found = pd.DataFrame(
        {
            "recency_days": (at - last).dt.days,
            "age_days": (at - first).dt.days,
            "span_days": (last - first).dt.days,
            "repeats": days - 1,
            "orders": by_customer.size(),
            "spend": by_customer["amount"].sum(),
        }
    )
    found["gap_days_mean"] = found["span_days"] / found["repeats"].where(found["repeats"] > 0)
    found["silence_ratio"] = found["recency_days"] / found["gap_days_mean"]
    for days_back in WINDOWS_DAYS:
        recent = known[known["ordered_at"] >= at - timedelta(days=days_back)].groupby("customer_id")
        found[f"orders_{days_back}d"] = recent.size().reindex(found.index, fill_value=0)
        found[f"spend_{days_back}d"] = recent["amount"].sum().reindex(found.index, fill_value=0.0)
    return found.astype(np.float64)
