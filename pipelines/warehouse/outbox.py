"""The outbox: one row an action that leaves, the states that it passes through, and the leases of those who send it.

An action is in it once, whatever happens. What was planned is read from ``actions.planned_actions``, and what has
become of it is written there as well, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from pipelines.warehouse.actions import HELD_BACK, SCHEMA, has
from pipelines.warehouse.actions import create as create_actions

PLANNED, SENT, DELIVERED, FAILED, EXPIRED = "planned", "sent", "delivered", "failed", "expired"
STATES = (PLANNED, SENT, DELIVERED, FAILED, EXPIRED)
NEXT: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        PLANNED: frozenset({SENT, DELIVERED, FAILED, EXPIRED}),
        SENT: frozenset({DELIVERED, FAILED}),
        FAILED: frozenset({PLANNED, SENT, DELIVERED, EXPIRED}),
        DELIVERED: frozenset(),
        EXPIRED: frozenset(),
    }
)
"""State to the states that may follow."""
CONTROL = "control"
COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "key": "VARCHAR",
        "action_id": "VARCHAR",
        "customer_id": "VARCHAR",
        "state": "VARCHAR",
        "transport": "VARCHAR",
        "attempts": "INTEGER",
        "taken_up_at": "TIMESTAMP",
        "attempted_at": "TIMESTAMP",
        "not_before": "TIMESTAMP",
        "lease_until": "TIMESTAMP",
        "sent_at": "TIMESTAMP",
        "delivered_at": "TIMESTAMP",
        "error": "VARCHAR",
    }
)
"""``key`` is what receivers tell messages apart by; ``lease_until`` is set while somebody sends."""
TABLE, ACTIONS = f"{SCHEMA}.outbox", f"{SCHEMA}.planned_actions"
MAY_LEAVE = f"action.arm <> '{CONTROL}' AND action.state <> '{HELD_BACK}'"
_JOINED = f"{TABLE} held JOIN {ACTIONS} action USING (action_id)"
_FREE = "(lease_until IS NULL OR lease_until <= ?)"
_ANY_TIME = "TIMESTAMP '1970-01-01'"
"""When what waits for nothing may be sent, also under a clock that was set back."""
_STATE = f"coalesce(held.state, '{PLANNED}')"
_LISTED = "(SELECT unnest(?::VARCHAR[]))"


@dataclass(frozen=True)
class Route:
    """Which actions a transport takes.

    Parameters
    ----------
    transport
        Its name.
    channels
        Channels that it takes; with `is_rest` those that it does not.
    is_rest
        Whether it takes whatever no other transport has.
    is_repeatable
        Whether sending twice does no harm, because the receiver tells by the key.
    """

    transport: str
    channels: tuple[str, ...]
    is_rest: bool = False
    is_repeatable: bool = True

    @property
    def condition(self) -> str:
        """SQL that is true for its actions; the parameter is the list of channels."""
        return f"action.channel {'NOT ' if self.is_rest else ''}IN {_LISTED}"


def create(connection: Any) -> None:
    """Create the table where it is missing."""
    create_actions(connection)
    typed = ", ".join(f'"{name}" {kind}' for name, kind in COLUMNS.items())
    connection.execute(f"CREATE TABLE IF NOT EXISTS {TABLE} ({typed})")


def take_up(connection: Any, project: str, now: datetime) -> int:
    """Put planned actions into the outbox that are not there; give their number. Control actions never are.

    Parameters
    ----------
    connection
        DuckDB connection with the table created.
    project
        Name of the project, with which keys begin: a receiver may serve several.
    now
        The instant, UTC without a zone.
    """
    added = connection.execute(
        f"INSERT INTO {TABLE} (key, action_id, customer_id, state, attempts, taken_up_at) "
        f"SELECT ? || '-' || action_id, action_id, customer_id, '{PLANNED}', 0, ? FROM {ACTIONS} action "
        f"WHERE state = '{PLANNED}' AND {MAY_LEAVE} AND action_id NOT IN (SELECT action_id FROM {TABLE})",
        [project, now],
    )
    return int(added.fetchone()[0])


def free(connection: Any, condition: str, values: Sequence[Any], now: datetime) -> list[str]:
    """Give the keys of planned rows that nobody sends just now and for which a condition over their action holds.

    Parameters
    ----------
    connection
        DuckDB connection.
    condition
        SQL over ``held`` (the outbox) and ``action``, with its parameters in `values`.
    values
        The parameters.
    now
        The instant.
    """
    query = f"SELECT key FROM {_JOINED} WHERE held.state = '{PLANNED}' AND {condition} AND {_FREE}"
    return [key for (key,) in connection.execute(query, [*values, now]).fetchall()]


def channels(connection: Any) -> set[str]:
    """Give the channels of planned rows."""
    found = connection.execute(f"SELECT DISTINCT channel FROM {_JOINED} WHERE held.state = '{PLANNED}'")
    return {channel for (channel,) in found.fetchall()}


def in_doubt(connection: Any, route: Route, now: datetime) -> tuple[list[str], list[str]]:
    """Give keys of what may have arrived and is not to be sent again by itself.

    Returns
    -------
    tuple
        What another transport has tried; and, where a second message cannot be told from the first, what a sender was
        at when it ended.
    """
    mine, values = f"attempts > 0 AND {route.condition}", [list(route.channels), route.transport]
    elsewhere = free(connection, f"{mine} AND transport <> ?", values, now)
    begun = f"{mine} AND transport = ? AND lease_until IS NOT NULL"
    return elsewhere, [] if route.is_repeatable else free(connection, begun, values, now)


def due(connection: Any, route: Route, today: date, now: datetime, most: int | None) -> list[dict[str, Any]]:
    """Give what may be sent now, the least tried and then the most valuable first.

    Parameters
    ----------
    connection
        DuckDB connection.
    route
        The transport and its channels.
    today
        The day: what is planned for a later one waits, what was due on an earlier one never leaves.
    now
        The instant.
    most
        Their number at most; ``None`` for all.
    """
    query = (
        f"SELECT held.*, action.* EXCLUDE (action_id, customer_id, state) FROM {_JOINED} "
        f"WHERE held.state = '{PLANNED}' AND {MAY_LEAVE} AND planned_for <= ? AND due >= ? "
        f"AND (not_before IS NULL OR not_before <= ?) AND {_FREE} AND {route.condition} "
        "ORDER BY attempts, planned_for, expected_value DESC, key LIMIT ?"
    )
    return records(connection, query, [today, today, now, now, list(route.channels), most])


def lease(connection: Any, route: Route, keys: Sequence[str], now: datetime, until: datetime) -> None:
    """Keep rows from all other senders until an instant; it counts as an attempt."""
    connection.execute(
        f"UPDATE {TABLE} SET lease_until = ?, attempts = attempts + 1, attempted_at = ?, transport = ? "
        f"WHERE key IN {_LISTED}",
        [until, now, route.transport, list(keys)],
    )


def release(connection: Any, keys: Sequence[str], error: str | None = None) -> None:
    """Give rows back that were not tried, with the reason if there is one."""
    connection.execute(
        f"UPDATE {TABLE} SET lease_until = NULL, attempts = attempts - 1, error = coalesce(?, error) "
        f"WHERE state = '{PLANNED}' AND lease_until IS NOT NULL AND key IN {_LISTED}",
        [error, list(keys)],
    )


def postpone(connection: Any, key: str, until: datetime, error: str) -> None:
    """Try a row again, but not before an instant."""
    connection.execute(
        f"UPDATE {TABLE} SET lease_until = NULL, not_before = ?, error = ? WHERE state = '{PLANNED}' AND key = ?",
        [until, error, key],
    )


def rest(connection: Any, route: Route, today: date, until: datetime) -> None:
    """Try nothing that is due of a route before an instant."""
    connection.execute(
        f"UPDATE {TABLE} SET not_before = greatest(not_before, ?) WHERE key IN "
        f"(SELECT key FROM {_JOINED} WHERE held.state = '{PLANNED}' AND planned_for <= ? AND {route.condition})",
        [until, today, list(route.channels)],
    )


def change(connection: Any, keys: Sequence[str], to: str, **told: Any) -> int:
    """Bring rows to a state, where their state allows that; give the number of those that it did.

    Parameters
    ----------
    connection
        DuckDB connection.
    keys
        The rows.
    to
        The state.
    told
        Further columns of the outbox and what they become.
    """
    before = ", ".join(f"'{state}'" for state in STATES if to in NEXT[state])
    query = f"SELECT key FROM {TABLE} WHERE state IN ({before}) AND key IN {_LISTED}"
    allowed = [key for (key,) in connection.execute(query, [list(keys)]).fetchall()]
    told = {"state": to, "lease_until": None, "not_before": None, **told}
    sets = ", ".join(f"{name} = ?" for name in told)
    connection.execute(f"UPDATE {TABLE} SET {sets} WHERE key IN {_LISTED}", [*told.values(), allowed])
    connection.execute(
        f"UPDATE {ACTIONS} SET state = ? WHERE action_id IN (SELECT action_id FROM {TABLE} WHERE key IN {_LISTED})",
        [to, allowed],
    )
    return len(allowed)


def unsent(connection: Any, route: Route, today: date) -> tuple[int, datetime | None]:
    """Give the number of rows that should leave by a day and have not, and when the first may be tried again."""
    found = connection.execute(
        f"SELECT count(*), min(greatest(not_before, lease_until, {_ANY_TIME})) FROM {_JOINED} "
        f"WHERE held.state = '{PLANNED}' AND {MAY_LEAVE} AND planned_for <= ? AND due >= ? AND {route.condition}",
        [today, today, list(route.channels)],
    )
    return found.fetchone()


def counted(connection: Any) -> list[dict[str, Any]]:
    """Give the number of rows by channel, transport and state, and their first planned and last due day."""
    return records(
        connection,
        f"SELECT channel, transport, {_STATE} AS state, count(*) AS messages, min(planned_for) AS first_day, "
        f"min(due) AS first_due FROM {_all(connection)} GROUP BY ALL ORDER BY channel, transport, state",
    )


def listed(connection: Any, state: str | None, channel: str | None, most: int) -> list[dict[str, Any]]:
    """Give rows of a state and channel, or of any, the latest planned first."""
    return records(
        connection,
        f"SELECT key, customer_id, playbook, channel, owner, planned_for, due, transport, {_STATE} AS state, "
        f"coalesce(attempts, 0) AS attempts, error FROM {_all(connection)} AND (? IS NULL OR {_STATE} = ?) "
        "AND (? IS NULL OR channel = ?) ORDER BY planned_for DESC, key LIMIT ?",
        [state, state, channel, channel, most],
    )


def keys_in(connection: Any, state: str, channel: str | None = None) -> list[str]:
    """Give the keys of the rows in a state, of one channel or of any."""
    query = f"SELECT key FROM {_JOINED} WHERE held.state = ? AND (? IS NULL OR channel = ?) ORDER BY key"
    return [key for (key,) in connection.execute(query, [state, channel, channel]).fetchall()]


def states_of(connection: Any, keys: Sequence[str]) -> dict[str, str]:
    """Give the states of rows by key; keys that there are not are left out."""
    found = connection.execute(f"SELECT key, state FROM {TABLE} WHERE key IN {_LISTED}", [list(keys)])
    return dict(found.fetchall())


def records(connection: Any, query: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
    """Give the rows of a query by the names of their columns."""
    found = connection.execute(query, list(values))
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _all(connection: Any) -> str:
    """SQL of every action that may leave, taken up or not; where nothing was ever taken up there is no table."""
    empty = ", ".join(f"NULL::{kind} AS {name}" for name, kind in COLUMNS.items())
    held = TABLE if has(connection, "outbox") else f"(SELECT {empty} WHERE false)"
    return (
        f"{ACTIONS} action LEFT JOIN (SELECT * EXCLUDE (customer_id) FROM {held}) held USING (action_id) "
        f"WHERE {MAY_LEAVE}"
    )
