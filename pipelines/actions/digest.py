"""What an account manager reads: one line a customer for all alerts of a week, the most at stake first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipelines.actions.digest_statements import NEWEST, digest_rows


@dataclass(frozen=True)
class Digest:
    """All that is to be told of a customer.

    Parameters
    ----------
    customer_id
        The customer.
    name
        Its name, if the data bring it.
    owners
        To whom its alerts are, in alphabetical order.
    is_escalated
        Whether one of them is for the managers' board.
    severity
        Of the gravest.
    probability, value_at_risk
        Of the current score, if there is one; currency.
    sentences
        One an alert, the gravest first.
    """

    customer_id: str
    name: str | None
    owners: list[str]
    is_escalated: bool
    severity: str
    probability: float | None
    value_at_risk: float | None
    sentences: list[str]


def newest_alert(connection: Any) -> datetime | None:
    """Give when the newest alert fired; none if there never was one."""
    found: datetime | None = connection.execute(NEWEST).fetchone()[0]
    return found


def digests(connection: Any, names_from: str, owner: str | None, language: str, most: int) -> list[Digest]:
    """Gather the open alerts of the newest seven days.

    Parameters
    ----------
    connection
        The warehouse with tables of alerts and of scores.
    names_from
        Schema of the accepted tables.
    owner
        Only customers with an alert to this owner; none for all.
    language
        ``en`` or ``zh``.
    most
        Customers, at most.
    """
    found = connection.execute(digest_rows(names_from, language), [owner, owner, most]).fetchall()
    return [Digest(*row) for row in found]
