"""A customer taken out of the places where scores are brought."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from pipelines.erasure import tables
from pipelines.erasure.files import erase_from_file
from pipelines.erasure.subject import Subject
from pipelines.errors import ConnectionFailed
from pipelines.warehouse.sql import statement

if TYPE_CHECKING:
    from pipelines.config_deliver import DestinationSettings
    from pipelines.destinations.database import Database

CUSTOMER = "customer_id"


def erase(
    several: Sequence[DestinationSettings], names: Sequence[str], subject: Subject, *, counts_only: bool
) -> dict[str, int]:
    """Take a customer out of every destination and give the rows that went, by destination.

    Parameters
    ----------
    several
        The destinations.
    names
        Tables that they may hold.
    subject
        The customer.
    counts_only
        Change nothing.

    Raises
    ------
    ConnectionFailed
        If a destination does not answer.
    """
    gone = {}
    for each in several:
        gone[f"destination {each.name}"] = _erase(each, names, subject, counts_only)
    return {name: rows for name, rows in gone.items() if rows}


def _erase(settings: DestinationSettings, names: Sequence[str], subject: Subject, counts_only: bool) -> int:
    from pipelines.destinations.database import Database
    from pipelines.destinations.destination import Lost
    from pipelines.destinations.known import kind_named

    path = settings.path
    if path is not None and not path.exists():
        return 0
    if path is not None and path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file())
        return sum(erase_from_file(file, subject, counts_only=counts_only) for file in files)
    if path is not None and settings.kind == "duckdb":
        found = (tables.look if counts_only else tables.erase)(path, subject)
        return sum(found.rows.values()) + sum(found.mentions.values())
    destination = kind_named(settings.kind)(settings)
    assert isinstance(destination, Database)
    try:
        with closing(destination), destination.errors():
            destination.open(read_only=counts_only)
            return _erase_rows(destination, names, subject, counts_only)
    except Lost as error:
        raise ConnectionFailed(
            f"Destination {settings.name}: {error}", do="see that it runs, then run the same command again"
        ) from None


def _erase_rows(database: Database, names: Sequence[str], subject: Subject, counts_only: bool) -> int:
    """Delete the customer's rows in one transaction; SQLite gives the freed pages back."""
    ids, total = sorted(subject.ids), 0
    marks = ", ".join(database.dialect.mark for _ in ids)
    with database.transaction(keep=not counts_only):
        for name in names:
            if CUSTOMER in database.columns_of(name):
                rows = statement("FROM", database.sql.placed(name), "WHERE", database.sql.name(CUSTOMER))
                condition = statement(rows, f"IN ({marks})")
                total += int(database.run(statement("SELECT count(*)", condition), ids)[0][0])
                if not counts_only:
                    database.run(statement("DELETE", condition), ids)
    if total and not counts_only and database.settings.kind == "sqlite":
        database.run("VACUUM")
    return total
