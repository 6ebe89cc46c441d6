"""The scoring job from ready signals to stored scores, against the booster alone on a matrix in memory.

    python -m benchmarks.scoring                                    # 1 million customers, then 5 million
    python -m benchmarks.scoring --customers 100000 --more 500000
    python -m benchmarks.scoring --complete                         # no value is missing, none is a whole number

Signals are as in the demo company's panel: half of them miss a quarter of their values, and two in five are whole
numbers. Missing values are what XGBoost takes longest for; ``--complete`` is the other extreme, of noise alone.

*bare* is ``inplace_predict`` on a ready matrix of 32-bit floats, nothing else. *ours* reads the signals from the
warehouse, predicts, calibrates, finds bands and ranks, writes the scores and the ledger, and commits; *again* does the
same work a second time and must touch no row; *told* writes reasons and levers for those in band high too. Each is a
process of its own on the same model (200 trees of depth 6). For neither counts the time of importing, of reading the
model and of making it ready, which is the same for any number of customers (ours loads compiled code, 1 s), nor that of
making the tables. Bare and ours take turns, medians count. Memory is the most that the process held while it worked.
"""

from __future__ import annotations

import argparse
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from benchmarks.measure import Measured, forget_peak, measured, median, report

LEAST_SPEED, MOST_GB, MOST_GROWTH = 0.6, 1.5, 1.15
TREES, DEPTH, COLUMNS, TAUGHT = 200, 6, 100, 60_000
INSTANT = datetime(2026, 10, 1)
BARE, OURS, AGAIN, TOLD = "bare", "ours", "again", "told"


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--more", type=int, default=5_000_000, help="customers of the second size; 0: none")
    parser.add_argument("--complete", action="store_true", help="signals without missing values and whole numbers")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--work", choices=WORKS, help=argparse.SUPPRESS)
    parser.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work is not None:
        WORKS[given.work](given.home)
        return
    with tempfile.TemporaryDirectory() as folder:
        sizes = [given.customers, *([given.more] if given.more else [])]
        took = [compared(Path(folder) / str(size), size, given.runs, given.complete) for size in sizes]
    holds = show(dict(zip(sizes, took, strict=True)))
    raise SystemExit(0 if holds else "A claim does not hold.")


def compared(home: Path, customers: int, runs: int, complete: bool) -> dict[str, Measured]:
    """Run all contestants on a company of a size."""
    make(home, customers, complete)
    found: dict[str, list[Measured]] = {name: [] for name in WORKS}
    for _ in range(runs):
        for name in WORKS:
            if name in (BARE, OURS) or not found[name]:
                found[name].append(measured(["-m", "benchmarks.scoring", "--work", name, "--home", str(home)]))
    return {name: median(own) for name, own in found.items()}


def show(took: dict[int, dict[str, Measured]]) -> bool:
    """Print what was found, and tell whether every claim holds."""
    for customers, runs in took.items():
        print(f"{customers:,} customers x {COLUMNS} signals, {TREES} trees")
        for name, own in runs.items():
            took_time = f"{own.seconds:8.2f} s {own.processor_seconds:8.2f} s of processor"
            print(f"  {name:<6} {took_time} {own.peak_gb:6.2f} GB {customers / own.seconds:12,.0f} customers/s")
    first, last = (took[size] for size in (min(took), max(took)))
    claims = [("rows/s, ours / bare", first[BARE].seconds / first[OURS].seconds, LEAST_SPEED, True)]
    claims += [(f"peak GB of ours, {size:,}", runs[OURS].peak_gb, MOST_GB, False) for size, runs in took.items()]
    if len(took) > 1:
        claims.append(("peak GB, large / small", last[OURS].peak_gb / first[OURS].peak_gb, MOST_GROWTH, False))
    for name, value, limit, is_least in claims:
        holds = value >= limit if is_least else value <= limit
        bound = f"at {'least' if is_least else 'most'} {limit}"
        print(f"  {name:<28} {value:6.2f}   ({bound}: {'holds' if holds else 'MISSED'})")
    return all(value >= limit if is_least else value <= limit for _, value, limit, is_least in claims)


def make(home: Path, customers: int, complete: bool) -> None:
    """Make the signals of a company, and a model taught on some of it."""
    from pipelines.warehouse.duckdb_file import FILE

    home.mkdir(parents=True)
    values = ", ".join(f"{drawn(place, complete)} AS {name}" for place, name in enumerate(names()))
    with duckdb.connect(str(home / FILE)) as connection:
        connection.execute("SET memory_limit = '2GB'")
        connection.execute(
            f"CREATE TABLE signals AS SELECT 'C' || lpad(i::VARCHAR, 10, '0') AS customer_id, {values} "
            f"FROM range({customers}) _(i)"
        )
        taught = connection.execute(f"SELECT * EXCLUDE (customer_id) FROM signals LIMIT {TAUGHT}").df()
    teach(taught, home / "model")


