"""Tags of customers by rules of the user's own: conditions on what is known of each."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_numeric_dtype

from evaluation.errors import JudgementError

OPERATORS = ("<=", ">=", "!=", "=", "<", ">")
_CONDITION = re.compile(r"\s*(\w+)\s*(<=|>=|!=|=|<|>)\s*(.+?)\s*")


def tagged(customers: pd.DataFrame, rules: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Give the tags of each customer.

    Parameters
    ----------
    customers
        One row a customer, with ``customer_id``.
    rules
        Tag to conditions that must all hold, such as ``{"big_and_quiet": ["tier = platinum", "recency_days > 60"]}``.
        A missing value fulfils none.

    Returns
    -------
    pandas.DataFrame
        ``customer_id`` and ``tag``, a row for each tag that a customer has.

    Raises
    ------
    JudgementError
        If a condition is none, or asks for a column or a kind of value that is not there.

    Examples
    --------
    >>> some = pd.DataFrame({"customer_id": ["a", "b"], "tier": ["gold", "silver"], "recency_days": [90.0, 95.0]})
    >>> tagged(some, {"quiet_gold": ["tier = gold", "recency_days > 60"]}).to_dict("records")
    [{'customer_id': 'a', 'tag': 'quiet_gold'}]
    """
    parts = []
    for tag, conditions in rules.items():
        holds = np.ones(len(customers), dtype=np.bool_)
        for condition in conditions:
            holds &= _holds(customers, tag, condition)
        parts.append(pd.DataFrame({"customer_id": customers["customer_id"][holds], "tag": tag}))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({"customer_id": [], "tag": []}, dtype=str)


def _holds(customers: pd.DataFrame, tag: str, condition: str) -> NDArray[np.bool_]:
    found = _CONDITION.fullmatch(condition)
    if found is None:
        raise JudgementError(
            f"tag '{tag}': condition '{condition}' is none; allowed: COLUMN {' '.join(OPERATORS)} VALUE. Correct it."
        )
    name, operator, text = found.groups()
    if name not in customers:
        raise JudgementError(
            f"tag '{tag}': there is no column '{name}'; allowed: {', '.join(map(str, customers))}. Correct the rule."
        )
    column = customers[name]
    value = _number(tag, condition, text) if is_numeric_dtype(column) else text
    compared = {
        "<": column.lt,
        "<=": column.le,
        ">": column.gt,
        ">=": column.ge,
        "=": column.eq,
        "!=": column.ne,
    }[operator](value)
    return (compared & column.notna()).to_numpy(dtype=np.bool_)


def _number(tag: str, condition: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise JudgementError(
            f"tag '{tag}': '{text}' in '{condition}' is no number, and the column holds numbers. Write one."
        ) from None
