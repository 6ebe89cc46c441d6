"""Where every row of a source went."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Ledger:
    """Account of one source: read = written + dropped + duplicates + merged + rejected.

    Parameters
    ----------
    table
        Canonical table, or ``flat``.
    source
        File, glob, folder or database table.
    read
        Rows found, lines that could not be split among them.
    dropped
        Rows that the source's `where` leaves out.
    duplicates
        Rows that repeat another row exactly.
    merged
        Rows joined to another row: by `group_by`, or to the row that another system has of the same customer.
    rejected
        Rows with a value that cannot be read; each value is listed in the table ``rejected``.
    written
        Rows in the warehouse.
    emptied
        Unreadable values left empty in rows that were written.
    columns
        Canonical columns that the source fills.
    notes
        What else a reader should know.
    """

    table: str
    source: str
    read: int
    dropped: int = 0
    duplicates: int = 0
    merged: int = 0
    rejected: int = 0
    written: int = 0
    emptied: int = 0
    columns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def balances(self) -> bool:
        """Whether every row is accounted for."""
        return self.read == self.written + self.dropped + self.duplicates + self.merged + self.rejected
