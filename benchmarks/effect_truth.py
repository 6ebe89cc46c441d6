"""Is what we say of an action true? On the demo company, whose customers' responses to treatment are known.

    python -m benchmarks.effect_truth                          # 40,000 customers, 200 experiments
    python -m benchmarks.effect_truth --customers 5000 --runs 40

effect: experiments on the third of the customers most at risk, drawn again and again: is the true effect recovered, how
often does the interval hold it, and how much narrower does the score taken before make it?
uplift: a model learns from six rounds of experiments on all but large customers, who get visits instead. By models that
have not seen the customer it is decided whether it replaces the risk; a seventh round, whose responses are known, says
what that is worth and how many are contacted who would rather be left alone.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.treated_company import Moment, moments
from evaluation.action.assignment import assign, drawn_arms, two_arms
from evaluation.action.effect import Effect, effect
from evaluation.action.policy import policy_difference, top_share, transformed_outcome
from pipelines.demo.segments import SIZES
from training.examples import Examples
from training.model import FittedModel
from training.splits import stratified
from training.train import TrainSettings, train
from training.uplift import Experiment, cross_fitted_uplift, fit_uplift

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

AT_RISK, CONTROL_SHARE = 1 / 3, 0.3
EXPERIMENTS = 6
LARGE = SIZES.index("large")
BUDGETS = (0.1, 0.2, 0.3)
LIMITS = (0.93, 0.97)


def risk_model(moment: Moment, seed: int = 0) -> FittedModel:
    """Fit the risk on customers whom nobody treats."""
    nobody = np.zeros(len(moment.customer), dtype=np.bool_)
    left = moment.left(np.random.default_rng([seed, 99]), nobody)
    examples = Examples(moment.signals, left.astype(np.int8), moment.customer)
    split = stratified(examples.label, folds=3, key=moment.customer)
    settings = TrainSettings(families=("xgboost",), trials=1, half_life_days=None)
    return train(examples, split, settings).models["xgboost"]


def effects(customers: int, runs: int) -> None:
    """Print how well the effect is recovered and how often its interval holds it."""
    first, last = moments(customers, 2, "call")
    score = risk_model(first).predict(last.signals)
    at_risk = top_share(score, AT_RISK)
    last, score = last.take(at_risk), score[at_risk]
    band = pd.qcut(score, 3, labels=["low", "middle", "high"]).astype(str)
    found = [_experiment(last, score, list(band), run) for run in range(runs)]
    truths = {"stayed": float(last.kept.mean()), "paid a month": float((last.kept * last.value).mean())}
    print(f"effect of a call: {runs} experiments on the {len(score):,} customers most at risk of {customers:,},")
    print(f"  {CONTROL_SHARE:.0%} held back in each of three strata, {last.untreated.mean():.1%} would leave")
    print(f"  {'outcome':<14}{'adjusted':<10}{'true':>9}{'mean found':>12}{'width':>10}{'covered':>10}")
    for outcome, truth in truths.items():
        for name in ("no", "by score"):
            _print_effects(outcome, name, truth, [run[outcome, name] for run in found])


def _experiment(moment: Moment, score: Floats, band: list[str], run: int) -> dict[tuple[str, str], Effect]:
    ids = [f"C{number}" for number in moment.customer]
    arms = assign(f"call-{run}", ids, band, two_arms(CONTROL_SHARE))["arm"].to_numpy()
    treated = arms == "treated"
    # Each outcome is drawn from its probability given all that is known, so that the truth is its mean.
    chance = np.where(treated, moment.treated, moment.untreated)
    stayed = (np.random.default_rng([1, run]).random(len(chance)) >= chance).astype(float)
    expected = {"stayed": score, "paid a month": np.column_stack([score, moment.value, score * moment.value])}
    outcomes = {"stayed": stayed, "paid a month": stayed * moment.value}
    found = {}
    for name, outcome in outcomes.items():
        found[name, "no"] = effect(outcome, treated)
        found[name, "by score"] = effect(outcome, treated, before=expected[name], stratum=band)
    return found


def _print_effects(outcome: str, name: str, truth: float, found: list[Effect]) -> None:
    covered = np.mean([each.low <= truth <= each.high for each in found])
    mean, width = np.mean([each.estimate for each in found]), np.mean([each.high - each.low for each in found])
    print(f"  {outcome:<14}{name:<10}{truth:>9.4f}{mean:>12.4f}{width:>10.4f}{covered:>10.1%}")


@dataclass(frozen=True)
class Lessons:
    """What rounds of experiments taught about one treatment."""

    difference: str
    is_used: bool
    last: Moment
    risk: Floats
    uplift: Floats


def uplifts(customers: int, runs: int) -> None:
    """Print what a ranking by uplift keeps more than one by risk, for a call and for treatment in general."""
    del runs
    for treatment, name in (("call", "a call"), ("any", "treatment to which traits tell next to nothing")):
        learnt = learn(customers, treatment)
        print(f"uplift of {name}: {customers:,} customers, {EXPERIMENTS} rounds of experiments")
        print(f"  kept of 1,000 by uplift less by risk, a fifth contacted, on unseen customers: {learnt.difference}")
        print(f"  so {'uplift' if learnt.is_used else 'risk'} chooses; in truth, on the last round:")
        columns = ("", "risk", "uplift", "best", "risk", "uplift", "risk", "uplift")
        print(f"  {'contacted':<24}{'kept':>8}{'':>18}{'paid a month':>14}{'':>12}{'rather left alone':>20}")
        print("  " + f"{columns[0]:<20}" + "".join(f"{column:>10}" for column in columns[1:]))
        for share in BUDGETS:
            _print_budget(learnt, share)
        helped = learnt.uplift > 0
        print(f"  whoever a call helps: {_words(learnt.last, helped)}; everyone: {_words(learnt.last, helped | True)}")


def learn(customers: int, treatment: str) -> Lessons:
    """Learn from all rounds but the last, decide by models that have not seen the customer, keep the last for truth."""
    everyone = moments(customers, EXPERIMENTS + 2, treatment)
    first, *between, last = (moment.take(moment.signals["size"] < LARGE) for moment in everyone)
    risk = risk_model(first)
    lessons = _pooled([_everyone(moment, risk, number) for number, moment in enumerate(between)])
    customer = np.concatenate([moment.customer for moment in between])
    gains = transformed_outcome(lessons.outcome, lessons.treated, lessons.propensity, 1 - lessons.scale)
    chosen = top_share(cross_fitted_uplift(lessons, customer=customer), BUDGETS[1])
    difference = policy_difference(gains, chosen, top_share(lessons.scale, BUDGETS[1]))
    said = f"{1e3 * difference.estimate:.1f} ({1e3 * difference.low:.1f} to {1e3 * difference.high:.1f})"
    features = _with_score(last, risk)
    score = features["score"].to_numpy()
    return Lessons(said, difference.low > 0, last, score, fit_uplift(lessons).predict(features, score))


def _everyone(moment: Moment, risk: FittedModel, number: int) -> Experiment:
    """Try the treatment on half of all customers, whatever their risk."""
    ids = [f"C{customer}" for customer in moment.customer]
    treated = drawn_arms(f"round-{number}", ids, two_arms(0.5)) == "treated"
    stayed = ~moment.left(np.random.default_rng([2, number]), treated)
    features = _with_score(moment, risk)
    chance = np.full(len(treated), 0.5)
    return Experiment(features, stayed.astype(float), treated, chance, features["score"].to_numpy())


def _with_score(moment: Moment, risk: FittedModel) -> pd.DataFrame:
    return moment.signals.assign(score=risk.predict(moment.signals))


def _pooled(experiments: list[Experiment]) -> Experiment:
    return Experiment(
        pd.concat([each.features for each in experiments], ignore_index=True),
        np.concatenate([each.outcome for each in experiments]),
        np.concatenate([each.treated for each in experiments]),
        np.concatenate([each.propensity for each in experiments]),
        np.concatenate([each.scale for each in experiments]),
    )


def _print_budget(learnt: Lessons, share: float) -> None:
    last = learnt.last
    by_risk, by_uplift, best = (top_share(each, share) for each in (learnt.risk, learnt.uplift, last.kept))
    kept = [float(last.kept[chosen].sum()) for chosen in (by_risk, by_uplift, best)]
    money = [
        float((last.kept * last.value)[top_share(each * last.value, share)].sum())
        for each in (learnt.risk, learnt.uplift)
    ]
    alone = [_sleeping(last, chosen) for chosen in (by_risk, by_uplift)]
    cells = [*(f"{each:.1f}" for each in kept), *(f"{each:,.0f}" for each in money), *(f"{each:.1%}" for each in alone)]
    print("  " + f"{share:<20.0%}" + "".join(f"{cell:>10}" for cell in cells))


def _words(moment: Moment, chosen: Flags) -> str:
    return f"{moment.kept[chosen].sum():.1f} kept, {_sleeping(moment, chosen):.1%} rather left alone"


def _sleeping(moment: Moment, chosen: Flags) -> float:
    return float((moment.response[chosen] == "do_not_disturb").mean())


PARTS: dict[str, Callable[[int, int], None]] = {"effect": effects, "uplift": uplifts}


def main() -> None:
    """Run the parts that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=PARTS, help="one part only")
    parser.add_argument("--customers", type=int, default=40_000, help="customers of the company")
    parser.add_argument("--runs", type=int, default=200, help="experiments drawn")
    given = parser.parse_args()
    for name, part in PARTS.items():
        if given.part in (None, name):
            part(given.customers, given.runs)


if __name__ == "__main__":
    main()
