"""What is usual among peers, asked of the warehouse, equals what pandas says of everyone in memory."""

import duckdb
import numpy as np
import pandas as pd
import pytest
from peers_in_memory import counter, usual_values

from pipelines.scoring.peers import Peers
from pipelines.scoring.source import Source

COLUMNS = ["logins", "is_new", "plan"]


@pytest.fixture
def everyone():
    random = np.random.default_rng(5)
    frame = pd.DataFrame(
        {
            "customer_id": [f"c{number}" for number in range(120)],
            "logins": random.integers(0, 9, 120).astype(float),
            "is_new": random.random(120) < 0.4,
            "plan": random.choice(["basic", "pro", "team"], 120),
        }
    )
    frame.loc[::7, ["logins", "plan"]] = [np.nan, None]
    return frame


@pytest.fixture
def industries():
    return pd.Series((["retail"] * 60 + ["finance"] * 40 + ["tiny"] * 10 + [None] * 10), name="industry")


def peers_of(everyone, industries=None):
    connection = duckdb.connect()
    connection.register("everyone", everyone)
    connection.execute("CREATE TABLE signals AS SELECT * FROM everyone ORDER BY hash(customer_id)")
    connection.execute("CREATE SCHEMA accepted")
    connection.register("told", everyone[["customer_id"]].assign(industry=industries))
    connection.execute("CREATE TABLE accepted.customers AS SELECT * FROM told")
    accepted = {"flat": industries is None, "schema": "accepted"}
    return Peers.of(Source.of(connection, "signals"), COLUMNS, accepted)


def test_medians_and_most_frequent_words_are_those_of_the_segment(everyone, industries):
    found = peers_of(everyone, industries).usual([])
    expected = usual_values(everyone[COLUMNS], industries)
    assert found.values.keys() == expected.values.keys() == {"", "retail", "finance"}
    for segment, values in expected.values.items():
        assert found.values[segment].to_dict() == values.to_dict()


def test_a_flat_table_has_no_segments(everyone):
    found = peers_of(everyone).usual([""])
    assert found.values.keys() == {""}
    assert found.of(0, "logins") == everyone["logins"].median()


def test_of_words_that_are_equally_frequent_the_first_in_the_alphabet_is_usual(everyone):
    everyone["plan"] = ["pro", "basic"] * 60
    assert peers_of(everyone).usual([""]).of(0, "plan") == "basic"


@pytest.mark.parametrize("segment", ["", "retail", "it's; DROP TABLE signals"])
def test_those_as_well_off_are_counted_among_the_peers(segment, everyone, industries):
    peers = peers_of(everyone, industries)
    usual = usual_values(everyone[COLUMNS], industries)
    asked = (segment, ["logins", "is_new"], np.array([1.0, -1.0]), np.array([4.0, 1.0]))
    assert peers.count(*asked) == counter(everyone, usual)(*asked)
    assert peers.count(*asked) == peers.count(*asked)


def test_a_column_without_any_value_has_no_usual_one(everyone):
    everyone["logins"], everyone["plan"] = np.nan, None
    usual = peers_of(everyone).usual([""])
    assert usual.of(0, "logins") is None
    assert pd.isna(usual.of(0, "plan"))
