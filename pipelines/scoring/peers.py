"""What is usual among the peers of a customer, asked of the warehouse so that not everyone has to be in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pipelines.scoring.source import CUSTOMER, Source
from pipelines.warehouse.sql import identifier

if TYPE_CHECKING:
    import pandas as pd

    from evaluation.model.reasons import Usual
    from evaluation.model.rows import FloatArray

SEGMENT = "industry"
TABLE = "_peers"
_AT_ONCE = 8
"""Columns whose medians are found at once: a median holds all values of its column in memory."""


@dataclass(frozen=True)
class Peers:
    """The segments of everyone who is scored, and what is usual in each.

    Parameters
    ----------
    source
        Signals of everyone who is scored.
    columns
        Signals of the model.
    """

    source: Source
    columns: Sequence[str]
    _counted: dict[tuple[Any, ...], int] = field(default_factory=dict)

    @classmethod
    def of(cls, source: Source, columns: Sequence[str], accepted: dict[str, Any]) -> Peers:
        """Divide customers by industry; a segment of too few customers, and none, is the empty one of everyone."""
        from evaluation.model.reasons import FEWEST_PEERS

        told = "SELECT NULL::VARCHAR AS customer_id, NULL::VARCHAR AS segment WHERE false"
        if not accepted["flat"]:
            customers = identifier(accepted["schema"], "customers")
            told = f"SELECT customer_id::VARCHAR AS customer_id, {SEGMENT}::VARCHAR AS segment FROM {customers}"
        source.connection.execute(
            f"""
            CREATE OR REPLACE TEMP TABLE {TABLE} AS
            SELECT place, CASE WHEN count(*) OVER (PARTITION BY segment) >= {FEWEST_PEERS}
                               THEN coalesce(segment, '') ELSE '' END AS segment
            FROM (SELECT source.rowid AS place, told.segment FROM {identifier(source.name)} source
                  LEFT JOIN ({told}) told ON source.{CUSTOMER}::VARCHAR = told.customer_id)
            """
        )
        return cls(source, list(columns))

    def usual(self, segments: Iterable[str]) -> Usual:
        """Ask about customers of these segments, one a row."""
        from evaluation.model.reasons import Usual

        return Usual(list(segments), self._values)

    def count(self, segment: str, columns: Sequence[str], direction: FloatArray, target: FloatArray) -> int:
        """Count the peers of a segment who are at least so well off; the same question is asked once."""
        key = (segment, tuple(columns), target.tobytes())
        if key not in self._counted:
            well_off = " AND ".join(
                f"{self.source.as_number(name)} {'<=' if sign > 0 else '>='} ?"
                for name, sign in zip(columns, direction, strict=True)
            )
            inside, values = ("segment = ?", [segment]) if segment else ("true", [])
            query = f"SELECT count(*) FROM {self._rows} WHERE {inside} AND {well_off}"
            found = self.source.connection.execute(query, [*values, *map(float, target)])
            self._counted[key] = int(found.fetchone()[0])
        return self._counted[key]

    @property
    def _rows(self) -> str:
        here = identifier(self.source.name)
        if not self._is_divided:
            return f"(SELECT *, '' AS segment FROM {here})"
        return f"(SELECT signals.*, segment FROM {here} signals JOIN {TABLE} ON signals.rowid = place)"

    @cached_property
    def _is_divided(self) -> bool:
        found = self.source.connection.execute(f"SELECT 1 FROM {TABLE} WHERE segment <> '' LIMIT 1").fetchone()
        return found is not None

    @cached_property
    def _values(self) -> dict[str, pd.Series]:
        import pandas as pd

        numbers = [name for name in self.columns if self.source.is_number(name)]
        found: dict[str, dict[str, Any]] = {}
        for start in range(0, len(numbers), _AT_ONCE):
            self._medians(numbers[start : start + _AT_ONCE], found)
        for name in self.columns:
            if name not in numbers:
                self._most_frequent(name, found)
        return {segment: pd.Series(values, index=list(self.columns), dtype=object) for segment, values in found.items()}

    def _medians(self, columns: Sequence[str], found: dict[str, dict[str, Any]]) -> None:
        numbers = [self.source.as_number(name) for name in columns]
        medians = ", ".join(f"median({number}) FILTER (WHERE NOT isnan({number}))" for number in numbers)
        query = f"""
            SELECT coalesce(segment, ''), {medians} FROM {self._rows}
            GROUP BY GROUPING SETS ((), (segment)) HAVING grouping(segment) = 1 OR segment <> ''
        """
        for segment, *values in self.source.connection.execute(query).fetchall():
            found.setdefault(segment, {}).update(zip(columns, values, strict=True))

    def _most_frequent(self, column: str, found: dict[str, dict[str, Any]]) -> None:
        name = identifier(column)
        query = f"""
            SELECT coalesce(segment, ''), word FROM (
                SELECT segment, {name}::VARCHAR AS word, count(*) AS times, grouping(segment) AS of_all
                FROM {self._rows} WHERE {name} IS NOT NULL GROUP BY GROUPING SETS (({name}), (segment, {name}))
            ) WHERE of_all = 1 OR segment <> ''
            QUALIFY row_number() OVER (PARTITION BY of_all, segment ORDER BY times DESC, word) = 1
        """
        for segment, word in self.source.connection.execute(query).fetchall():
            found.setdefault(segment, {})[column] = word
