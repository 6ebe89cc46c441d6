"""A customer taken out of the places where scores are brought."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
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
_WILD = re.compile("[!%_]")
Texts = Mapping[str, Sequence[str]]
"""Tables that a destination may hold, each with its columns in which a text may name a customer."""


def erase(
    several: Sequence[DestinationSettings], places: Texts, subject: Subject, *, counts_only: bool
) -> dict[str, int]:
    """Take a customer out of every destination and give the rows that went or named the customer, by destination.

    Parameters
    ----------
    several
        The destinations.
    places
        Tables that they may hold, with their columns of texts.
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
        gone[f"destination {each.name}"] = _erase(each, places, subject, counts_only)
    return {name: rows for name, rows in gone.items() if rows}


def _erase(settings: DestinationSettings, places: Texts, subject: Subject, counts_only: bool) -> int:
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
            return _erase_rows(destination, places, subject, counts_only)
    except Lost as error:
        raise ConnectionFailed(
            f"Destination {settings.name}: {error}", do="see that it runs, then run the same command again"
        ) from None


def _erase_rows(database: Database, places: Texts, subject: Subject, counts_only: bool) -> int:
    """Delete the customer's rows and free those of others of the name, in one transaction; SQLite shrinks its file."""
    total = 0
    with database.transaction(keep=not counts_only):
        for table, texts in places.items():
            there, held = database.columns_of(table), _Held(database, table, subject, counts_only)
            total += held.delete() if CUSTOMER in there else 0
            total += sum(held.free(text, CUSTOMER in there) for text in texts if text in there)
    if total and not counts_only and database.settings.kind == "sqlite":
        database.run("VACUUM")
    return total


@dataclass(frozen=True)
class _Held:
    """What a table of a database holds of a customer."""

    database: Database
    table: str
    subject: Subject
    counts_only: bool

    def delete(self) -> int:
        """Delete the customer's rows."""
        rows, ids = statement("FROM", self._place, "WHERE", self._own), sorted(self.subject.ids)
        found = int(self.database.run(statement("SELECT count(*)", rows), ids)[0][0])
        if found and not self.counts_only:
            self.database.run(statement("DELETE", rows), ids)
        return found

    def free(self, column: str, is_of_customers: bool) -> int:
        """Put something else in the place of the customer's name in a column of others' rows."""
        if not self.subject.telling:
            return 0
        name, mark = self.database.sql.name(column), self.database.dialect.mark
        named = " OR ".join(f"{name} LIKE {mark} ESCAPE '!'" for _ in self.subject.spellings)
        others, ids = (f"AND NOT ({self._own})", sorted(self.subject.ids)) if is_of_customers else ("", [])
        query = statement("SELECT", name, ", count(*) FROM", self._place, f"WHERE ({named})", others, "GROUP BY", name)
        found = self.database.run(query, [*map(_pattern, self.subject.spellings), *ids])
        texts = {text: int(rows) for text, rows in found if self.subject.is_mentioned(text)}
        for text in () if self.counts_only else texts:
            change = statement("UPDATE", self._place, "SET", name, "=", mark, "WHERE", name, "=", mark)
            self.database.run(change, [self.subject.freed(text), text])
        return sum(texts.values())

    @property
    def _place(self) -> str:
        return self.database.sql.placed(self.table)

    @property
    def _own(self) -> str:
        """SQL that is true for the customer's rows; its parameters are the ids in their order."""
        marks = ", ".join(self.database.dialect.mark for _ in self.subject.ids)
        return f"{self.database.sql.name(CUSTOMER)} IN ({marks})"


def _pattern(spelling: str) -> str:
    """Write a pattern of LIKE for texts that hold a spelling.

    >>> _pattern("50%_C!")
    '%50!%!_C!!%'
    """
    return f"%{_WILD.sub(lambda sign: f'!{sign[0]}', spelling)}%"
