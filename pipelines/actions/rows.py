"""Rows of planned actions: their ids, days and messages."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from evaluation.action.assignment import CONTROL
from pipelines.actions.firing import list_fired
from pipelines.actions.messages import written
from pipelines.actions.plan import Plan
from pipelines.actions.playbook import LANGUAGES, Playbook
from pipelines.actions.scene import Scene
from pipelines.actions.statements import CHOSEN, MEANT, said_of_chosen
from pipelines.warehouse.actions import HELD_BACK, PLANNED, PLANNED_ACTIONS

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.actions.decide import Circumstances

EPOCH = date(1970, 1, 1)


def action_id(customer_id: str, playbook: str, day: date, again_after_days: int) -> str:
    """Name an action by customer, playbook and period, so that decided twice it is one.

    >>> action_id("C1", "visit", date(2026, 6, 1), 90) == action_id("C1", "visit", date(2026, 6, 2), 90)
    True
    """
    period = (day - EPOCH).days // again_after_days
    return hashlib.blake2b(f"{customer_id}|{playbook}|{period}".encode(), digest_size=8).hexdigest()


def action_rows(
    connection: Any,
    scenes: Sequence[Scene],
    customer_id: NDArray[np.object_],
    planned: Plan,
    playbooks: Sequence[Playbook],
    arms: NDArray[np.object_],
    around: Circumstances,
) -> pd.DataFrame:
    """Write the rows of a plan.

    Parameters
    ----------
    connection
        The warehouse.
    scenes
        Everyone, with the rules asked.
    customer_id
        By place.
    planned
        The plan.
    playbooks
        By place.
    arms
        Shape (actions,), arm of each action.
    around
        What the decision depends on.
    """
    import pandas as pd

    by_name = {each.name: each for each in playbooks}
    rows = [
        _row(str(customer_id[customer]), playbooks[place], day, gain, arm)
        for customer, place, day, gain, arm in zip(
            planned.customer, planned.playbook, planned.day, planned.gain, arms, strict=True
        )
    ]
    about = _known(connection, scenes, rows, playbooks, around)
    for place, row in enumerate(rows):
        row["as_of"] = around.instant
        for language in LANGUAGES:
            told = _told(row, about.get(place, {}), language, around)
            row[f"message_{language}"] = written(by_name[row["playbook"]].templates[language], told)
    return pd.DataFrame(rows, columns=list(PLANNED_ACTIONS))


def _row(customer_id: str, playbook: Playbook, day: date, gain: float, arm: str) -> dict[str, Any]:
    definition = playbook.definition
    return {
        "action_id": action_id(customer_id, playbook.name, day, definition.again_after_days),
        "customer_id": customer_id,
        "playbook": playbook.name,
        "action": definition.action,
        "channel": definition.channel,
        "owner": definition.owner,
        "planned_for": day,
        "due": day + timedelta(days=definition.due_days),
        "cost": definition.cost,
        "expected_value": gain,
        "arm": arm,
        "state": HELD_BACK if arm == CONTROL else PLANNED,
    }


def _told(row: Mapping[str, Any], about: Mapping[str, Any], language: str, around: Circumstances) -> dict[str, Any]:
    """Values of the fields that a message may name."""
    return {
        "customer": about.get("name") or row["customer_id"],
        "owner": row["owner"],
        "alert": about.get(f"alert_{language}"),
        "reason": about.get(f"reason_{language}"),
        "due": row["due"].isoformat(),
        "company": around.company[language],
    }


def _known(
    connection: Any,
    scenes: Sequence[Scene],
    rows: Sequence[Mapping[str, Any]],
    playbooks: Sequence[Playbook],
    around: Circumstances,
) -> dict[int, dict[str, Any]]:
    """Give what messages may say of each customer, by place of the action."""
    import pandas as pd

    chosen = [(row["customer_id"], row["playbook"], place) for place, row in enumerate(rows)]
    meant = [(each.name, rule) for each in playbooks for rule in each.definition.who.rules]
    kinds = {"customer_id": "str", "playbook": "str", "place": "int64"}
    connection.register(CHOSEN, pd.DataFrame(chosen, columns=list(kinds)).astype(kinds))
    connection.register(MEANT, pd.DataFrame(meant, columns=["playbook", "rule"], dtype="str"))
    try:
        list_fired(connection, scenes, around)
        found = connection.execute(*said_of_chosen(around.accepted, around.instant)).fetchall()
    finally:
        connection.unregister(CHOSEN)
        connection.unregister(MEANT)
    names = ("name", "alert_en", "alert_zh", "reason_en", "reason_zh")
    return {place: dict(zip(names, values, strict=True)) for place, *values in found}
