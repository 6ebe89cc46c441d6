"""What really happened and why: files that no stage reads, only tests and benchmarks.

``truth.parquet`` holds one row a customer: ``customer_id``, ``churned_at`` (the notice, or the end of a term that was
not renewed; null for those who stay), ``ended_at`` (service stopped), ``is_passive`` (left without notice),
``true_cause`` and ``treatment_response``. ``hazard.parquet`` holds one row a customer and week: ``at``,
``hazard_per_week`` for one week of exposure, ``risk_of_week`` (probability of leaving within that week) and the level
of each cause. ``responses.parquet`` holds one row a customer: ``call``, the response to a call, beside the
``treatment_response`` to treatment in general. ``conditions.parquet`` holds the constants of the latent process.

The risk of a customer at a cutoff is the probability of leaving in ``[cutoff, cutoff + horizon)`` given the levels up
to the week of the cutoff and the contract calendar; what the levels and the offers not yet made will do is integrated
out exactly (see ``risk``). Nobody who sees the tables alone can rank better than by this number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.demo.causes import CAUSE_NAMES, CHAINS, LAG_STEPS, PRICE
from pipelines.demo.clock import BURN_IN_WEEKS, STEP_DAYS, Clock
from pipelines.demo.columns import Words, to_array
from pipelines.demo.conditions import Conditions
from pipelines.demo.customers import customer_ids
from pipelines.demo.responses import RESPONSES, hazard_factors
from pipelines.demo.risk import churn_probability
from pipelines.demo.states import NOT_LEFT
from pipelines.demo.world import World

LEVEL_NAMES = [f"level_{name}" for name in CAUSE_NAMES[: PRICE + 1]]
_DAY_FIELDS = ("started_day", "paid_day")


def truth_table(world: World, response: np.ndarray) -> pa.Table:
    """Lay out one row a customer: when and why it left, and how it responds to treatment."""
    lives = world.lives
    left = lives.left_day != NOT_LEFT
    noticed = lives.notice_day != NOT_LEFT
    churned_at = np.where(noticed, world.notice_at, world.left_at)
    ended_at = np.where(world.left_at < world.clock.end_day, world.left_at, np.nan)
    names = [*CAUSE_NAMES, "none"]
    cause = np.where(lives.cause < 0, len(CAUSE_NAMES), lives.cause)
    return pa.table(
        {
            "customer_id": to_array(customer_ids(world), pa.string()),
            "churned_at": pa.array(world.clock.timestamps(churned_at)),
            "ended_at": pa.array(world.clock.timestamps(ended_at)),
            "is_passive": pa.array(left & ~noticed),
            "true_cause": to_array(Words(cause, names), pa.string()),
            "treatment_response": to_array(Words(response, RESPONSES), pa.string()),
        }
    )


def responses_table(world: World, call: np.ndarray) -> pa.Table:
    """Lay out one row a customer: the response to each treatment that has a name."""
    ids = to_array(customer_ids(world), pa.string())
    return pa.table({"customer_id": ids, "call": to_array(Words(call, RESPONSES), pa.string())})


def hazard_table(world: World) -> pa.Table:
    """Lay out one row a customer and week in which it is a customer; begins ``LAG_STEPS`` weeks before the window."""
    lives, clock = world.lives, world.clock
    week_start = np.arange(clock.steps) * STEP_DAYS
    alive = (world.conditions.started_day[:, None] <= week_start) & (week_start < lives.churned_day[:, None])
    alive[:, : clock.first_step - LAG_STEPS] = False
    row, step = np.nonzero(alive)
    exposed = lives.weekly_notice[row, step] + lives.weekly_lapse[row, step]
    hazard = lives.hazard[row, step].astype(np.float64)
    columns = {
        "customer_id": to_array(customer_ids(world).take(row), pa.string()),
        "at": pa.array(clock.timestamps(week_start[step].astype(float))),
        "hazard_per_week": pa.array(hazard),
        "risk_of_week": pa.array(-np.expm1(-hazard * exposed)),
    }
    levels = lives.levels[row, step]
    return pa.table(columns | {name: pa.array(levels[:, index]) for index, name in enumerate(LEVEL_NAMES)})


def conditions_table(world: World) -> pa.Table:
    """Lay out one row a customer: the constants of its latent process."""
    conditions, clock = world.conditions, world.clock
    columns = {"customer_id": to_array(customer_ids(world), pa.string())}
    for name in (field.name for field in fields(Conditions) if field.name != "onset_factors"):
        values = getattr(conditions, name)
        columns[name] = pa.array(clock.timestamps(values.astype(float)) if name in _DAY_FIELDS else values)
    for index, chain in enumerate(CHAINS):
        columns[f"onset_{chain.name}"] = pa.array(conditions.onset_factors[:, index])
    return pa.table(columns)


def true_risk(truth_folder: Path, cutoffs: Iterable[date | datetime], horizon_days: int) -> pd.DataFrame:
    """Give the true probability of leaving within the horizon for each customer alive at each cutoff.

    Parameters
    ----------
    truth_folder
        Folder that ``simulate`` filled.
    cutoffs
        Instants of prediction within the simulated window; the time of day is dropped.
    horizon_days
        Length of the outcome window in days; it may reach past the window's end.

    Returns
    -------
    pandas.DataFrame
        ``customer_id``, ``cutoff``, ``probability``, and ``churned``: whether the customer left in
        ``[cutoff, cutoff + horizon_days)``. A customer is alive when its relationship began before the cutoff and it
        had not left before. Past the simulated window ``churned`` says nothing: compare only windows that are over.
    """
    parts = []
    for at in _people_at(truth_folder, cutoffs):
        probability = churn_probability(at.clock, at.conditions, at.levels, at.day, horizon_days)
        churned = at.alive["churned_at"] < at.moment + pd.Timedelta(days=horizon_days)
        parts.append(_rows(at, {"probability": probability, "churned": churned}))
    return pd.concat(parts, ignore_index=True)


def true_response(
    truth_folder: Path, cutoffs: Iterable[date | datetime], horizon_days: int, treatment: str = "any"
) -> pd.DataFrame:
    """Give the true probability of leaving of each customer alive at each cutoff, left alone and treated from there on.

    Treatment multiplies the hazard for the whole horizon by the factor of the customer's response.

    Parameters
    ----------
    truth_folder, cutoffs, horizon_days
        As ``true_risk``.
    treatment
        One of ``TREATMENTS``.

    Returns
    -------
    pandas.DataFrame
        ``customer_id``, ``cutoff``, ``response``, ``untreated`` and ``treated``: the two probabilities.
    """
    response = _response(truth_folder, treatment)
    parts = []
    for at in _people_at(truth_folder, cutoffs):
        names = response.loc[at.alive["customer_id"]].to_numpy()
        moved = replace(at.conditions, hazard_factor=at.conditions.hazard_factor * hazard_factors(names))
        untreated, treated = (
            churn_probability(at.clock, conditions, at.levels, at.day, horizon_days)
            for conditions in (at.conditions, moved)
        )
        parts.append(_rows(at, {"response": names, "untreated": untreated, "treated": treated}))
    return pd.concat(parts, ignore_index=True)


@dataclass(frozen=True)
class _People:
    """The customers alive at a cutoff, with what the risk is computed from."""

    clock: Clock
    moment: pd.Timestamp
    day: int
    alive: pd.DataFrame
    conditions: Conditions
    levels: np.ndarray


def _people_at(truth_folder: Path, cutoffs: Iterable[date | datetime]) -> Iterator[_People]:
    conditions = pd.read_parquet(truth_folder / "conditions.parquet")
    truth = pd.read_parquet(truth_folder / "truth.parquet", columns=["customer_id", "churned_at"])
    clock = _clock(truth_folder)
    people = conditions.merge(truth, on="customer_id", validate="one_to_one")
    for cutoff in cutoffs:
        moment = pd.Timestamp(np.datetime64(cutoff, "D"))
        alive = people[(people["started_day"] < moment) & ~(people["churned_at"] < moment)].reset_index(drop=True)
        day = clock.day_of(np.datetime64(cutoff, "D"))
        levels = _levels_until(truth_folder, clock, alive["customer_id"], day)
        yield _People(clock, moment, day, alive, _conditions(clock, alive), levels)


def _rows(at: _People, columns: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame({"customer_id": at.alive["customer_id"], "cutoff": at.moment, **columns})


def _response(truth_folder: Path, treatment: str) -> pd.Series:
    """Response of each customer to a treatment, by customer."""
    file, column = ("truth", "treatment_response") if treatment == "any" else ("responses", treatment)
    table = pd.read_parquet(truth_folder / f"{file}.parquet", columns=["customer_id", column])
    return table.set_index("customer_id")[column].astype("object")


def _clock(truth_folder: Path) -> Clock:
    """Rebuild a time axis on which the stored weeks are the weekly steps."""
    column = pq.read_table(truth_folder / "hazard.parquet", columns=["at"])["at"].to_numpy()
    first = column.min().astype("datetime64[D]")
    burn_in = BURN_IN_WEEKS * STEP_DAYS
    end = column.max().astype("datetime64[D]") + STEP_DAYS
    return Clock(first - burn_in, burn_in, int((end - first).astype(int)) + burn_in)


def _levels_until(truth_folder: Path, clock: Clock, customer_ids: pd.Series, cutoff_day: int) -> np.ndarray:
    """Levels in the weeks up to the cutoff; 0 before a customer began; shape (n, LAG_STEPS + 1, chains + 1)."""
    first = cutoff_day // STEP_DAYS - LAG_STEPS
    weeks = [pd.Timestamp(clock.origin + step * STEP_DAYS) for step in range(first, first + LAG_STEPS + 1)]
    columns = ["customer_id", "at", *LEVEL_NAMES]
    stored = pd.read_parquet(truth_folder / "hazard.parquet", columns=columns, filters=[("at", "in", weeks)])
    by_week = [
        stored[stored["at"] == week].set_index("customer_id")[LEVEL_NAMES].reindex(customer_ids, fill_value=0)
        for week in weeks
    ]
    return np.stack([levels.to_numpy().astype(np.int64) for levels in by_week], axis=1)


def _conditions(clock: Clock, frame: pd.DataFrame) -> Conditions:
    values: dict[str, np.ndarray] = {}
    for field in fields(Conditions):
        if field.name == "onset_factors":
            values[field.name] = frame[[f"onset_{chain.name}" for chain in CHAINS]].to_numpy()
        elif field.name in _DAY_FIELDS:
            days = frame[field.name].to_numpy().astype("datetime64[D]") - clock.origin
            values[field.name] = days.astype(np.int64)
        else:
            values[field.name] = frame[field.name].to_numpy()
    return Conditions(**values)
