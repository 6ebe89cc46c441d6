"""Ranks of scores that wait on disk, from their probabilities alone."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate
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
        self._came: list[tuple[int, int]] = []  # horizon and rows
        self._probabilities: dict[int, list[npt.NDArray[np.float64]]] = {}
        self._last: dict[int, str] = {}
        self._in_order = True

    def add(self, horizon_days: int, customers: Any, probability: Any) -> None:
        """Take in scores of one horizon: Arrow arrays of ids and probabilities."""
        import pyarrow.compute as pc

        if not len(probability):
            return
        self._came.append((horizon_days, len(probability)))
        self._probabilities.setdefault(horizon_days, []).append(probability.to_numpy())
        rises = pc.all(pc.less(customers[:-1], customers[1:])).as_py()
        follows = _before(self._last.get(horizon_days), customers[0].as_py())
        self._in_order = self._in_order and rises is not False and follows
        self._last[horizon_days] = customers[-1].as_py()

    def ranks(self, customers: Callable[[], Any]) -> npt.NDArray[np.int32]:
        """Rank all scores, once: what was taken in is given up on the way.

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

        places = None if self._in_order else _places(customers())
        ranks = np.empty(sum(rows for _, rows in self._came), dtype=np.int32)
        for days in list(self._probabilities):
            where = self._where(days)
            falling = np.concatenate(self._probabilities.pop(days))
            np.negative(falling, out=falling)
            ties = None if places is None else np.concatenate([places[part] for part in where])
            order = np.argsort(falling, kind="stable") if ties is None else np.lexsort((ties, falling))
            del falling
            ranked = np.empty(len(order), dtype=np.int32)
            ranked[order] = np.arange(1, len(order) + 1, dtype=np.int32)
            parts = np.split(ranked, np.cumsum([part.stop - part.start for part in where])[:-1])
            for part, own in zip(where, parts, strict=True):
                ranks[part] = own
        return ranks

    def _where(self, horizon_days: int) -> list[slice]:
        """Places of the scores of a horizon among all."""
        ends = accumulate(rows for _, rows in self._came)
        return [
            slice(end - rows, end) for (days, rows), end in zip(self._came, ends, strict=True) if days == horizon_days
        ]


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
