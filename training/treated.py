"""Customers whom an action of ours reached during the outcome window: their outcome no longer shows the risk alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from training.errors import TrainingError
from training.examples import Examples

Mode = Literal["keep", "leave_out", "weigh_less", "hold_out_only"]
MODES: tuple[Mode, ...] = ("keep", "leave_out", "weigh_less", "hold_out_only")


def guard(
    examples: Examples,
    treated: npt.NDArray[np.bool_],
    mode: Mode,
    *,
    held_out: npt.NDArray[np.bool_] | None = None,
    weight: float = 0.3,
) -> Examples:
    """Keep actions from poisoning the next labels.

    Parameters
    ----------
    examples
        Labelled rows.
    treated
        Rows whose customer was under an action during the outcome window, shape ``(rows,)``.
    mode
        ``keep`` changes nothing; ``leave_out`` drops treated rows; ``weigh_less`` gives them a smaller weight;
        ``hold_out_only`` keeps the rows of the random hold-out, which are untreated by design.
    held_out
        Rows of the random hold-out; needed for ``hold_out_only``.
    weight
        Weight of treated rows for ``weigh_less``, 0 to 1.

    Returns
    -------
    training.examples.Examples
        The rows to learn from; split them afterwards.

    Raises
    ------
    TrainingError
        If the mode is unknown, no row remains, the weight is out of range, or the hold-out is needed and not given.
    """
    if mode not in MODES:
        raise TrainingError(f"mode {mode!r}", ", ".join(MODES), "choose one of them")
    if mode == "keep":
        return examples
    if mode == "weigh_less":
        return _weigh_less(examples, treated, weight)
    if mode == "hold_out_only" and held_out is None:
        raise TrainingError("hold_out_only without a hold-out", "the rows of the hold-out", "run with a hold-out first")
    kept = ~treated if held_out is None or mode == "leave_out" else held_out
    if not kept.any():
        raise TrainingError(
            f"{len(examples)} rows, none of which remains in mode {mode}",
            "rows without an action",
            "use weigh_less, or enlarge the hold-out",
        )
    return examples.take(kept)


def _weigh_less(examples: Examples, treated: npt.NDArray[np.bool_], weight: float) -> Examples:
    if not 0 <= weight <= 1:
        raise TrainingError(f"weight {weight}", "0 to 1", "correct the setting")
    own = np.ones(len(examples)) if examples.weight is None else examples.weight
    return replace(examples, weight=np.where(treated, own * weight, own))
