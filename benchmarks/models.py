"""Our models against what a data scientist would otherwise pick up, on the same rows.

    python -m benchmarks.models --install --task telco         # builds the environment of the peers first
    python -m benchmarks.models                                # all tasks, five seeds, all peers: hours
    python -m benchmarks.models --task telco --seeds 1 --peers logistic catboost
    python -m benchmarks.models --task telco --share 0.2 --budget-s 10 --peers-budget-s 10 --seeds 1   # does it run

The peers live in an environment of their own (`--peers-python`, or let `--install` build it); a peer that is not there
or fails is named and left out. Rows go to them as Parquet and probabilities come back. Ours is the project's own
training with 180 seconds (`--budget-s`); FLAML gets 120 and AutoGluon 180 (`--peers-budget-s`: both so many). What was
measured stays in `--work`, apart for each share and budget, and a later call measures only what is missing.

A seed is the seed of the models; for flat tables also that of their test rows, and for simulated ones (the demo company
among them: seed 0 is the company of `conf/demo.yaml`) that of the whole table. A difference is the mean over the seeds,
its interval from customers drawn again 1,000 times; the interval of a target is of the mean over the seeds. Task
`cdnow_early` is CDNOW three months earlier, over before its test window begins: settings may be chosen by it. In a
panel ours also learns from windows that are open at the test cutoff, what is known of them by then; peers need a label.
The tasks `cdnow_over` and `online_retail_over` go without.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.model_differences import Judged, mean_advantage
from benchmarks.model_ours import OURS
from benchmarks.model_peers import LABEL, LATEST, PEERS, TEST
from benchmarks.model_targets import figures, judge, knows_truth
from benchmarks.model_tasks import HOME, Task, make_task, names

PEERS_FOLDER = HOME / ".venv-peers"
NOT_INSTALLED = 3
BUDGET_S = 180.0


@dataclass(frozen=True)
class Outcome:
    """What a method said about the test rows, and what that took."""

    probability: np.ndarray
    seconds: float
    peak_gb: float
    chosen: str = ""


def main() -> None:
    """Run and print."""
    given = _arguments()
    if given.install:
        _install()
    for name in given.task:
        _compare(name, given)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--task", nargs="+", choices=names(), default=names(), metavar="TASK", help=", ".join(names()))
    parser.add_argument("--seeds", type=int, default=5, help="0, 1, ... up to this number")
    parser.add_argument("--peers", nargs="*", choices=list(PEERS), default=list(PEERS), metavar="PEER")
    parser.add_argument("--peers-python", type=Path, default=PEERS_FOLDER / "bin" / "python")
    parser.add_argument("--install", action="store_true", help="build the peers' environment first (uv, minutes)")
    parser.add_argument("--work", type=Path, default=HOME / "workspace" / "benchmarks")
    parser.add_argument("--again", action="store_true", help="measure ours again")
    parser.add_argument("--share", type=float, default=1.0, help="share of the customers, to try it on")
    parser.add_argument("--budget-s", type=float, default=BUDGET_S, help="seconds for ours")
    parser.add_argument("--peers-budget-s", type=float, help="seconds for FLAML and AutoGluon each, to try them")
    given = parser.parse_args()
    budgets = [given.budget_s, *([] if given.peers_budget_s is None else [given.peers_budget_s])]
    if not 0.0 < given.share <= 1.0 or min(budgets) <= 0.0:
        parser.error("--share lies above 0 and is at most 1; --budget-s and --peers-budget-s lie above 0")
    return given


def _install() -> None:
    python = PEERS_FOLDER / "bin" / "python"
    subprocess.run(["uv", "venv", "--python", "3.11", str(PEERS_FOLDER)], check=True)
    wanted, override = (str(HOME / "benchmarks" / name) for name in ("peers.txt", "peers-override.txt"))
    told = ["-r", wanted, "--override", override]
    subprocess.run(["uv", "pip", "install", "--python", str(python), *told], check=True)


def _compare(name: str, given: argparse.Namespace) -> None:
    """Measure every method with every seed, print each as it is there, then the comparison."""
    found: dict[str, list[Outcome]] = {}
    judged: list[Any] = []
    for seed in range(given.seeds):
        task = make_task(name, seed, given.work, given.share)
        folder = given.work / "models" / _folder_name(name, seed, given)
        _write_rows(task, folder)
        judged.append(task)
        _print_heading(task, seed)
        for method in [OURS, *given.peers]:
            outcome = _outcome(method, task, seed, folder, given)
            if outcome is not None:
                found.setdefault(method, []).append(outcome)
                print(_line(method, outcome, task), flush=True)
    _print_summary(judged, found, whole=given.share == 1.0)


def _folder_name(name: str, seed: int, given: argparse.Namespace) -> str:
    """Name that changes with whatever was made smaller, so that a trial is never taken for the real thing."""
    smaller = {
        "share": (given.share, 1.0),
        "ours": (given.budget_s, BUDGET_S),
        "peers": (given.peers_budget_s, None),
    }
    changed = [f"{what}{value:g}" for what, (value, usual) in smaller.items() if value != usual]
    return "-".join([name, str(seed), *changed])


def _write_rows(task: Task, folder: Path) -> None:
    """Write signals, keys, and what is written by hand, the training rows first come first."""
    folder.mkdir(parents=True, exist_ok=True)
    used = np.concatenate([task.split.train, task.split.test])
    rows = task.examples.take(used)
    test = np.arange(len(used)) >= len(task.split.train)
    keys = pd.DataFrame({TEST: test, LABEL: np.where(test, np.nan, rows.label)})
    keys[LATEST] = False if rows.cutoff is None else ~test & (rows.cutoff == rows.cutoff[~test].max())
    keys.to_parquet(folder / "keys.parquet")
    rows.features.to_parquet(folder / "rows.parquet")
    if task.rhythm is not None:
        by_hand = task.rhythm.iloc[used].reset_index(drop=True).assign(horizon_days=task.horizon_days)
        by_hand.to_parquet(folder / "rhythm.parquet")


def _outcome(method: str, task: Task, seed: int, folder: Path, given: argparse.Namespace) -> Outcome | None:
    """Take over what was measured before, or measure; none where the method does not apply or is not installed."""
    if method != OURS and PEERS[method].by_hand and task.rhythm is None:
        return None
    record = folder / f"{method}.json"
    if not record.is_file() or (method == OURS and given.again):
        done = _run(method, task.name, seed, folder, given)
        if done is None:
            return None
        record.write_text(done, encoding="utf-8")
    probability = pd.read_parquet(folder / f"{method}.parquet")["probability"].to_numpy()
    return Outcome(probability, *json.loads(record.read_text(encoding="utf-8")))


def _run(method: str, name: str, seed: int, folder: Path, given: argparse.Namespace) -> str | None:
    if method == OURS:
        told = [name, str(seed), str(given.work), str(folder), str(given.share), str(given.budget_s)]
        command = [sys.executable, "-m", "benchmarks.model_ours", *told]
    else:
        own = [] if given.peers_budget_s is None else [str(given.peers_budget_s)]
        command = [str(given.peers_python), "-m", "benchmarks.model_peers", method, str(folder), str(seed), *own]
    if not Path(command[0]).exists():
        print(f"  {method:<11} left out: {command[0]} is not there (--install builds it)")
        return None
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, cwd=HOME)
    if done.returncode == NOT_INSTALLED:
        print(f"  {method:<11} left out: {PEERS[method].library} is not installed")
        return None
    if done.returncode and method == OURS:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}; its message is above.")
    if done.returncode:
        print(f"  {method:<11} left out: ended with {done.returncode}; its message is above")
        return None
    return done.stdout.splitlines()[-1]


def _print_heading(task: Task, seed: int) -> None:
    label = task.test.label
    print(
        f"\n{task.name}, seed {seed}: {len(task.split.train):,} training rows x {task.examples.features.shape[1]} "
        f"columns, {len(label):,} test rows, {label.mean():.1%} left"
    )
    print(f"  {'':<11} {'AUC':>7} {'AP':>7} {'log loss':>9} {'slope':>6} {'ECE':>6} {'seconds':>8} {'peak GB':>8}")


def _line(method: str, outcome: Outcome, task: Task) -> str:
    own = figures(task, outcome.probability)
    return (
        f"  {method:<11} {own['roc_auc']:7.4f} {own['pr_auc']:7.4f} {own['log_loss']:9.4f} "
        f"{own['calibration_slope']:6.2f} {own['ece']:6.3f} {outcome.seconds:8.1f} {outcome.peak_gb:8.2f}"
        f"  {outcome.chosen}{_against_truth(own, task)}"
    ).rstrip()


def _against_truth(measured: dict[str, float], task: Task) -> str:
    """Tell, where the true risk is known, how near it we are and what it gives itself on these rows."""
    if not knows_truth(task):
        return ""
    best = figures(task, task.truth)
    return (
        f"\n{'':<13} of the way to the true risk (AUC {best['roc_auc']:.4f}): {measured['way']:.1%}, "
        f"whoever might have left {measured['expected_way']:.1%}"
        f"\n{'':<13} slope, whoever might have left: {measured['expected_slope']:.2f}; "
        f"of the true risk itself here: {best['calibration_slope']:.2f}"
    )


def _print_summary(tasks: Sequence[Task], found: dict[str, list[Outcome]], *, whole: bool) -> None:
    """Means over the seeds, ours minus each peer, and on the whole task whether its targets hold."""
    print(f"\n{tasks[0].name}, mean of {len(tasks)} seeds; ours minus the peer, above 0 ours is better")
    ours = _measured(tasks, found[OURS])
    print(_means(OURS, ours))
    for line in judge(tasks[0].name, ours.to_dict("records")) if whole else ():
        print(f"    {line}")
    for method, outcomes in found.items():
        if method == OURS:
            continue
        if len(outcomes) < len(tasks):
            print(f"  {method:<11} left out: measured with {len(outcomes)} seeds only")
            continue
        theirs = _measured(tasks, outcomes)
        print(f"{_means(method, theirs)}   {_differences(tasks, found[OURS], outcomes)}{_without_luck(ours - theirs)}")


def _measured(tasks: Sequence[Task], outcomes: Sequence[Outcome]) -> pd.DataFrame:
    """Figures of one method, a row each seed."""
    return pd.DataFrame([figures(task, own.probability) for task, own in zip(tasks, outcomes, strict=True)])


def _means(method: str, measured: pd.DataFrame) -> str:
    mean = measured.mean()
    return f"  {method:<11} {mean['roc_auc']:7.4f} {mean['pr_auc']:7.4f} {mean['log_loss']:9.4f}"


def _without_luck(gains: pd.DataFrame) -> str:
    """Tell ours minus the peer by the true risk, where it is known."""
    if "expected_way" not in gains:
        return ""
    mean = gains.mean()
    return (
        f"\n{'':<13} whoever might have left: way to the true risk {mean['expected_way']:+.1%}, "
        f"log loss {-mean['expected_log_loss']:+.4f}"
    )


def _differences(tasks: Sequence[Task], ours: Sequence[Outcome], theirs: Sequence[Outcome]) -> str:
    seeds = [
        Judged(task.test.label, task.test.customer, first.probability, second.probability)
        for task, first, second in zip(tasks, ours, theirs, strict=True)
    ]
    parts = []
    for metric, words in (("roc_auc", "AUC"), ("log_loss", "log loss")):
        found = mean_advantage(seeds, metric)
        parts.append(f"{words} {found.estimate:+.4f} ({found.low:+.4f} to {found.high:+.4f}) {found.standing}")
    return ", ".join(parts)


if __name__ == "__main__":
    main()
