"""Who gets which arm of an experiment: drawn by a keyed hash, so that nothing random has to be remembered.

There are two ways, and both let a customer's arm never change:

- :func:`drawn_arms` looks at the customer's id and the experiment's name alone. Whoever else is there, whatever the
  customer's segment, the arm is the same on every machine and in every year. Shares hold in expectation. It is the way
  for a lasting hold-out, which must be known for past and future customers alike.
- :func:`assign` deals customers within strata, so that each stratum comes within a few customers of the shares however
  small it is. What somebody was dealt depends on how many of the stratum came before; it is therefore written to a
  ledger and never dealt again: customers of the ledger keep their arm though they move to another stratum, others join
  or the shares are changed.

Ranking the hashes within a stratum would give exact shares, too, but one more customer could then move another one
across the edge. In either way each customer's chance of an arm is exactly the arm's share.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation.errors import JudgementError
from evaluation.model.rows import FloatArray

CONTROL, TREATED = "control", "treated"
GOLDEN_RATIO = (5**0.5 - 1) / 2
"""Step of the sequence that strata are dealt by: of all steps the one that fills every interval most evenly."""

_BYTES = 8
_BITS = 53
LEDGER_COLUMNS = ("customer_id", "stratum", "arm")


@dataclass(frozen=True)
class Arms:
    """Arms of an experiment and the share of customers that each gets.

    Parameters
    ----------
    shares
        Arm to its share, above 0; they sum to 1. One arm is ``control``.

    Raises
    ------
    JudgementError
        For fewer than two arms, none called ``control``, a share outside (0, 1) or a sum other than 1.
    """

    shares: Mapping[str, float]

    def __post_init__(self) -> None:
        if len(self.shares) < 2 or CONTROL not in self.shares:
            raise JudgementError(
                f"arms are {', '.join(self.shares) or 'none'}; an experiment needs '{CONTROL}' and at least one other."
            )
        outside = {name: share for name, share in self.shares.items() if not 0 < share < 1}
        if outside or abs(sum(self.shares.values()) - 1) > 1e-9:
            raise JudgementError(f"shares of arms must lie between 0 and 1 and sum to 1; given {dict(self.shares)}.")

    @property
    def names(self) -> tuple[str, ...]:
        """The arms in order."""
        return tuple(self.shares)

    def at(self, points: FloatArray) -> NDArray[np.object_]:
        """Give the arm at points of [0, 1): the first arm lies at the low end.

        >>> Arms({"control": 0.2, "treated": 0.8}).at(np.array([0.1, 0.2, 0.9])).tolist()
        ['control', 'treated', 'treated']
        """
        ends = np.cumsum(list(self.shares.values()))[:-1]
        return np.array(self.names, dtype=object)[np.searchsorted(ends, points, side="right")]


def two_arms(control_share: float) -> Arms:
    """Give the usual two arms: ``control`` with its share and ``treated`` with the rest.

    Raises
    ------
    JudgementError
        For a share outside (0, 1).
    """
    return Arms({CONTROL: control_share, TREATED: 1 - control_share})


def drawn_points(name: str, values: Sequence[str]) -> FloatArray:
    """Give each value its point in [0, 1), spread evenly and fixed for ever by the name and the value.

    The points of two names are independent of each other, so that a customer's arm in one experiment says nothing
    about the arm in another.

    Parameters
    ----------
    name
        Name of the experiment: the key of the hash.
    values
        Ids of customers.

    Returns
    -------
    numpy.ndarray
        Shape (values,).

    Examples
    --------
    >>> drawn_points("winback", ["C1", "C2"]).round(4), drawn_points("winback", ["C2"]).round(4)
    (array([0.6703, 0.9785]), array([0.9785]))
    """
    start = blake2b(key=blake2b(name.encode()).digest(), digest_size=_BYTES)
    points = np.empty(len(values))
    for place, value in enumerate(values):
        keyed = start.copy()
        keyed.update(value.encode())
        points[place] = int.from_bytes(keyed.digest(), "big") >> (8 * _BYTES - _BITS)
    return points / 2.0**_BITS


def drawn_arms(experiment: str, customers: Sequence[str], arms: Arms) -> NDArray[np.object_]:
    """Give each customer an arm by id and experiment alone; shape (customers,).

    A customer's arm changes only with the shares: enlarging the first arm moves customers into it and none out of it.
    """
    return arms.at(drawn_points(experiment, customers))


def assign(
    experiment: str, customers: Sequence[str], strata: Sequence[str], arms: Arms, ledger: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Deal customers to arms within strata; those of the ledger keep what they have.

    New customers of a stratum are put in the order of their points, which is a random order, and take the next places
    of a sequence that visits every arm in proportion to its share: the place ``k`` lies at ``start + k * GOLDEN_RATIO``
    modulo 1, with a random start for each stratum.

    Parameters
    ----------
    experiment
        Its name.
    customers
        Ids, each once.
    strata
        Stratum of each customer as it is now; ignored for those of the ledger.
    arms
        The arms and their shares.
    ledger
        Whom this experiment assigned before: ``customer_id``, ``stratum``, ``arm``.

    Returns
    -------
    pandas.DataFrame
        ``customer_id``, ``stratum``, ``arm`` and ``is_new`` in the order of `customers`; rows that are new belong into
        the ledger before anybody is contacted.

    Raises
    ------
    JudgementError
        For a customer given twice, columns of different lengths or a ledger without its columns.
    """
    given = pd.DataFrame({"customer_id": _each_once(customers), "stratum": _as_long(strata, customers)}, dtype=object)
    known = _checked(ledger)
    before = known.drop_duplicates("customer_id").set_index("customer_id")
    is_new = ~given["customer_id"].isin(before.index)
    kept = given["customer_id"].map(before["arm"]), given["customer_id"].map(before["stratum"])
    dealt = _dealt(experiment, given[is_new], arms, known["stratum"].value_counts())
    return pd.DataFrame(
        {
            "customer_id": given["customer_id"],
            "stratum": given["stratum"].where(is_new, kept[1]),
            "arm": dealt.reindex(given.index).where(is_new, kept[0]),
            "is_new": is_new,
        }
    )