def drawn(place: int, complete: bool) -> str:
    """Write a signal as SQL: a share, in two of five columns a number of events; every other one misses a quarter."""
    share = f"(hash(i, {place}) >> 11) / 9007199254740992.0::DOUBLE"
    if complete:
        return share
    value = f"floor(-3 * ln(1 - {share}))" if place % 5 < 2 else share
    return f"CASE WHEN hash(i, {place + COLUMNS}) % 4 > 0 THEN {value} END" if place % 2 else value


def teach(frame: pd.DataFrame, folder: Path) -> None:
    """Fit a booster and its calibration on a known process."""
    from training.boosting import fit_boosting
    from training.calibrate import fit_isotonic
    from training.encoding import learn_encoding
    from training.examples import Examples
    from training.model import FittedModel

    known = frame.fillna(0.5).clip(upper=5)
    risk = known["s0"] + 2 * known["s2"] * known["s3"] + sum(known[f"s{place}"] for place in range(4, 14)) / 3
    label = (np.random.default_rng(0).random(len(frame)) < 1 / (1 + np.exp(risk.mean() + 1 - risk))).astype(np.int8)
    half = len(frame) // 2
    examples = Examples(frame, label, np.arange(len(frame)))
    settings = {"max_depth": DEPTH, "rounds": TREES, "learning_rate": 0.05}
    core = fit_boosting(examples.take(np.arange(half)), learn_encoding(frame), settings, seed=0)
    later = frame.iloc[half:]
    calibrator = fit_isotonic(core.probability(later), label[half:])
    FittedModel(core, calibrator).save(folder)


def names() -> list[str]:
    """Names of the signals."""
    return [f"s{place}" for place in range(COLUMNS)]


def bare(home: Path) -> None:
    """Predict with the booster alone from a ready matrix."""
    from pipelines.warehouse.duckdb_file import FILE
    from training.model import load_model

    core: Any = load_model(home / "model").core
    booster = core.booster
    booster.set_param({"nthread": 2})
    with duckdb.connect(str(home / FILE), read_only=True) as connection:
        connection.execute("SET memory_limit = '1GB'")
        columns = ", ".join(f"coalesce({name}, 'nan')::FLOAT AS {name}" for name in names())
        reader = connection.execute(f"SELECT {columns} FROM signals").to_arrow_reader(100_000)
        parts = [np.column_stack([column.to_numpy() for column in batch.columns]) for batch in reader]
    matrix = np.concatenate(parts)
    del parts
    booster.inplace_predict(matrix[:1000])
    forget_peak()
    report(lambda: booster.inplace_predict(matrix))


def ours(home: Path) -> None:
    """Score and store, into empty tables."""
    job(home, [], anew=True)


def again(home: Path) -> None:
    """Score and store what is there already."""
    touched = job(home, [], anew=False)
    if touched:
        raise SystemExit(f"The same work again touched {touched:,} rows.")


def told(home: Path) -> None:
    """Score, explain and store, into empty tables."""
    job(home, ["high"], anew=True)


def job(home: Path, reason_bands: list[str], anew: bool) -> int:
    """Run the scoring job as its stage does, measured, and give the number of rows that it touched."""
    import xgboost  # noqa: F401

    from pipelines.config import load_project
    from pipelines.console import Console, Progress
    from pipelines.scoring.job import Done, Job, now, run_job
    from pipelines.scoring.source import Source
    from pipelines.scoring.subjects import Subjects
    from pipelines.scoring.value import Value
    from pipelines.warehouse.duckdb_file import warehouse
    from training.model import load_model

    project = load_project("demo", [f"score.reason_bands={reason_bands}"])
    accepted: dict[str, Any] = {"flat": True, "schema": "main", "tables": [], "content": "1"}
    manifest = {"project": "demo", "version": 1, "files": {}, "label": {"horizon_days": 60}, "model": "churn"}
    done = list[Done]()
    with warehouse(home) as connection:
        if anew:
            connection.execute("DROP SCHEMA IF EXISTS scores CASCADE")

        source = Source.of(connection, "signals")
        model = load_model(home / "model")
        subjects = Subjects(source, {}, Value(None, same=100.0), None, INSTANT)
        run = Job(project, project.score, accepted, manifest, model, None, INSTANT, now()).ready_for(source.rows)
        progress = Progress(Console(quiet=True), "score")
        forget_peak()
        report(lambda: done.append(run_job(connection, run, subjects, None, progress)))
    return done[0].touched


WORKS = {BARE: bare, OURS: ours, AGAIN: again, TOLD: told}


if __name__ == "__main__":
    main()
