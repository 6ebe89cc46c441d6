"""The search for booster settings against random search and plain Optuna, and what logging its trials costs.

    python -m benchmarks.search                            # 5 tables, 20 seconds for each search
    python -m benchmarks.search --picture search.svg       # the same, and draw the curves (SVG or PNG)

Every seed makes a table of its own. On it each search minimises the same validation loss over the same folds, from the
same settings to the best number of trees:

- *ours*: the good defaults first, then draws informed by what was seen; bad curves are cut early;
- *random*: the first of these defaults, then draws from the same space at random;
- *TPE*: the first of these defaults, then Optuna's own sampler as it comes.

The target is the best loss that either peer reached in its whole time. Time is that of the processor, which a busy
machine does not change. Every table is small enough for one thread.

Then the same search runs with each trial logged to MLflow in a SQLite file, and the time spent on logging is compared
with that of the whole search.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pandas as pd
import xgboost

from pipelines.config import load_project
from pipelines.experiment import SEARCHED, Experiment
from pipelines.tracking import Tracking
from training.boosting import booster_settings, quantile_matrix
from training.budget import Budget
from training.encoding import Encoding, learn_encoding
from training.examples import Examples
from training.folds import Folds
from training.scoring import level_free_log_loss
from training.search_space import SPACE, STARTS, Parameters
from training.splits import stratified
from training.tune import MOST_ROUNDS, PATIENCE, STEP_ROUNDS, search

ROWS, COLUMNS = 4_000, 24
LARGEST_LOGGING_SHARE = 0.05
OURS, RANDOM, TPE = "ours", "random", "TPE"
# More trials than any search has time for.
UNLIMITED = 10_000


@dataclass(frozen=True)
class Reached:
    """The best loss so far after each trial.

    Parameters
    ----------
    seconds
        Time since the search began, rising.
    losses
        Best loss by then, falling.
    """

    seconds: tuple[float, ...]
    losses: tuple[float, ...]

    def when(self, target: float) -> float:
        """Give the time at which the loss was at the target; infinite if never."""
        return next((at for at, loss in zip(self.seconds, self.losses, strict=True) if loss <= target), float("inf"))

    def at(self, second: float) -> float:
        """Give the best loss at a time; missing before the first trial ended."""
        known = [loss for at, loss in zip(self.seconds, self.losses, strict=True) if at <= second]
        return known[-1] if known else float("nan")


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--picture", type=Path, help="SVG or PNG file to draw into")
    parser.add_argument("--part", choices=("time", "logging"), help="only one of the two claims")
    given = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    holds = []
    if given.part != "logging":
        runs = [compared(seed, given.seconds) for seed in range(given.seeds)]
        holds.append(show(runs, given.seconds))
        if given.picture is not None:
            draw(runs, given.seconds, given.picture)
    if given.part != "time":
        holds.append(logging_is_cheap(given.seconds))
    raise SystemExit(0 if all(holds) else "A claim does not hold.")


def compared(seed: int, seconds: float) -> dict[str, Reached]:
    """Run all searches on the table of one seed."""
    folds = table(seed)
    encoding = learn_encoding(folds.examples.features)
    random = optuna.samplers.RandomSampler(seed=seed)
    own = optuna.samplers.TPESampler(seed=seed)
    return {
        OURS: our_search(folds, encoding, seed, seconds),
        RANDOM: peer_search(folds, encoding, random, seed, seconds),
        TPE: peer_search(folds, encoding, own, seed, seconds),
    }


def table(seed: int) -> Folds:
    """Make a table of customers: half of its columns say something, some only together, some are categories."""
    random = np.random.default_rng(seed)
    values = random.normal(size=(ROWS, COLUMNS))
    weights = random.normal(0, 0.35, COLUMNS // 3)
    risk = values[:, : len(weights)] @ weights - 1.2 + 0.5 * values[:, 0] * values[:, 9] - 0.4 * abs(values[:, 10])
    kinds = random.integers(0, 12, (ROWS, 2))
    risk += random.normal(0, 0.4, 12)[kinds[:, 0]]
    values[random.random(values.shape) < 0.05] = np.nan
    features = pd.DataFrame(values, columns=[f"number_{position}" for position in range(COLUMNS)])
    for position, codes in enumerate(kinds.T):
        features[f"category_{position}"] = pd.Categorical([f"level {code}" for code in codes])
    label = (random.random(ROWS) < 1 / (1 + np.exp(-risk))).astype(np.int8)
    customer = np.arange(ROWS).astype(str).astype(object)
    return Folds(Examples(features, label, customer), stratified(label, folds=3, seed=seed))


def our_search(folds: Folds, encoding: Encoding, seed: int, seconds: float) -> Reached:
    """Search as training does."""
    budget, told = Budget(seconds, time.process_time), []

    def on_trial(number: int, parameters: Parameters, score: float, took: float) -> None:
        told.append((budget.spent(), score))

    search(folds, encoding, trials=UNLIMITED, budget=budget, seed=seed, on_trial=on_trial)
    return reached(told)


def peer_search(
    folds: Folds, encoding: Encoding, sampler: optuna.samplers.BaseSampler, seed: int, seconds: float
) -> Reached:
    """Search with a sampler of Optuna alone, from the first of the good defaults."""
    budget, told = Budget(seconds, time.process_time), []
    parts = [matrices(train, validation, encoding) for train, validation in folds]
    study = optuna.create_study(direction="minimize", sampler=sampler)
    study.enqueue_trial(STARTS[0])
    while budget.left() > 0:
        trial = study.ask()
        parameters = {name: limits.suggest(trial, name) for name, limits in SPACE.items()}
        loss = best_loss(parts, parameters, seed, budget)
        study.tell(trial, loss)
        told.append((budget.spent(), loss))
    return reached(told)


def matrices(train: Examples, validation: Examples, encoding: Encoding) -> tuple[Any, Any, np.ndarray]:
    """Quantise one fold."""
    teaching = quantile_matrix(train, encoding)
    return teaching, quantile_matrix(validation, encoding, reference=teaching), validation.label


def best_loss(parts: list[tuple[Any, Any, np.ndarray]], parameters: Parameters, seed: int, budget: Budget) -> float:
    """Grow a booster on each fold until nothing was gained for long, and give the least mean loss on the way."""
    settings = booster_settings(parameters, seed=seed, device="cpu", threads=1)
    boosters = [xgboost.Booster(settings, [train, validation]) for train, validation, _ in parts]
    best, best_rounds = float("inf"), 0
    for start in range(0, MOST_ROUNDS, STEP_ROUNDS):
        losses = []
        for booster, (train, validation, label) in zip(boosters, parts, strict=True):
            for number in range(start, start + STEP_ROUNDS):
                booster.update(train, number)
            losses.append(level_free_log_loss(label, booster.predict(validation, output_margin=True).astype(float)))
        if np.mean(losses) < best:
            best, best_rounds = float(np.mean(losses)), start + STEP_ROUNDS
        waited = parameters["learning_rate"] * (start + STEP_ROUNDS - best_rounds)
        if waited > PATIENCE or budget.left() <= 0:
            break
    return best


def reached(told: list[tuple[float, float]]) -> Reached:
    """Keep the best loss so far."""
    return Reached(
        tuple(second for second, _ in told), tuple(np.minimum.accumulate([loss for _, loss in told]).tolist())
    )


def show(runs: list[dict[str, Reached]], seconds: float) -> bool:
    """Print when each search was at the target, and tell whether ours was sooner."""
    print(f"{ROWS:,} rows x {COLUMNS + 2} columns, 3 folds, {seconds:.0f} s of processor time for each search")
    print(f"  {'seed':<6} {'target':>9} " + " ".join(f"{name:>22}" for name in runs[0]))
    times: dict[str, list[float]] = {name: [] for name in runs[0]}
    for seed, run in enumerate(runs):
        target = min(run[RANDOM].losses[-1], run[TPE].losses[-1])
        for name, own in run.items():
            times[name].append(own.when(target))
        said = " ".join(f"{told(own, target):>22}" for own in run.values())
        print(f"  {seed:<6} {target:9.5f} {said}")
    medians = {name: statistics.median(own) for name, own in times.items()}
    print(f"  {'median':<16} " + " ".join(f"{shown(value, seconds):>22}" for value in medians.values()))
    holds = medians[OURS] < medians[RANDOM]
    print(f"  ours reaches the target sooner than random search: {'holds' if holds else 'MISSED'}")
    return holds


def told(own: Reached, target: float) -> str:
    """Say when a search was at the target, after how many trials it ended, and at what loss."""
    at = own.when(target)
    when = "never" if np.isinf(at) else f"{at:.1f} s"
    return f"{when}, {len(own.losses)} to {own.losses[-1]:.5f}"


def shown(seconds: float, limit: float) -> str:
    """Say a time, or that it did not suffice."""
    return f"over {limit:.0f} s" if np.isinf(seconds) else f"{seconds:.1f} s"


def draw(runs: list[dict[str, Reached]], seconds: float, picture: Path) -> None:
    """Draw how far above the target each search was over time: the median of the seeds."""
    import altair as alt
    import vl_convert

    from pipelines.report.style import ACCENT, GREY, styled

    times = np.linspace(seconds / 100, seconds, 200)
    points = [
        {"search": name, "second": at, "above": statistics.median(above(run, name, at) for run in runs)}
        for name in (OURS, RANDOM, TPE)
        for at in times
        if all(np.isfinite(above(run, name, at)) for run in runs)
    ]
    chart = alt.Chart(pd.DataFrame(points)).mark_line(interpolate="step-after")
    chart = chart.encode(
        x=alt.X("second:Q", title="seconds of processor time"),
        y=alt.Y("above:Q", title="validation loss above the target, 0.001 nats"),
        color=alt.Color(
            "search:N", title=None, scale=alt.Scale(domain=[OURS, RANDOM, TPE], range=[ACCENT, GREY, GREY])
        ),
        strokeDash=alt.StrokeDash(
            "search:N", title=None, scale=alt.Scale(domain=[OURS, RANDOM, TPE], range=[[1, 0], [6, 3], [2, 2]])
        ),
    )
    drawn = styled(chart.properties(title=f"How near the best peer's loss, median of {len(runs)} tables")).to_dict()
    as_svg = picture.suffix.lower() == ".svg"
    picture.write_bytes(
        vl_convert.vegalite_to_svg(drawn).encode() if as_svg else vl_convert.vegalite_to_png(drawn, scale=2)
    )
    print(f"  drawn in {picture}")


def above(run: dict[str, Reached], name: str, second: float) -> float:
    """Give how far above the best peer's last loss a search was, in thousandths."""
    return 1000 * (run[name].at(second) - min(run[RANDOM].losses[-1], run[TPE].losses[-1]))


