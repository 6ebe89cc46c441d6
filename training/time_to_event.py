"""When a customer leaves: the chance of each interval given that the customer is still here when it begins.

One model of that chance answers for all horizons at once, so that the risk within 60 days is never below the risk
within 30 (discrete-time hazard, Singer and Willett 1993). Customers whose outcome is not known to the end count for
the intervals that are known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.encoding import Column, Encoding
from training.errors import TrainingError
from training.examples import Examples
from training.model import Core, core_class, read_json, ready_for, write_json

Floats = npt.NDArray[np.float64]

HAZARD_FILE = "hazard.json"
CORE_FOLDER = "core"
# Number of the interval, given to the model as one more column.
INTERVAL = "interval__number"


@dataclass(frozen=True)
class Durations:
    """How long each customer was seen after the cutoff.

    Parameters
    ----------
    days
        Days from the cutoff to the end of the relationship, or to the last day that is known; 0 or more.
    left
        Whether the relationship ended on that day.
    """

    days: Floats
    left: npt.NDArray[np.bool_]

    def __post_init__(self) -> None:
        if len(self.days) != len(self.left) or not (np.isfinite(self.days).all() and (self.days >= 0).all()):
            raise TrainingError(
                "durations that are negative, unknown or do not fit their ends",
                "days of 0 or more and one end for each",
                "leave out rows without a known time",
            )


@dataclass(frozen=True)
class HazardModel:
    """A model of the hazard in each interval.

    Parameters
    ----------
    core
        Gives the probability of leaving within an interval, given that the customer is there when it begins.
    edges_days
        Ends of the intervals in days, increasing; the first begins at 0.
    """

    core: Core
    edges_days: tuple[float, ...]

    @property
    def features(self) -> list[str]:
        """Columns that the model needs."""
        return [name for name in self.core.features if name != INTERVAL]

    def ready_for(self, rows: int) -> HazardModel:
        """Give the same model made ready to answer for about that many rows."""
        return replace(self, core=ready_for(self.core, rows * len(self.edges_days)))

    def survival(self, frame: pd.DataFrame) -> Floats:
        """Probability of still being here at each edge, shape ``(rows, edges)``."""
        signals = frame[self.features].copy()
        hazards = [
            self.core.probability(signals.assign(**{INTERVAL: float(number)})) for number in range(len(self.edges_days))
        ]
        return np.cumprod(1.0 - np.column_stack(hazards), axis=1, dtype=np.float64)

    def risk(self, frame: pd.DataFrame, days: Sequence[float]) -> Floats:
        """Probability of leaving within so many days.

        Parameters
        ----------
        frame
            Signals.
        days
            Horizons from 0 to the last edge; between edges the hazard is constant.

        Returns
        -------
        numpy.ndarray
            Shape ``(rows, horizons)``; never less for a longer horizon.

        Raises
        ------
        TrainingError
            If a horizon lies outside.
        """
        if min(days) < 0 or max(days) > self.edges_days[-1]:
            raise TrainingError(
                f"horizons of {min(days)} to {max(days)} days",
                f"0 to {self.edges_days[-1]} days",
                "train with longer intervals",
            )
        log_survival = np.log(np.maximum(self.survival(frame), 1e-12))
        at_edges = np.column_stack([np.zeros(len(frame)), log_survival])
        edges = np.array([0.0, *self.edges_days])
        wanted = np.asarray(days, dtype=np.float64)
        return np.column_stack([1.0 - np.exp(_interpolate(at_edges, edges, day)) for day in wanted])

    def expected_days(self, frame: pd.DataFrame) -> Floats:
        """Expected days until the customer leaves, counted up to the last edge only; shape ``(rows,)``."""
        survival = np.column_stack([np.ones(len(frame)), self.survival(frame)])
        widths = np.diff([0.0, *self.edges_days])
        return (survival[:, :-1] + survival[:, 1:]) / 2 @ widths

    def save(self, folder: Path) -> None:
        """Write the model into a folder."""
        core = folder / CORE_FOLDER
        core.mkdir(parents=True)
        self.core.save(core)
        write_json(folder / HAZARD_FILE, {"family": self.core.family, "edges_days": list(self.edges_days)})

    @classmethod
    def load(cls, folder: Path) -> HazardModel:
        """Read back what :meth:`save` wrote."""
        described = read_json(folder / HAZARD_FILE)
        return cls(core_class(described["family"]).load(folder / CORE_FOLDER), tuple(described["edges_days"]))


def fit_hazard(
    examples: Examples,
    durations: Durations,
    encoding: Encoding,
    *,
    edges_days: Sequence[float] = (30.0, 60.0, 90.0),
    family: str = "xgboost",
    parameters: Mapping[str, Any],
    seed: int = 0,
) -> HazardModel:
    """Fit the hazard.

    Parameters
    ----------
    examples
        Rows to learn from; their labels are not read.
    durations
        How long each row's customer was seen.
    encoding
        Kinds and categories of the columns.
    edges_days
        Ends of the intervals in days, increasing and above 0.
    family
        ``logistic`` or ``xgboost``.
    parameters
        Settings of the family.
    seed
        The same seed gives the same model.

    Returns
    -------
    HazardModel
        The fitted model.

    Raises
    ------
    TrainingError
        If the edges do not increase, the family is another, or nobody leaves in any interval.
    """
    edges = tuple(float(edge) for edge in edges_days)
    if not edges or edges[0] <= 0 or (np.diff(edges) <= 0).any():
        raise TrainingError(f"edges {edges}", "increasing days above 0", "correct the horizons")
    periods = person_periods(examples, durations, edges)
    if len(np.unique(periods.label)) < 2:
        raise TrainingError(
            f"{len(periods)} intervals, {int(periods.label.sum())} of them with an end",
            "customers who left and customers who stayed",
            "bring a longer history",
        )
    with_interval = Encoding((*encoding.columns, Column(INTERVAL)))
    return HazardModel(_fit_core(family, periods, with_interval, parameters, seed), edges)


def person_periods(examples: Examples, durations: Durations, edges_days: Sequence[float]) -> Examples:
    """Repeat each row for each interval that is known of it.

    Parameters
    ----------
    examples
        One row a customer and cutoff.
    durations
        How long each was seen.
    edges_days
        Ends of the intervals.

    Returns
    -------
    training.examples.Examples
        A row for an interval in which the customer was seen; the label says whether the customer left within it. An
        interval in whose midst the customer was lost from sight weighs as much as the part of it that was seen, since
        customers who left before that day count in full.
    """
    ends = np.array(edges_days, dtype=np.float64)
    starts = np.concatenate([[0.0], ends[:-1]])
    days, left = durations.days[:, None], durations.left[:, None]
    leaves_within = left & (days >= starts) & (days < ends)
    seen = np.where(leaves_within, 1.0, np.clip((days - starts) / (ends - starts), 0.0, 1.0) * (~left | (days >= ends)))
    row, interval = np.nonzero(seen > 0)
    chosen = examples.take(row)
    own = np.ones(len(row)) if chosen.weight is None else chosen.weight
    return Examples(
        chosen.features.assign(**{INTERVAL: interval.astype(np.float64)}),
        leaves_within[row, interval].astype(np.int8),
        chosen.customer,
        chosen.cutoff,
        own * seen[row, interval],
    )


def kaplan_meier(durations: Durations) -> tuple[Floats, Floats]:
    """Share of customers still here after each day on which someone left (Kaplan and Meier 1958).

    Parameters
    ----------
    durations
        How long each customer was seen.

    Returns
    -------
    tuple
        Days with an end, increasing, and the share still here after each.

    Examples
    --------
    >>> import numpy as np
    >>> days, here = kaplan_meier(Durations(np.array([1.0, 2.0, 2.0, 3.0]), np.array([True, True, False, True])))
    >>> days.tolist(), here.tolist()
    ([1.0, 2.0, 3.0], [0.75, 0.5, 0.0])
    """
    days = np.unique(durations.days[durations.left])
    at_risk = np.array([(durations.days >= day).sum() for day in days])
    ended = np.array([(durations.left & (durations.days == day)).sum() for day in days])
    return days, np.cumprod(1.0 - ended / np.maximum(at_risk, 1))


def _fit_core(family: str, periods: Examples, encoding: Encoding, parameters: Mapping[str, Any], seed: int) -> Core:
    if family == "logistic":
        from training.logistic import fit_logistic

        return fit_logistic(periods, encoding, parameters)
    if family == "xgboost":
        from training.boosting import fit_boosting

        return fit_boosting(periods, encoding, parameters, seed=seed)
    raise TrainingError(f"family {family!r}", "logistic or xgboost", "choose one of them")


def _interpolate(at_edges: Floats, edges: Floats, day: float) -> Floats:
    """Read the log of survival between edges on a straight line, which is a constant hazard."""
    after = min(int(np.searchsorted(edges, day, side="left")), len(edges) - 1)
    before = max(after - 1, 0)
    share = 0.0 if after == before else (day - edges[before]) / (edges[after] - edges[before])
    return at_edges[:, before] * (1 - share) + at_edges[:, after] * share
