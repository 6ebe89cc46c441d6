"""Ranks while scores wait on disk are those that a database's window function gives."""

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.scoring.ranking import Ranking
from pipelines.scoring.spool import spooled

IDS = st.text(alphabet="aZ-é\U0001f600客", min_size=1, max_size=3)
SCORES = st.lists(st.tuples(IDS, st.sampled_from([0.1, 0.2, 0.5])), max_size=12, unique_by=lambda each: each[0])


def ranked(batches):
    """Rank batches of (id, probability), each for two horizons, the shorter with the opposite probabilities."""
    ranking, came = Ranking(), []
    for batch in batches:
        for days, sign in ((60, 1), (30, -1)):
            customers = [customer for customer, _ in batch]
            probability = [0.5 + sign * own / 2 for _, own in batch]
            ranking.add(days, pa.array(customers, pa.string()), pa.array(probability, pa.float64()))
            came += [(customer, days, own) for customer, own in zip(customers, probability, strict=True)]
    frame = pd.DataFrame(came, columns=["customer_id", "horizon_days", "probability"])
    asked = []
    ranks = ranking.ranks(lambda: asked.append(1) or pa.array(frame["customer_id"], pa.string()))
    return frame.assign(rank=ranks), bool(asked)


def by_database(frame):
    return duckdb.sql(
        "SELECT customer_id, horizon_days, probability, row_number() OVER (PARTITION BY horizon_days "
        "ORDER BY probability DESC, customer_id)::INTEGER AS rank FROM frame"
    ).fetchall()


@given(SCORES, st.integers(0, 12))
def test_ranks_are_those_of_a_window_function(scores, cut):
    frame, _ = ranked([scores[:cut], scores[cut:]])

    assert sorted(frame.itertuples(index=False, name=None)) == sorted(by_database(frame))


def test_ids_are_read_only_where_customers_are_out_of_order():
    rising = [[("C-1", 0.5), ("C-2", 0.1)], [("C-3", 0.5)]]

    assert ranked(rising)[1] is False
    assert ranked(rising[::-1])[1] is True
    assert ranked([[("b", 0.5), ("a", 0.5)]])[0].query("horizon_days == 60")["rank"].tolist() == [2, 1]


def test_what_waits_on_disk_can_be_read_and_brought_in():
    with duckdb.connect() as connection, spooled(connection) as spool:
        for start in (0, 3):
            customers = [f"c{number}" for number in range(start, start + 3)]
            spool.add(pa.table({"customer_id": customers, "probability": np.arange(3) / 10}))

        assert spool.column("customer_id").to_pylist() == [f"c{number}" for number in range(6)]
        columns = {"customer_id": "VARCHAR", "probability": "DOUBLE", "rank": "INTEGER"}
        spool.bring("brought", columns, np.arange(6, dtype=np.int32))
        assert connection.execute("FROM brought").fetchall() == [
            (f"c{number}", pytest.approx(number % 3 / 10), number) for number in range(6)
        ]


def test_nothing_put_aside_is_an_empty_table():
    with duckdb.connect() as connection, spooled(connection) as spool:
        spool.bring("brought", {"customer_id": "VARCHAR", "rank": "INTEGER"}, Ranking().ranks(lambda: pa.array([])))

        assert connection.execute("FROM brought").fetchall() == []
