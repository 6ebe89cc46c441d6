"""What is told of scores: reasons and levers of the bands that are read, and moves; a batch of customers at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.config_score import ScoreSettings
from pipelines.scoring.before import TABLE as BEFORE
from pipelines.scoring.before import Before
from pipelines.scoring.moves import Ways, moved
from pipelines.scoring.peers import TABLE as PEERS
from pipelines.scoring.peers import Peers
from pipelines.scoring.ranked import TABLE as RANKED
from pipelines.scoring.reasons import explained, lowering
from pipelines.scoring.source import CUSTOMER, Source
from pipelines.warehouse.scores import CHURN_LEVERS, CHURN_MOVES, CHURN_REASONS, SCORE_KEY, ScoreTable
from pipelines.warehouse.sql import identifier, literal

if TYPE_CHECKING:
    import pandas as pd

    from evaluation.value_names import ValueNames
    from training.model import FittedModel

CHOSEN, TABLE = "_chosen", "_told"
_CHOSEN = (*SCORE_KEY, "probability", "probability_before", "is_read", "is_moved")
ROWS = 20_000
PREFIX = "_score_"
"""Before the names of what belongs to the score, so that a signal may be called what it likes."""


@dataclass(frozen=True)
class Then:
    """The time before, and the tables of its signals: as known then, and now had nothing been learned since."""

    before: Before
    known: str
    waited: str


@dataclass(frozen=True)
class Batch:
    """Some customers: their scores, segments and signals, row by row the same."""

    scores: pd.DataFrame
    signals: pd.DataFrame

    @classmethod
    def of(cls, rows: pd.DataFrame) -> Batch:
        """Divide rows of the table of those who are told about."""
        own = [name for name in rows.columns if name.startswith(PREFIX)]
        scores = rows[own].rename(columns=lambda name: name.removeprefix(PREFIX))
        return cls(scores, rows.drop(columns=own))

    def where(self, column: str) -> Batch:
        """Keep the rows in which a column of the scores is true."""
        chosen = self.scores[column].to_numpy(dtype=bool)
        return Batch(self.scores[chosen].reset_index(drop=True), self.signals[chosen].reset_index(drop=True))


@dataclass(frozen=True)
class Teller:
    """What telling needs.

    Parameters
    ----------
    model
        The champion.
    settings
        Which bands are told about, and how much.
    known
        Declared signals by column name.
    names
        What values are called.
    source
        Signals of everyone who is scored.
    peers
        What is usual among them.
    then
        The time before, if there is one to compare with.
    """

    model: FittedModel
    settings: ScoreSettings
    known: dict[str, Any]
    names: ValueNames
    source: Source
    peers: Peers
    then: Then | None = None

    def reasons(self, batch: Batch) -> pd.DataFrame:
        """Rows of ``churn_reasons``."""
        read = batch.where("is_read")
        usual = self.peers.usual(read.scores["segment"])
        return explained(self.model, read.signals, read.scores, self.settings, self.known, usual, self.names)

    def levers(self, batch: Batch) -> pd.DataFrame:
        """Rows of ``churn_levers``."""
        read = batch.where("is_read")
        usual = self.peers.usual(read.scores["segment"])
        given = (self.settings, self.known, usual, self.peers.count, self.names)
        return lowering(self.model, read.signals, read.scores, *given)

    def moves(self, batch: Batch) -> pd.DataFrame:
        """Rows of ``churn_moves``."""
        assert self.then is not None
        movers = batch.where("is_moved")
        ways = Ways(
            _signals_of(self.source.connection, self.then.known, movers.scores),
            _signals_of(self.source.connection, self.then.waited, movers.scores),
            movers.signals,
        )
        given = (self.then.before, self.settings, self.known, self.names)
        return moved(self.model, ways, movers.scores, *given)


def choose(source: Source, settings: ScoreSettings, before: Before | None) -> tuple[int, int]:
    """Write down whom to tell about, and give how many are read about and how many moved.

    Read about are those in bands that get reasons. Moved are those of them, and of those whose band changed, who had a
    score before.
    """
    bands = ", ".join(literal(band) for band in settings.reason_bands) or "NULL"
    moved, earlier, probability = "false", "", "NULL::DOUBLE"
    if before is not None and settings.most_moves:
        moved = f"earlier.band IS NOT NULL AND (scores.band IN ({bands}) OR scores.band <> earlier.band)"
        earlier = f"LEFT JOIN {BEFORE} earlier ON earlier.customer_id = scores.customer_id"
        probability = "earlier.probability"
    source.connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE {CHOSEN} AS
        SELECT * FROM (
            SELECT {", ".join(f"scores.{name}" for name in (*SCORE_KEY, "probability"))},
                   {probability} AS probability_before,
                   coalesce(scores.band IN ({bands}), false) AS is_read, coalesce({moved}, false) AS is_moved
            FROM {RANKED} scores {earlier} WHERE scores.band IS NOT NULL
        ) WHERE is_read OR is_moved
        """
    )
    counts = f"SELECT count(*) FILTER (is_read), count(*) FILTER (is_moved) FROM {CHOSEN}"
    read, movers = source.connection.execute(counts).fetchone()
    return int(read), int(movers)


