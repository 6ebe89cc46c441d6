"""Ranks of scores that wait on disk, from their probabilities alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


class Ranking:
    """Probabilities of each horizon, in the order in which they come.

    A horizon's largest probability has rank 1; equal ones stand in the order of their customers' ids. What is held is
    a number a score: ids are asked for only where customers did not come in order.
    """

    def __init__(self) -> None:
        self._parts: list[tuple[int, npt.NDArray[np.float64]]] = []
        self._last: dict[int, str] = {}
        self._in_order = True

    def add(self, horizon_days: int, customers: Any, probability: Any) -> None:
        """Take in scores of one horizon: Arrow arrays of ids and probabilities."""
        import pyarrow.compute as pc

        if not len(probability):
            return
        self._parts.append((horizon_days, probability.to_numpy()))
        rises = pc.all(pc.less(customers[:-1], customers[1:])).as_py()
        follows = _before(self._last.get(horizon_days), customers[0].as_py())
        self._in_order = self._in_order and rises is not False and follows
        self._last[horizon_days] = customers[-1].as_py()

    def ranks(self, customers: Callable[[], Any]) -> npt.NDArray[np.int32]:
        """Rank all scores.

        Parameters
        ----------
        customers
            Gives the ids of all scores in the order in which they came, as an Arrow array.

        Returns
        -------
        numpy.ndarray
            Shape ``(scores,)`` in that order, from 1, each horizon by itself.
        """
        import numpy as np

        came = np.concatenate([np.full(len(own), days) for days, own in self._parts] or [np.empty(0)])
        ranks = np.empty(len(came), dtype=np.int32)
        places = None if self._in_order else _places(customers())
        for days in self._last:
            where = np.flatnonzero(came == days)
            falling = -np.concatenate([own for other, own in self._parts if other == days])
            order = np.argsort(falling, kind="stable") if places is None else np.lexsort((places[where], falling))
            ranks[where[order]] = np.arange(1, len(where) + 1, dtype=np.int32)
        return ranks


def _before(one: str | None, other: str) -> bool:
    """Whether an id stands before another in the order of their bytes, as the database sorts them."""
    return one is None or one.encode() < other.encode()


def _places(customers: Any) -> npt.NDArray[np.int64]:
    """Place of each id among all of them."""
    import numpy as np
    import pyarrow.compute as pc

    order = pc.sort_indices(customers).to_numpy()
    places = np.empty(len(order), dtype=np.int64)
    places[order] = np.arange(len(order))
    return places