def _dealt(experiment: str, new: pd.DataFrame, arms: Arms, before: pd.Series[int]) -> pd.Series[str]:
    """Deal the new customers of each stratum the places that follow those taken."""
    point = pd.Series(drawn_points(experiment, list(new["customer_id"])), index=new.index)
    order = point.groupby(new["stratum"]).rank(method="first").astype(int) - 1
    place = (order + new["stratum"].map(before).fillna(0)).to_numpy(dtype=np.float64)
    names = list(new["stratum"].unique())
    starts = dict(zip(names, drawn_points(f"{experiment}\0start", names), strict=True))
    points = (new["stratum"].map(starts).to_numpy(dtype=np.float64) + place * GOLDEN_RATIO) % 1
    return pd.Series(arms.at(points), index=new.index, dtype=object)


def _each_once(customers: Sequence[str]) -> list[str]:
    ids = list(customers)
    repeated = len(ids) - len(set(ids))
    if repeated:
        raise JudgementError(f"{repeated} customers are given more than once; give each customer once.")
    return ids


def _as_long(strata: Sequence[str], customers: Sequence[str]) -> list[str]:
    if len(strata) != len(customers):
        raise JudgementError(f"{len(customers)} customers and {len(strata)} strata; give each customer its stratum.")
    return list(strata)


def _checked(ledger: pd.DataFrame | None) -> pd.DataFrame:
    if ledger is None:
        return pd.DataFrame(columns=list(LEDGER_COLUMNS), dtype=object)
    missing = [name for name in LEDGER_COLUMNS if name not in ledger]
    if missing:
        raise JudgementError(f"the ledger lacks {', '.join(missing)}; it needs {', '.join(LEDGER_COLUMNS)}.")
    return ledger