def bring(source: Source) -> None:
    """Write down the signals and segments of those who were chosen."""
    told = [f"chosen.{name} AS {PREFIX}{name}" for name in _CHOSEN]
    source.connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE {TABLE} AS
        SELECT {", ".join(told)}, segment AS {PREFIX}segment, signals.* EXCLUDE ({CUSTOMER})
        FROM {CHOSEN} chosen
        JOIN {identifier(source.name)} signals ON signals.{CUSTOMER}::VARCHAR = chosen.customer_id
        JOIN {PEERS} ON place = signals.rowid
        """
    )


def tell(
    teller: Teller,
    wanted: dict[ScoreTable, Callable[[Batch], pd.DataFrame]],
    warn: Callable[[str], None],
    progress: Callable[[str, float], None],
) -> dict[ScoreTable, str]:
    """Write what is told into temporary tables.

    Parameters
    ----------
    teller
        What telling needs.
    wanted
        By table of the contract what makes its rows.
    warn
        Told what cannot be written, and why.
    progress
        Told how far it is.

    Returns
    -------
    dict of ScoreTable to str
        Name of the temporary table of each that is wanted.
    """
    from training.errors import TrainingError

    connection, left = teller.source.connection, dict(wanted)
    names = {table: _create(connection, table) for table in wanted}
    for share, batch in _batches(connection):
        progress("reasons, levers and moves", share)
        for table, rows_of in list(left.items()):
            try:
                _add(connection, names[table], table, rows_of(batch))
            except TrainingError as error:
                warn(f"No {table.name.removeprefix('churn_')} are written: {error}")
                del left[table]
    return names


def wanted_of(teller: Teller, read: int, movers: int) -> dict[ScoreTable, Callable[[Batch], pd.DataFrame]]:
    """Say which tables get rows, by the settings and by whom there is to tell about."""
    wanted: dict[ScoreTable, Callable[[Batch], pd.DataFrame]] = {}
    if read:
        wanted[CHURN_REASONS] = teller.reasons
    if read and teller.settings.most_levers:
        wanted[CHURN_LEVERS] = teller.levers
    if movers and teller.then is not None:
        wanted[CHURN_MOVES] = teller.moves
    return wanted


def _batches(connection: Any) -> Iterator[tuple[float, Batch]]:
    rows = connection.execute(f"SELECT count(*) FROM {TABLE}").fetchone()[0]
    for start in range(0, rows, ROWS):
        query = f"SELECT * FROM {TABLE} WHERE rowid >= {start:d} AND rowid < {start + ROWS:d}"
        yield start / rows, Batch.of(connection.execute(query).df())


def _signals_of(connection: Any, name: str, scores: pd.DataFrame) -> pd.DataFrame:
    """Read signals of customers from a table, in their order."""
    connection.register("_wanted", scores[["customer_id"]])
    try:
        query = f"SELECT signals.* FROM {identifier(name)} signals SEMI JOIN _wanted USING ({CUSTOMER})"
        found = connection.execute(query).df()
    finally:
        connection.unregister("_wanted")
    return found.set_index(found[CUSTOMER].astype("str")).loc[scores["customer_id"].astype("str")]


def _create(connection: Any, table: ScoreTable) -> str:
    columns = ", ".join(f"{identifier(name)} {kind}" for name, kind in table.columns.items())
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {identifier('_' + table.name)} ({columns})")
    return f"_{table.name}"


def _add(connection: Any, name: str, table: ScoreTable, rows: pd.DataFrame) -> None:
    columns = ", ".join(identifier(column) for column in table.columns)
    connection.register("_rows", rows)
    try:
        connection.execute(f"INSERT INTO {identifier(name)} ({columns}) SELECT {columns} FROM _rows")
    finally:
        connection.unregister("_rows")
