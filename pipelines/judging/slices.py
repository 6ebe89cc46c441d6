"""The rows that a judgement looks at: the whole test slice, and as many training rows as bounded memory allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipelines.config import Project
from pipelines.panel import file_of

if TYPE_CHECKING:
    import pandas as pd

MOST_TRAINING_ROWS = 120_000


@dataclass(frozen=True, eq=False)
class Slice:
    """Rows with signals and outcomes.

    Parameters
    ----------
    signals
        Shape (rows, signals); numbers are 32-bit floats, words are categories.
    label
        Shape (rows,), 1 for a customer who left.
    customer
        Shape (rows,).
    cutoff
        Shape (rows,); none for a flat table.
    """

    signals: pd.DataFrame
    label: NDArray[np.int8]
    customer: NDArray[Any]
    cutoff: NDArray[np.datetime64] | None


@dataclass(frozen=True, eq=False)
class Slices:
    """Training rows (a sample where there are very many) and all test rows, in the order of the predictions."""

    train: Slice
    test: Slice


def slices(
    project: Project,
    panel: Path,
    labels: pd.DataFrame,
    calendar: dict[str, Any],
    test: pd.DataFrame,
    columns: Sequence[str] | None,
) -> Slices:
    """Read what is judged.

    Parameters
    ----------
    project, panel, labels, calendar
        As `pipelines.rows.labelled_rows`.
    test
        The predictions on the test slice, whose order the test rows take.
    columns
        Signals to read; all of a flat table.
    """
    if calendar["flat"]:
        return _flat(project, panel, labels, calendar, test)
    known = labels.dropna(subset=["churned"])
    cutoffs = training_cutoffs(calendar)
    most = max(MOST_TRAINING_ROWS // len(cutoffs), 1)
    parts = [_cutoff(panel, known, cutoff, columns or (), most) for cutoff in cutoffs]
    tested = _cutoff(panel, known, datetime.fromisoformat(calendar["test_cutoff"]), columns or (), None)
    return Slices(_stacked(parts), _ordered(tested, test))


def training_cutoffs(calendar: dict[str, Any]) -> list[datetime]:
    """Cutoffs whose outcome windows had ended by the test cutoff."""
    test = datetime.fromisoformat(calendar["test_cutoff"])
    reach = timedelta(days=calendar["gap_days"] + calendar["horizon_days"])
    return [cutoff for cutoff in map(datetime.fromisoformat, calendar["cutoffs"]) if cutoff + reach <= test]


def _cutoff(panel: Path, known: pd.DataFrame, cutoff: datetime, columns: Sequence[str], most: int | None) -> Slice:
    """Read one cutoff's file: the labelled customers, or `most` of them drawn at random."""
    import pyarrow as pa
    import pyarrow.parquet as parquet

    labelled = known.loc[known["cutoff"] == cutoff, ["customer_id", "churned"]]
    label_of = dict(zip(labelled["customer_id"].astype("str"), labelled["churned"].astype("int8"), strict=True))
    table = parquet.read_table(panel / file_of(cutoff), columns=["customer_id", *dict.fromkeys(columns)])
    who = table["customer_id"].cast(pa.string()).to_numpy()
    rows = np.flatnonzero([name in label_of for name in who])
    if most is not None and rows.size > most:
        rows = np.sort(np.random.default_rng(0).choice(rows, most, replace=False))
    frame = _compact(table.drop_columns(["customer_id"]), rows)
    chosen = who[rows]
    label = np.array([label_of[name] for name in chosen], dtype=np.int8)
    return Slice(frame, label, chosen, np.full(rows.size, np.datetime64(cutoff, "us")))


def _compact(table: Any, rows: NDArray[np.intp]) -> pd.DataFrame:
    """Turn columns into 32-bit floats one after the other, so that the table never stands twice in memory."""
    import pandas as pd
    import pyarrow as pa

    made: dict[str, Any] = {}
    for name in table.column_names:
        column = table[name].take(pa.array(rows))
        if pa.types.is_floating(column.type) or pa.types.is_integer(column.type):
            made[name] = column.to_numpy().astype(np.float32)
        else:
            made[name] = column.to_pandas()
    return pd.DataFrame(made)


def _stacked(parts: list[Slice]) -> Slice:
    import pandas as pd

    signals = pd.concat([part.signals for part in parts], ignore_index=True)
    return Slice(
        _with_categories(signals),
        np.concatenate([part.label for part in parts]),
        np.concatenate([part.customer for part in parts]),
        np.concatenate([part.cutoff for part in parts if part.cutoff is not None]),
    )


def _ordered(rows: Slice, test: pd.DataFrame) -> Slice:
    import pandas as pd

    place = pd.Index(rows.customer).get_indexer(pd.Index(test["customer_id"].astype("str")))
    assert (place >= 0).all(), "every prediction has its signals"
    return Slice(
        _with_categories(rows.signals.take(place).reset_index(drop=True)),
        rows.label[place],
        rows.customer[place],
        None if rows.cutoff is None else rows.cutoff[place],
    )


def _with_categories(signals: pd.DataFrame) -> pd.DataFrame:
    from pandas.api.types import is_numeric_dtype

    words = [str(name) for name, kind in signals.dtypes.items() if not is_numeric_dtype(kind)]
    return signals.assign(**{name: signals[name].astype("category") for name in words})


def _flat(project: Project, panel: Path, labels: pd.DataFrame, calendar: dict[str, Any], test: pd.DataFrame) -> Slices:
    from pipelines.rows import labelled_rows

    rows = labelled_rows(project, panel, labels, calendar)
    train, tested = rows.examples.take(rows.split.train), rows.examples.take(rows.split.test)
    return Slices(
        Slice(train.features, train.label, train.customer, None),
        _ordered(Slice(tested.features, tested.label, tested.customer, None), test),
    )
