"""Penalised logistic regression, solved with a curvature that is measured once a design.

Quasi-Newton steps in coordinates in which the loss is nearly round need about fifteen passes over the rows, whatever
the width. On designs of a few hundred columns this is ten times faster than Newton's method with a new Hessian each
step, and several penalties share the one measurement.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.scoring import expit

Floats = npt.NDArray[np.float64]

# Rows that measure the curvature; it steers the steps and does not touch where they end.
CURVATURE_ROWS = 20_000
ITERATIONS = 500
TOLERANCE = 1e-4


@dataclass(frozen=True)
class Design:
    """Columns of the regression and how they vary together.

    Parameters
    ----------
    columns
        Shape ``(rows, width)``.
    products
        Sums of products of the columns and a constant over the rows, shape ``(width + 1, width + 1)``.
    """

    columns: Floats
    products: Floats

    @classmethod
    def of(cls, columns: Floats) -> Design:
        """Measure the columns on evenly spaced rows."""
        rows = len(columns)
        some = columns[np.linspace(0, rows - 1, min(rows, CURVATURE_ROWS)).astype(np.int64)]
        with_constant = np.column_stack([some, np.ones(len(some))])
        return cls(columns, with_constant.T @ with_constant * (rows / len(some)))


def regress(
    design: Design, label: npt.NDArray[np.int8], weight: Floats | None, strength: float
) -> tuple[Floats, float]:
    """Fit coefficients and intercept.

    Minimises ``sum(weight * loss) + |coefficients|^2 / (2 * strength)`` with weights brought to mean 1; the intercept
    is free.

    Parameters
    ----------
    design
        The columns.
    label
        0 or 1, both present.
    weight
        Weight of each row; only its size relative to the others matters.
    strength
        Inverse of the L2 penalty, above 0.

    Returns
    -------
    tuple
        Coefficients of shape ``(width,)`` and the intercept.
    """
    from scipy.linalg import solve_triangular
    from scipy.optimize import minimize

    columns, weights = design.columns, np.ones(len(label)) if weight is None else weight / weight.mean()
    penalty = np.append(np.full(columns.shape[1], 1.0 / strength), 0.0)
    share = float(np.average(label, weights=weights))
    root = _root_of_curvature(design.products * share * (1 - share), penalty)

    def loss_and_slope(at: Floats) -> tuple[float, Floats]:
        solution = solve_triangular(root, at)
        log_odds = columns @ solution[:-1] + solution[-1]
        loss = weights @ (np.logaddexp(0.0, log_odds) - label * log_odds) + 0.5 * penalty @ solution**2
        error = weights * (expit(log_odds) - label)
        slope = np.append(columns.T @ error, error.sum()) + penalty * solution
        return float(loss), solve_triangular(root, slope, trans="T")

    start = root @ np.append(np.zeros(columns.shape[1]), np.log(share / (1 - share)))
    options = {"maxiter": ITERATIONS, "gtol": TOLERANCE, "ftol": 1e-13, "maxcor": 20}
    found = minimize(loss_and_slope, start, jac=True, method="L-BFGS-B", options=options)
    solution = solve_triangular(root, found.x)
    return solution[:-1], float(solution[-1])


def _root_of_curvature(products: Floats, penalty: Floats) -> Floats:
    """Upper triangular root; a trace of a ridge keeps it defined where columns repeat each other."""
    from scipy.linalg import cholesky

    ridge = 1e-8 * np.trace(products) / len(products)
    return cholesky(products + np.diag(penalty + ridge))
