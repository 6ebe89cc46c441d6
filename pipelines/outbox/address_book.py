"""Where customers are reached by mail: a CSV file that the user keeps."""

from __future__ import annotations

from pathlib import Path

import duckdb

from pipelines.errors import ConfigError

COLUMNS = "the columns customer_id and email"


class AddressBook:
    """Addresses of customers.

    Parameters
    ----------
    file
        CSV with the columns ``customer_id`` and ``email``; without one nobody has an address.

    Raises
    ------
    ConfigError
        If it is not there, or lacks a column.
    """

    def __init__(self, file: Path | None) -> None:
        self._connection = duckdb.connect()
        self._connection.execute("CREATE TABLE book (customer_id VARCHAR, email VARCHAR)")
        if file is not None:
            self._read(file)

    def of(self, customer_id: str) -> str | None:
        """Give the address of a customer; ``None`` where there is none, or more than one."""
        found = self._connection.execute(
            "SELECT DISTINCT email FROM book WHERE customer_id = ? AND email <> '' LIMIT 2", [customer_id]
        ).fetchall()
        return found[0][0] if len(found) == 1 else None

    def close(self) -> None:
        """Let go of what was read."""
        self._connection.close()

    def _read(self, file: Path) -> None:
        allowed = f"a CSV file with {COLUMNS}"
        if not file.is_file():
            raise ConfigError(f"addresses names {file}, which is no file", allowed=allowed, do="put the list there")
        try:
            rows = self._connection.read_csv(str(file), header=True, all_varchar=True)
        except duckdb.Error as error:
            raise ConfigError(f"{file} cannot be read as CSV", allowed=allowed, do="mend it") from error
        missing = {"customer_id", "email"} - set(rows.columns)
        if missing:
            raise ConfigError(f"{file} has no column {min(missing)}", allowed=allowed, do="name the columns so")
        rows.project("trim(customer_id), trim(email)").insert_into("book")
