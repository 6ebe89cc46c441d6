"""Why customers leave: the latent process behind every sign and every loss.

Each customer carries one small chain for each cause with three levels: 0 absent, 1 mild, 2 severe. A chain moves once
a week. Its signs show at once; the wish to leave follows ``LAG_STEPS`` weeks later. The causes compete: a customer's
hazard is the sum over causes of ``hazards[level]``, times the customer's own factor, times the exposure that the
contract calendar gives (notice is mostly given near the end of a term). Because the chains are independent and the
hazards add up, the true risk of any horizon can be computed exactly (see ``risk``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Cause:
    """One cause as a weekly chain.

    Parameters
    ----------
    name
        Name in the truth file.
    hazards
        Hazard of leaving at each level, for one week of exposure.
    onset, worsen
        Weekly probability of 0 to 1 and of 1 to 2.
    ease
        Weekly probability of 1 to 0.
    relieve, heal
        Weekly probability of 2 to 1 and of 2 to 0.
    """

    name: str
    hazards: tuple[float, float, float]
    onset: float
    worsen: float
    ease: float
    relieve: float
    heal: float


CHAINS: tuple[Cause, ...] = (
    Cause("usage_decay", (0.0, 0.008, 0.035), onset=0.0024, worsen=0.22, ease=0.10, relieve=0.01, heal=0.035),
    Cause("unresolved_tickets", (0.0, 0.008, 0.037), onset=0.0018, worsen=0.22, ease=0.10, relieve=0.01, heal=0.04),
    Cause("failed_payments", (0.0, 0.008, 0.038), onset=0.0016, worsen=0.22, ease=0.10, relieve=0.01, heal=0.04),
    Cause("no_contact", (0.0, 0.004, 0.027), onset=0.0025, worsen=0.12, ease=0.05, relieve=0.0, heal=0.04),
    Cause("competitor", (0.0, 0.008, 0.040), onset=0.0015, worsen=0.22, ease=0.10, relieve=0.01, heal=0.04),
)
LAG_STEPS = 3
"""Weeks from a sign to the hazard that it announces; an offer's price works at once."""

USAGE, TICKETS, PAYMENTS, CONTACT, COMPETITOR = range(len(CHAINS))
PRICE = len(CHAINS)
QUIET = PRICE + 1

CAUSE_NAMES: tuple[str, ...] = (*(chain.name for chain in CHAINS), "price_gap", "quiet")
"""Names by index; the price gap follows the contract calendar, quiet leavers give no sign."""

PRICE_HAZARDS = np.array([0.0, 0.004, 0.042])
"""Hazard for one week of exposure while a renewal offer stands, by size of the price rise."""

QUIET_HAZARD = 0.0013
"""Hazard for one week of exposure without any cause."""

CHAIN_HAZARDS = np.array([chain.hazards for chain in CHAINS])
"""Shape (chains, 3)."""


def step_probabilities(cause: Cause, onset: np.ndarray) -> np.ndarray:
    """Weekly transition matrices of one chain for customers whose onset differs.

    Parameters
    ----------
    cause
        The chain.
    onset
        Probability of 0 to 1 for each customer; shape (n,).

    Returns
    -------
    np.ndarray
        Shape (n, 3, 3); rows are the level before, columns the level after, each row sums to 1.
    """
    matrix = np.zeros((len(onset), 3, 3))
    matrix[:, 0, 0], matrix[:, 0, 1] = 1 - onset, onset
    matrix[:, 1] = (cause.ease, 1 - cause.ease - cause.worsen, cause.worsen)
    matrix[:, 2] = (cause.heal, cause.relieve, 1 - cause.heal - cause.relieve)
    return matrix


def offer_probabilities(first_discount: np.ndarray, is_first: np.ndarray) -> np.ndarray:
    """Chance that a renewal offer holds no, a mild or a severe price rise; shape (n, 3).

    A first renewal ends the discount of the first order, so a deep first discount makes a steep rise likely.
    """
    severe = np.where(is_first, 0.04 + 0.7 * first_discount, 0.06)
    mild = np.full_like(severe, 0.2)
    return np.stack([1 - mild - severe, mild, severe], axis=1)
