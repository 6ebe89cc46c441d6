"""How each customer would respond to being treated (offer, call, visit)."""

from __future__ import annotations

import numpy as np

from pipelines.demo.population import Population
from pipelines.demo.segments import SIZES

RESPONSES = ["persuadable", "sure_thing", "lost_cause", "do_not_disturb"]
RESPONSE_HAZARD_FACTORS = {"persuadable": 0.4, "sure_thing": 1.0, "lost_cause": 1.0, "do_not_disturb": 1.7}
"""What a treatment multiplies the customer's hazard with while it works."""

SHARES = {"persuadable": 0.30, "sure_thing": 0.45, "lost_cause": 0.15, "do_not_disturb": 0.10}
"""Shares over the whole base, approximately: traits move them within it."""

TREATMENTS = {"any": 1.0, "call": 3.0}
"""Treatments and how much more than chance traits tell of the response to them.

To treatment in general traits tell so little that hardly a model of uplift can beat the risk; to a call they tell
much: it wins over customers whom nobody looks after, and reminds small ones who use little that they wanted to leave.
"""


def draw_responses(rng: np.random.Generator, population: Population, treatment: str = "any") -> np.ndarray:
    """Draw the response type of each customer, so that traits tell something about it.

    Customers with a low hazard stay anyway, those with a high one are often lost; customers without a manager of their
    own and those who never finished the set-up can be persuaded; small ones who use little would rather be left alone.

    Parameters
    ----------
    rng
        Source of what traits do not tell.
    population
        The customers.
    treatment
        One of ``TREATMENTS``.

    Returns
    -------
    np.ndarray
        Codes of ``RESPONSES``, shape (n,).
    """
    risk = np.log(population.conditions.hazard_factor)
    reachable = np.where(population.has_csm, -0.3, 0.25) + np.where(population.set_up_done, -0.15, 0.4)
    small = population.size <= SIZES.index("small")
    scores = np.stack(
        [reachable, -0.8 * risk, 0.8 * risk, np.where(small & (population.breadth < 6), 0.9, -0.5)], axis=1
    )
    scores *= TREATMENTS[treatment]
    scores += np.log(list(SHARES.values())) + rng.gumbel(size=scores.shape)
    return scores.argmax(axis=1)


def hazard_factors(responses: np.ndarray) -> np.ndarray:
    """Turn names of responses into what treatment multiplies the hazard with."""
    return np.array([RESPONSE_HAZARD_FACTORS[name] for name in responses])