def logging_is_cheap(seconds: float) -> bool:
    """Search once with every trial logged as the line does, and compare the time of logging with the whole."""
    with tempfile.TemporaryDirectory() as folder:
        experiment = experiment_in(Path(folder))
        folds = table(0)
        trials = 0

        def on_trial(number: int, parameters: Parameters, score: float, took: float) -> None:
            nonlocal trials
            trials += 1
            experiment.log_trial(number, parameters, score, took)

        encoding = learn_encoding(folds.examples.features)
        budget = Budget(seconds, time.process_time)
        began, others = time.perf_counter(), other_threads()
        search(folds, encoding, trials=UNLIMITED, budget=budget, seed=0, on_trial=on_trial)
        experiment.settle()
        whole, beside = time.perf_counter() - began, other_threads() - others
    share = experiment.seconds / whole
    print(f"{trials} trials; logging held the search up for {experiment.seconds:.2f} s of {whole:.1f} s by the clock")
    print(f"  and took {beside / trials * 1000:.0f} ms of another processor for each trial")
    holds = share <= LARGEST_LOGGING_SHARE
    limit = f"at most {LARGEST_LOGGING_SHARE:.0%}: {'holds' if holds else 'MISSED'}"
    print(f"  share of the search's time {share:.1%}   ({limit})")
    return holds


def other_threads() -> float:
    """Processor time of all threads but this one."""
    return time.process_time() - time.thread_time()


def experiment_in(folder: Path) -> Experiment:
    """Open an experiment in a folder."""
    os.environ.pop("MLFLOW_TRACKING_URI", None)
    project = load_project("demo", [f"tracking.uri=sqlite:///{folder / 'mlflow.db'}"])
    tracking = Tracking(project)
    experiment = Experiment(tracking, project, {"test_cutoff": "2026-01-01"})
    experiment.family_runs[SEARCHED] = tracking.child("xgb", tracking.open())
    return experiment


if __name__ == "__main__":
    main()
