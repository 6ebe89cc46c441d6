"""Are the judgements true? Over companies whose process is known: intervals, comparisons, the high-risk portrait.

    python -m benchmarks.judgement_truth                   # all parts, 200 companies each
    python -m benchmarks.judgement_truth --part intervals

intervals: how often the interval of each figure of the scorecard holds what the figure is among a million customers.
alike: how often two models that are equally good are declared different, by the comparison that promotes models.
portrait: whether the high-risk portrait names the planted segment, and how true the churn rate is that it tells.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit

from evaluation.model.bootstrap import Difference, intervals, paired_difference
from evaluation.model.portrait import Sample, portraits
from evaluation.model.scorecard import scorecard

Floats = NDArray[np.float64]

LEVEL = 0.95
CUTOFFS = 2
CUSTOMERS = 1500
MANY_CUSTOMERS = 1_000_000


@dataclass(frozen=True)
class Company:
    """Labels and scores of customers at two cutoffs; both share what no model sees of a customer."""

    label: Floats
    seen: Floats
    customer: NDArray[np.int64]

    @property
    def probability(self) -> Floats:
        """What a model says that sees one of two traits, a little too sure of itself."""
        return np.asarray(expit(-2.7 + 1.3 * self.seen))


def company(seed: int, customers: int) -> Company:
    """Draw a company in which about one row in ten leaves."""
    random = np.random.default_rng(seed)
    customer = np.repeat(np.arange(customers), CUTOFFS)
    lasting, hidden = random.normal(size=(2, customers))
    seen = 0.8 * lasting[customer] + 0.6 * random.normal(size=customer.size)
    label = random.random(customer.size) < expit(-2.8 + 1.2 * seen + 0.7 * hidden[customer])
    return Company(label.astype(np.float64), seen, customer)


def coverage(runs: int) -> None:
    """Print how often each interval holds the true figure."""
    whole = company(10**6, MANY_CUSTOMERS)
    truth = scorecard(whole.label, whole.probability)
    held: dict[str, list[bool]] = {}
    width: dict[str, list[float]] = {}
    for seed in range(runs):
        seen = company(seed, CUSTOMERS)
        for name, found in intervals(seen.label, seen.probability, seen.customer, level=LEVEL, seed=seed).items():
            held.setdefault(name, []).append(found.low <= truth[name] <= found.high)
            width.setdefault(name, []).append(found.high - found.low)
    print(f"intervals at {LEVEL:.0%}: {runs} companies of {CUSTOMERS:,} customers at {CUTOFFS} cutoffs")
    print(f"  {'figure':<24}{'true value':>12}{'mean width':>12}{'covered':>10}")
    for name, covered in held.items():
        print(f"  {name:<24}{truth[name]:>12.4f}{np.mean(width[name]):>12.4f}{np.mean(covered):>10.1%}")
    everything = np.mean([share for covered in held.values() for share in covered])
    print(f"  {'all figures':<48}{everything:>10.1%}   ({_within(runs)} by chance where each covers {LEVEL:.0%})")


def alike(runs: int) -> None:
    """Print how often two models of the same quality are declared different."""
    for metric in ("log_loss", "roc_auc"):
        found = [_equals(seed, metric) for seed in range(runs)]
        declared = np.mean([difference.declared for difference in found])
        promoted = np.mean([difference.low > 0 for difference in found])
        print(
            f"two equal models by {metric}: declared different in {declared:.1%} of {runs} runs, "
            f"the challenger promoted in {promoted:.1%} (at most {1 - LEVEL:.0%})"
        )


def _equals(seed: int, metric: str) -> Difference:
    rows = company(seed, CUSTOMERS)
    noise = np.random.default_rng([seed, 1]).normal(scale=0.4, size=(2, rows.seen.size))
    first, second = (expit(-2.7 + 1.1 * (rows.seen + each)) for each in noise)
    return paired_difference(rows.label, first, second, rows.customer, metric=metric, level=LEVEL, seed=seed)


def portrait(runs: int) -> None:
    """Print how often the planted group is the first portrait, and how often the rates that are told are true."""
    named, alike_members, covered, lifts = [], [], [], []
    for seed in range(runs):
        (learn, _, _), (check, truth, member) = planted([seed, 0]), planted([seed, 1])
        found = portraits(learn, check, {})["portraits"]
        first = found[0]
        named.append(set(first["signals"]) == {"logins", "industry"})
        inside = _members(first, check.signals)
        alike_members.append((inside & member).sum() / (inside | member).sum())
        covered.append(first["rate_low"] <= truth[inside].mean() <= first["rate_high"])
        lifts.append(first["lift_low"] <= truth[inside].mean() / truth.mean() <= first["lift_high"])
    print(f"portraits: {runs} companies in which retailers with at most 4 logins leave in 30 %, others in 4 %")
    print(f"  the first portrait names exactly the two planted traits  {np.mean(named):>7.1%}")
    print(f"  customers that it shares with the planted group          {np.mean(alike_members):>7.1%}")
    print(f"  its churn rate on later customers is covered             {np.mean(covered):>7.1%}   (95 % asked)")
    print(f"  its lift is covered                                      {np.mean(lifts):>7.1%}   (95 % asked)")


def planted(seed: list[int], customers: int = 4000) -> tuple[Sample, Floats, NDArray[np.bool_]]:
    """Draw customers of whom one group leaves often, and a model that sees it through noise; give the truth, too."""
    random = np.random.default_rng(seed)
    signals = pd.DataFrame(
        {
            "logins": random.poisson(7, customers).astype(float),
            "industry": random.choice(["retail", "software", "finance", "health"], customers),
            "tickets": random.poisson(1, customers).astype(float),
            "spend": random.lognormal(3, 1, customers),
            "tenure": random.integers(0, 1000, customers).astype(float),
        }
    )
    member = ((signals["logins"] <= 4) & (signals["industry"] == "retail")).to_numpy()
    truth = np.where(member, 0.30, 0.04)
    label = (random.random(customers) < truth).astype(float)
    probability = expit(logit(truth) + random.normal(0, 0.5, customers))
    return Sample(signals, probability, label, np.arange(customers)), truth, member


def _members(found: dict[str, Any], signals: pd.DataFrame) -> NDArray[np.bool_]:
    """Read the words of a portrait back: who is meant by them."""
    inside = np.ones(len(signals), dtype=bool)
    for name, said in zip(found["signals"], found["traits_en"], strict=True):
        phrase = said.partition(": ")[2]
        column = signals[name]
        if phrase.startswith("at most "):
            inside &= (column <= float(phrase.removeprefix("at most ").replace(",", ""))).to_numpy()
        elif phrase.startswith("at least "):
            inside &= (column >= float(phrase.removeprefix("at least ").replace(",", ""))).to_numpy()
        elif phrase.startswith("not "):
            inside &= (column != phrase.removeprefix("not ")).to_numpy()
        else:
            inside &= (column == phrase).to_numpy()
    return inside


def _within(runs: int) -> str:
    spread = 1.96 * math.sqrt(LEVEL * (1 - LEVEL) / runs)
    return f"{LEVEL - spread:.0%} to {min(LEVEL + spread, 1):.0%}"


PARTS: dict[str, Callable[[int], None]] = {"intervals": coverage, "alike": alike, "portrait": portrait}


def main() -> None:
    """Run the parts that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=PARTS, help="one part only")
    parser.add_argument("--runs", type=int, default=200, help="companies drawn for each part")
    given = parser.parse_args()
    for name, part in PARTS.items():
        if given.part in (None, name):
            part(given.runs)


if __name__ == "__main__":
    main()
