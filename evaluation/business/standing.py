"""Who was a customer when: the opening cohort of each period, who left it, who came and who came back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation.business.periods import NEVER, Instants, instants

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Spells:
    """Spells of being a customer as arrays, each ``(began, ended]``; those of a customer do not overlap.

    Parameters
    ----------
    customer
        Place of the customer in `customers`, shape (spells,).
    began, ended
        Microseconds since 1970, shape (spells,); `NEVER` where a spell is not over.
    kind
        How it ended, place in `kinds`, shape (spells,); -1 where it is not over.
    customers
        Ids, sorted.
    kinds
        Kinds of ending.
    """

    customer: NDArray[np.intp]
    began: Instants
    ended: Instants
    kind: NDArray[np.int8]
    customers: pd.Index[Any]
    kinds: tuple[str, ...]

    @classmethod
    def of(cls, frame: pd.DataFrame, customers: Iterable[str] | None = None) -> Spells:
        """Read a frame of ``customer_id``, ``began``, ``ended`` (missing: not over) and ``kind``.

        Parameters
        ----------
        frame
            The spells.
        customers
            All customers there are; by default those with a spell.
        """
        ids = pd.Index(frame["customer_id"].astype(object))
        more = pd.Index(np.array([] if customers is None else list(customers), dtype=object))
        everyone = ids.union(more).unique()
        kind = frame["kind"].astype("category")
        return cls(
            customer=everyone.get_indexer(ids),
            began=instants(frame["began"]),
            ended=instants(frame["ended"]),
            kind=kind.cat.codes.to_numpy().astype(np.int8),
            customers=everyone,
            kinds=tuple(map(str, kind.cat.categories)),
        )

    @cached_property
    def first_began(self) -> Instants:
        """When each customer first became one, shape (customers,); `NEVER` for who never did."""
        first = np.full(len(self.customers), NEVER)
        np.minimum.at(first, self.customer, self.began)
        return first

    def of_kind(self, kinds: Sequence[str]) -> BoolArray:
        """Spells that ended in one of some ways, shape (spells,)."""
        return np.isin(self.kind, [place for place, kind in enumerate(self.kinds) if kind in kinds])

    def covering(self, instant: int) -> BoolArray:
        """Spells that hold at an instant: begun before it and not ended before it, shape (spells,)."""
        return (self.began < instant) & (self.ended >= instant)

    def here(self, instant: int) -> BoolArray:
        """Who is a customer at an instant, shape (customers,)."""
        return self.who(self.covering(instant))

    def who(self, spells: BoolArray) -> BoolArray:
        """Whose spells some are, shape (customers,)."""
        who = np.zeros(len(self.customers), dtype=np.bool_)
        who[self.customer[spells]] = True
        return who


@dataclass(frozen=True, eq=False)
class Standing:
    """What became of each customer in a period; all of shape (customers,).

    Parameters
    ----------
    opening
        Customers at the beginning.
    lost
        Those of them who left in the period, even if they came back in it.
    lost_active
        Those of them who brought it about: notice, or no renewal 主动流失. The others fell silent 被动流失.
    new
        Customers at the end who became one for the first time in the period.
    returned
        Customers at the end who had been one before and began again in the period.
    came_and_left
        Customers at neither end who were there in between: in no rate, and told so that nobody is overlooked.
    closing
        Customers at the end.
    """

    opening: BoolArray
    lost: BoolArray
    lost_active: BoolArray
    new: BoolArray
    returned: BoolArray
    came_and_left: BoolArray
    closing: BoolArray

    @property
    def retained(self) -> BoolArray:
        """Customers at the beginning who did not leave."""
        return self.opening & ~self.lost

    @property
    def present(self) -> BoolArray:
        """Customers at some instant of the period."""
        return self.opening | self.closing | self.came_and_left

    def columns(self) -> dict[str, BoolArray]:
        """What is counted, by name; opening + new + returned - lost = closing for any group of customers."""
        names = ("opening", "new", "returned", "lost", "closing", "came_and_left", "lost_active")
        return {f"customers_{name}": getattr(self, name) for name in names}


def standing(spells: Spells, start: int, end: int, active_kinds: Sequence[str]) -> Standing:
    """Say what became of each customer from one instant to another.

    Parameters
    ----------
    spells
        When they were customers.
    start, end
        Microseconds since 1970; what happens at `start` is in the period, what happens at `end` is not.
    active_kinds
        Kinds of ending that the customer brings about.

    Examples
    --------
    A customer leaves and is back before the period ends: lost and returned, so that the cohort at the beginning is
    divided into those who stayed and those who left.

    >>> day = np.array(["2026-01-01", "2026-03-10", "2026-03-20"], dtype="datetime64[us]")
    >>> spell = {"began": day[[0, 2]], "ended": [day[1], None], "kind": ["lapse", None]}
    >>> frame = pd.DataFrame({"customer_id": "a", **spell})
    >>> from datetime import datetime
    >>> from evaluation.business.periods import microseconds
    >>> march = microseconds([datetime(2026, 3, 1), datetime(2026, 4, 1)])
    >>> found = standing(Spells.of(frame), march[0], march[1], ["lapse"])
    >>> {name: int(who.sum()) for name, who in found.columns().items() if who.any()}
    {'customers_opening': 1, 'customers_returned': 1, 'customers_lost': 1, 'customers_closing': 1, \
'customers_lost_active': 1}
    """
    at_start, at_end = spells.covering(start), spells.covering(end)
    ended = at_start & (spells.ended < end)
    begun = (spells.began >= start) & (spells.began < end)
    is_first = (spells.first_began >= start) & (spells.first_began < end)
    opening, closing = spells.who(at_start), spells.who(at_end)
    return Standing(
        opening=opening,
        lost=spells.who(ended),
        lost_active=spells.who(ended & spells.of_kind(active_kinds)),
        new=closing & is_first,
        returned=spells.who(at_end & begun) & ~is_first,
        came_and_left=spells.who(begun) & ~opening & ~closing,
        closing=closing,
    )
