"""The exact probability of leaving within a horizon, given the latent state at the cutoff.

For independent chains with additive hazards the survival factorises over the causes, and each factor is the
Feynman-Kac expectation ``E[exp(-sum_s h(level_s) * exposure_s)]``. It is computed backwards over the weekly steps:
``u_s(l) = exp(-h_l * exposure_s) * sum_k P_s(l, k) * u_{s+1}(k)``. Nothing is simulated and nothing is approximated.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.demo.causes import (
    CHAIN_HAZARDS,
    CHAINS,
    LAG_STEPS,
    PRICE,
    PRICE_HAZARDS,
    QUIET_HAZARD,
    offer_probabilities,
    step_probabilities,
)
from pipelines.demo.clock import STEP_DAYS, Clock
from pipelines.demo.conditions import Conditions
from pipelines.demo.states import onset_by_step
from pipelines.demo.terms import Offers, exposure, standing_offers


@dataclass(frozen=True)
class Horizon:
    """Weekly steps that a window touches and the exposure of each customer in each; ``weeks`` is (n, steps)."""

    steps: np.ndarray
    weeks: np.ndarray


def churn_probability(
    clock: Clock, conditions: Conditions, levels: np.ndarray, cutoff_day: int, horizon_days: int
) -> np.ndarray:
    """Probability that each customer leaves in ``[cutoff, cutoff + horizon)``.

    Parameters
    ----------
    clock
        The time axis.
    conditions
        The customers.
    levels
        Levels in the ``LAG_STEPS`` weeks before the week of the cutoff and in that week, the price offer last; shape
        (n, LAG_STEPS + 1, chains + 1).
    cutoff_day, horizon_days
        The window.

    Returns
    -------
    np.ndarray
        Shape (n,), in [0, 1).
    """
    horizon = _horizon(clock, conditions, cutoff_day, horizon_days)
    scaled = Horizon(horizon.steps, horizon.weeks * conditions.hazard_factor[:, None])
    survival = np.exp(-QUIET_HAZARD * scaled.weeks.sum(axis=1))
    onset = onset_by_step(clock, conditions, horizon.steps)
    for index, chain in enumerate(CHAINS):
        moves = [step_probabilities(chain, onset[:, step, index]) for step in range(len(horizon.steps))]
        survival *= _expect_lagged(CHAIN_HAZARDS[index], scaled.weeks, moves, levels[:, :, index])
    moves = _offer_moves(conditions, standing_offers(clock, conditions, horizon.steps * STEP_DAYS))
    survival *= _expect(PRICE_HAZARDS, scaled.weeks, moves, levels[:, -1, PRICE])
    return 1 - survival


def _horizon(clock: Clock, conditions: Conditions, cutoff_day: int, horizon_days: int) -> Horizon:
    days = np.arange(cutoff_day, cutoff_day + horizon_days)
    daily = exposure(clock, conditions, days)
    steps, starts = np.unique(days // STEP_DAYS, return_index=True)
    return Horizon(steps, np.add.reduceat((daily.notice + daily.lapse).astype(np.float64), starts, axis=1))


def _expect_lagged(hazards: np.ndarray, weeks: np.ndarray, moves: list[np.ndarray], levels: np.ndarray) -> np.ndarray:
    """Give the expected survival from one chain, first by known levels, then by expected ones."""
    decided = weeks[:, :LAG_STEPS]
    known = np.exp(-(hazards[levels[:, : decided.shape[1]]] * decided).sum(axis=1))
    open_weeks = weeks[:, LAG_STEPS:]
    return known * _expect(hazards, open_weeks, moves[: open_weeks.shape[1]], levels[:, -1])


def _expect(hazards: np.ndarray, weeks: np.ndarray, moves: list[np.ndarray], level: np.ndarray) -> np.ndarray:
    """Give the expected survival from one cause; ``moves[s]`` leads from step ``s - 1`` to step ``s``."""
    ahead = np.ones((len(level), len(hazards)))
    for step in range(len(moves) - 1, -1, -1):
        ahead = np.exp(-hazards * weeks[:, step, None]) * ahead
        if step:
            ahead = np.einsum("nij,nj->ni", moves[step], ahead)
    return np.take_along_axis(ahead, level[:, None].astype(np.int64), axis=1)[:, 0]


def _offer_moves(conditions: Conditions, offers: Offers) -> list[np.ndarray]:
    """Lay out the moves of the price offer: drawn when it goes out, unchanged while it stands, gone afterwards."""
    moves = [np.empty((len(conditions), 3, 3))]
    for step in range(1, offers.stands.shape[1]):
        review = offers.review[:, step]
        is_new = ~(offers.stands[:, step - 1] & (review == offers.review[:, step - 1]))
        drawn = offer_probabilities(conditions.first_discount, review == 0)[:, None, :]
        gone = np.array([1.0, 0.0, 0.0])
        stays = np.where(is_new[:, None, None], drawn, np.eye(3))
        moves.append(np.where(offers.stands[:, step, None, None], stays, gone))
    return moves
