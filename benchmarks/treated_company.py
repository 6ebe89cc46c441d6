"""The demo company in memory, with the response of every customer to treatment: what experiments are held against.

The customers, their causes and their responses are those that ``simulate`` draws with the same seed. Instead of tables
a model sees what the tables tell: traits, the contract calendar, and each cause's sign, which is missed or seen in
error now and then. Leaving is drawn anew by whoever uses it, so that treatment can change it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipelines.demo.causes import CHAINS, LAG_STEPS
from pipelines.demo.clock import STEP_DAYS, Clock, clock_for
from pipelines.demo.company import CHUNK
from pipelines.demo.population import Population, draw_population
from pipelines.demo.responses import RESPONSES, draw_responses, hazard_factors
from pipelines.demo.risk import churn_probability
from pipelines.demo.segments import CHANNELS, INDUSTRIES, REGIONS
from pipelines.demo.states import Lives, live
from pipelines.demo.terms import anniversaries

Floats = npt.NDArray[np.float64]

MONTHS, SEED, ENDS_ON = 24, 7, date(2026, 11, 1)
WEEKS = 8
HORIZON_DAYS = WEEKS * STEP_DAYS
SIGN_SEEN, SIGN_IMAGINED = 0.85, 0.04


@dataclass(frozen=True)
class Moment:
    """Every customer whose relationship had begun at a cutoff, whether the simulation let it leave before or not.

    Parameters
    ----------
    customer
        Running number, shape ``(rows,)``.
    signals
        What is known at the cutoff.
    value
        What the customer pays a month, in currency.
    response
        Name of the response to treatment.
    untreated, treated
        Probability of leaving within the horizon, left alone and treated, given all that is known at the cutoff.
    hazard
        What the weeks after the cutoff really brought, summed up; leaving follows it.
    """

    customer: npt.NDArray[np.int64]
    signals: pd.DataFrame
    value: Floats
    response: npt.NDArray[np.object_]
    untreated: Floats
    treated: Floats
    hazard: Floats

    @property
    def kept(self) -> Floats:
        """How much less likely treatment makes leaving; below 0 for those who would rather be left alone."""
        return self.untreated - self.treated

    def take(self, rows: npt.ArrayLike) -> Moment:
        """Choose customers by mask."""
        rows = np.asarray(rows, dtype=np.bool_)
        signals = self.signals[rows].reset_index(drop=True)
        names = ("customer", "value", "response", "untreated", "treated", "hazard")
        return Moment(signals=signals, **{name: getattr(self, name)[rows] for name in names})

    def left(self, random: np.random.Generator, is_treated: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """Draw who leaves within the horizon."""
        factor = np.where(is_treated, hazard_factors(self.response), 1.0)
        return random.random(len(self.hazard)) < -np.expm1(-self.hazard * factor)


def moments(customers: int, rounds: int, treatment: str, seed: int = SEED) -> list[Moment]:
    """Look at the company at the last ``rounds`` cutoffs whose outcome is known, eight weeks apart."""
    clock = clock_for(ENDS_ON, MONTHS)
    steps = [clock.steps - 1 - WEEKS * back for back in range(rounds, 0, -1)]
    parts: list[list[Moment]] = [[] for _ in steps]
    for chunk, first in enumerate(range(0, customers, CHUNK)):
        sources = [np.random.default_rng(child) for child in np.random.SeedSequence([seed, chunk]).spawn(17)]
        population = draw_population(sources[0], clock, np.arange(first, min(first + CHUNK, customers)))
        lives = live(sources[1], clock, population.conditions)
        codes = draw_responses(sources[3 if treatment == "any" else 15], population, treatment)
        response = np.array(RESPONSES, dtype=object)[codes]
        for part, step in zip(parts, steps, strict=True):
            part.append(_moment(sources[16], clock, population, lives, response, step))
    return [_together(part) for part in parts]


def _moment(
    random: np.random.Generator, clock: Clock, population: Population, lives: Lives, response: np.ndarray, step: int
) -> Moment:
    day = step * STEP_DAYS
    there = np.flatnonzero(population.conditions.started_day < day)
    conditions = population.conditions.take(there)
    levels = lives.levels[there, step - LAG_STEPS : step + 1]
    factors = hazard_factors(response[there])
    moved = replace(conditions, hazard_factor=conditions.hazard_factor * factors)
    weeks = slice(step, step + WEEKS)
    exposed = lives.weekly_notice[there, weeks] + lives.weekly_lapse[there, weeks]
    price = population.seats * population.seat_price * (1 - population.conditions.first_discount)
    return Moment(
        customer=population.number[there],
        signals=_signals(random, clock, population, levels[:, -1], there, day),
        value=price[there],
        response=response[there],
        untreated=churn_probability(clock, conditions, levels, day, HORIZON_DAYS),
        treated=churn_probability(clock, moved, levels, day, HORIZON_DAYS),
        hazard=(lives.hazard[there, weeks].astype(np.float64) * exposed).sum(axis=1),
    )


def _signals(
    random: np.random.Generator, clock: Clock, population: Population, levels: np.ndarray, there: np.ndarray, day: int
) -> pd.DataFrame:
    """Lay out what the tables would tell: traits, the calendar, and signs of each cause through noise."""
    conditions = population.conditions.take(there)
    term = anniversaries(clock, conditions.paid_day, conditions.term_months, np.array([day]))
    columns: dict[str, npt.ArrayLike] = {
        name: np.array(choice.names)[codes[there]]
        for name, choice, codes in (
            ("industry", INDUSTRIES, population.industry),
            ("region", REGIONS, population.region),
            ("channel", CHANNELS, population.channel),
        )
    }
    columns |= {
        "size": population.size[there].astype(float),
        "features_used": population.breadth[there].astype(float),
        "has_manager": population.has_csm[there].astype(float),
        "set_up_done": population.set_up_done[there].astype(float),
        "tenure_days": (day - conditions.started_day).astype(float),
        "days_to_term_end": term.days_left[:, 0].astype(float),
        "term_months": conditions.term_months.astype(float),
        "first_discount": conditions.first_discount,
        "price_rise": levels[:, -1].astype(float),
    }
    for index, chain in enumerate(CHAINS):
        drawn = random.random(len(there))
        sign = np.where(levels[:, index] > 0, levels[:, index] * (drawn < SIGN_SEEN), drawn < SIGN_IMAGINED)
        columns[f"sign_{chain.name}"] = sign.astype(float)
    return pd.DataFrame(columns)


def _together(parts: list[Moment]) -> Moment:
    arrays = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("customer", "value", "response", "untreated", "treated", "hazard")
    }
    return Moment(signals=pd.concat([part.signals for part in parts], ignore_index=True), **arrays)
