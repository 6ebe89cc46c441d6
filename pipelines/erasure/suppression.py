"""Customers who were forgotten stay out of later loads: a list of keyed hashes, from which nobody reads an id.

The key is a file of the project that its owner alone may read, or ``CHURNLAB_ERASURE_KEY``. Whoever has the key and a
list of possible ids can try them; who has the hashes alone cannot.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.records import read_record
from pipelines.warehouse.sql import identifier, literal, statement

FOLDER = "erasure"
LIST, KEY = "forgotten.json", "key"
KEY_VARIABLE = "CHURNLAB_ERASURE_KEY"
_WORDS = "regexp_split_to_array(coalesce(value_shown, ''), '[^0-9A-Za-z]+')"


def key_of(home: Path) -> str:
    """Give the project's key, made when it is first asked for."""
    chosen = os.environ.get(KEY_VARIABLE)
    if chosen:
        return chosen
    path = home / FOLDER / KEY
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(32))
    return path.read_text(encoding="utf-8")


def hashed(key: str, customer: str) -> str:
    """Give the keyed hash of an id."""
    return hashlib.sha256(f"{key}:{customer}".encode()).hexdigest()


def forgotten(home: Path) -> frozenset[str]:
    """Read the hashes of all who were forgotten.

    Raises
    ------
    NotReady
        If the list is damaged: without it, who was forgotten would be loaded again.
    """
    path = home / FOLDER / LIST
    do = "bring it back from a copy, or move it away and forget again whom its receipts tell of"
    return frozenset(read_record(path, list[str], do)) if path.exists() else frozenset()


def keep_out(home: Path, ids: Iterable[str]) -> None:
    """Add ids to those that later loads leave out."""
    key = key_of(home)
    together = sorted(forgotten(home) | {hashed(key, each) for each in ids})
    path = home / FOLDER / LIST
    beside = path.with_name(f".{LIST}.{os.getpid()}")
    beside.write_text(json.dumps(together, indent=0), encoding="utf-8")
    os.replace(beside, path)


@dataclass
class LeftOut:
    """Takes the rows of forgotten customers out of tables before they reach the warehouse.

    Parameters
    ----------
    key
        Of the hashes.
    hashes
        Of the ids to leave out.
    rows
        Rows that were taken out so far.
    """

    key: str
    hashes: frozenset[str]
    rows: int = 0

    @classmethod
    def of(cls, home: Path) -> LeftOut | None:
        """Read who was forgotten in a project, ``None`` where nobody was."""
        hashes = forgotten(home)
        return cls(key_of(home), hashes) if hashes else None

    def take_out(self, connection: Any, tables: Mapping[str, str]) -> None:
        """Delete the rows of forgotten customers.

        Parameters
        ----------
        connection
            DuckDB connection.
        tables
            Name to qualified name; one without ``customer_id`` lists cells that could not be read.
        """
        for place in tables.values():
            columns = connection.table(place).columns
            if "customer_id" in columns:
                condition = self._named(identifier("customer_id"))
            elif "value_shown" in columns:
                condition = f"list_has_any(list_transform({_WORDS}, lambda word: {self._hash('word')}), {self._list})"
            else:
                continue
            self.rows += int(connection.execute(statement("DELETE FROM", place, "WHERE", condition)).fetchone()[0])

    @property
    def _list(self) -> str:
        return f"[{', '.join(map(literal, sorted(self.hashes)))}]"

    def _hash(self, expression: str) -> str:
        return f"sha256({literal(self.key + ':')} || {expression})"

    def _named(self, expression: str) -> str:
        return f"list_contains({self._list}, {self._hash(expression)})"
