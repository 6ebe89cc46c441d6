"""Does acting on the scores spoil the next model? Six rounds of scoring, acting and retraining on the demo company.

    python -m benchmarks.feedback_guard                         # 20,000 customers; draws docs/images/feedback_guard.png
    python -m benchmarks.feedback_guard --customers 3000 --no-picture

Every eight weeks all customers are scored and the riskiest are treated; a hold-out drawn by id is never treated. The
next model learns from the newest two rounds. `keep` learns from all rows as they are, `leave_out` leaves the
treated out, `hold_out_only` learns from the hold-out, all by `training.treated.guard`. Each model is then held against
what would have happened to everybody if nobody had been treated, which only the simulation knows.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import logit

from benchmarks.treated_company import Moment, moments
from evaluation.action.assignment import drawn_arms, two_arms
from training.examples import Examples
from training.model import FittedModel
from training.splits import stratified
from training.train import TrainSettings, train
from training.treated import Mode, guard

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

ROUNDS, UNTREATED_ROUNDS = 6, 2
HOLD_OUT, TREATED_SHARE = 0.2, 0.25
HAZARD_FACTOR = 0.2
"""What the action multiplies the hazard of whom it reaches with: strong, as a spoilt model needs one that works."""
MODES: tuple[Mode, ...] = ("keep", "leave_out", "hold_out_only")
PICTURE = Path("docs/images/feedback_guard.png")


class Company:
    """What one way of learning does to the company: who is still there, and what was seen of them."""

    def __init__(self, mode: Mode, rounds: Sequence[Moment], held_out: Flags) -> None:
        self.mode, self.rounds, self.held_out = mode, rounds, held_out
        self.gone = np.zeros(len(held_out), dtype=np.bool_)
        self.seen: list[tuple[Examples, Flags]] = []
        self.model: FittedModel | None = None

    def play(self, number: int) -> dict[str, float]:
        """Score, judge against the truth, treat, see who leaves, and learn anew; give the figures of the judgement."""
        moment = self.rounds[number]
        moment = moment.take(~self.gone[moment.customer])
        figures, treated = {}, np.zeros(len(moment.customer), dtype=np.bool_)
        if self.model is not None:
            score = self.model.predict(moment.signals)
            figures = judged(score, moment.untreated)
            riskiest = score >= np.quantile(score, 1 - TREATED_SHARE)
            treated = riskiest & ~self.held_out[moment.customer]
        factor = np.where(treated, HAZARD_FACTOR, 1.0)
        left = np.random.default_rng([3, number]).random(len(self.gone))[moment.customer]
        left = left < -np.expm1(-moment.hazard * factor)
        self.gone[moment.customer[left]] = True
        self.seen.append((Examples(moment.signals, left.astype(np.int8), moment.customer), treated))
        if number >= UNTREATED_ROUNDS - 1:
            self.model = self._learnt()
        return figures

    def _learnt(self) -> FittedModel:
        newest = self.seen[-UNTREATED_ROUNDS:]
        examples = Examples(
            pd.concat([each.features for each, _ in newest], ignore_index=True),
            np.concatenate([each.label for each, _ in newest]),
            np.concatenate([each.customer for each, _ in newest]),
        )
        treated = np.concatenate([flags for _, flags in newest])
        rows = guard(examples, treated, self.mode, held_out=self.held_out[examples.customer.astype(np.int64)])
        split = stratified(rows.label, test_share=0.01, folds=3, key=rows.customer)
        settings = TrainSettings(families=("xgboost",), trials=1, half_life_days=None, minimum_positives=20)
        return train(rows, split, settings).models["xgboost"]


def judged(score: Floats, truth: Floats) -> dict[str, float]:
    """Hold scores against the true probabilities: AUC and calibration that a very large company would show."""
    return {
        "auc": expected_auc(score, truth),
        "mean score / true rate": float(score.mean() / truth.mean()),
        "slope": expected_slope(score, truth),
    }


def expected_auc(score: Floats, truth: Floats) -> float:
    """Chance that one who leaves scores above one who stays, each customer counted by its probability of either."""
    order = np.argsort(score, kind="stable")
    leave, stay, ranked = truth[order], 1 - truth[order], score[order]
    starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])
    leave, stay = np.add.reduceat(leave, starts), np.add.reduceat(stay, starts)
    below = np.cumsum(stay) - stay / 2
    return float((leave * below).sum() / (leave.sum() * stay.sum()))


def expected_slope(score: Floats, truth: Floats) -> float:
    """Calibration slope: logistic regression of the true probabilities on the log odds of the score; 1 is right."""
    odds = logit(np.clip(score, 1e-6, 1 - 1e-6))
    design, weights = np.column_stack([np.ones_like(odds), odds]), np.array([0.0, 1.0])
    for _ in range(50):
        fitted = 1 / (1 + np.exp(-design @ weights))
        spread = (design * (fitted * (1 - fitted))[:, None]).T @ design
        weights = weights + np.linalg.solve(spread, design.T @ (truth - fitted))
    return float(weights[1])


def simulate(customers: int) -> pd.DataFrame:
    """Play all rounds for each way of learning; one row a way and round."""
    rounds = moments(customers, UNTREATED_ROUNDS + ROUNDS + 1, "call")
    held_out = drawn_arms("hold_out", [f"C{number}" for number in range(customers)], two_arms(HOLD_OUT)) == "control"
    rows = []
    for mode in MODES:
        company = Company(mode, rounds, held_out)
        for number in range(len(rounds)):
            figures = company.play(number)
            if figures:
                rows.append({"mode": mode, "round": number - UNTREATED_ROUNDS, **figures})
    return pd.DataFrame(rows)


def drawn(table: pd.DataFrame, picture: Path) -> None:
    """Draw AUC and calibration by round."""
    import altair as alt
    import vl_convert

    names = {"keep": "unguarded", "leave_out": "treated left out", "hold_out_only": "hold-out only"}
    long = table.assign(mode=table["mode"].map(names))
    colour = alt.Color("mode:N", title=None, sort=list(names.values())).scale(range=["#c2410c", "#64748b", "#0f766e"])
    base = alt.Chart(long).encode(x=alt.X("round:O", title="retraining round"), color=colour)
    panels = [
        base.mark_line(point=True, strokeWidth=2)
        .encode(y=alt.Y(f"{field}:Q", title=title).scale(zero=False))
        .properties(width=300, height=230)
        for field, title in (
            ("auc", "AUC against the untreated truth"),
            ("ratio", "mean score / true rate (1 is right)"),
            ("slope", "calibration slope (1 is right)"),
        )
    ]
    long["ratio"] = long["mean score / true rate"]
    chart = alt.hconcat(*panels).configure_view(stroke=None).configure_axis(gridColor="#e5e7eb")
    picture.parent.mkdir(parents=True, exist_ok=True)
    picture.write_bytes(vl_convert.vegalite_to_png(chart.to_dict(), scale=1.5))


def main() -> None:
    """Play the rounds, print them and draw them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=20_000, help="customers of the company")
    parser.add_argument("--no-picture", action="store_true", help="only print")
    given = parser.parse_args()
    table = simulate(given.customers)
    for name in ("auc", "mean score / true rate", "slope"):
        print(f"\n{name}, by round; 0: nobody was treated yet")
        print(table.pivot(index="mode", columns="round", values=name).loc[list(MODES)].round(3).to_string())
    if not given.no_picture:
        drawn(table, PICTURE)
        print(f"\nDrawn: {PICTURE}")


if __name__ == "__main__":
    main()
