"""Labels against tables worked out by hand."""

from datetime import datetime, timedelta

import duckdb
import ibis
import pandas as pd
import pytest

from training.labels.contractual import Contractual
from training.labels.inactivity import Inactivity
from training.labels.outcome import Window, labels, risk_set
from training.labels.spend_drop import SpendDrop


def day(text):
    return datetime.fromisoformat(text)


@pytest.fixture
def engine():
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    return ibis.duckdb.from_connection(connection)


def contracts(engine, rows):
    """Rows of (id, customer, started, ends, cancelled, ended, trial)."""
    engine.raw_sql(
        "CREATE TABLE contracts (contract_id VARCHAR, customer_id VARCHAR, started_at TIMESTAMP, ends_at TIMESTAMP,"
        " cancelled_at TIMESTAMP, ended_at TIMESTAMP, is_trial BOOLEAN, known_at TIMESTAMP)"
    )
    for row in rows:
        engine.con.execute("INSERT INTO contracts VALUES (?, ?, ?, ?, ?, ?, ?, ?)", [*row, row[2]])
    return {"contracts": engine.table("contracts")}


def orders(engine, rows):
    """Rows of (customer, ordered, amount) or (customer, ordered, amount, known)."""
    engine.raw_sql("CREATE TABLE orders (customer_id VARCHAR, ordered_at TIMESTAMP, amount DOUBLE, known_at TIMESTAMP)")
    for row in rows:
        engine.con.execute("INSERT INTO orders VALUES (?, ?, ?, ?)", [*row[:3], row[3] if len(row) > 3 else row[1]])
    return {"orders": engine.table("orders")}


def found(engine, expression):
    rows = engine.to_pandas(expression)
    return {row.customer_id: None if pd.isna(row.churned) else int(row.churned) for row in rows.itertuples(index=False)}


YEAR = Window(60, 0, day("2024-12-31"))
CUTOFF = day("2024-06-01")


def contract_of(case):
    start, end = "2024-05-01", "2024-07-01"
    return {
        "runs on": [("r1", "runs on", start, "2024-12-01", None, None, False)],
        "open-ended": [("o1", "open-ended", start, None, None, None, False)],
        "renews": [
            ("n1", "renews", start, end, None, None, False),
            ("n2", "renews", end, "2024-12-01", None, None, False),
        ],
        "renews late in grace": [
            ("l1", "renews late in grace", start, end, None, None, False),
            ("l2", "renews late in grace", "2024-07-11", "2024-12-01", None, None, False),
        ],
        "lapses": [("p1", "lapses", start, end, None, None, False)],
        "comes back after grace": [
            ("c1", "comes back after grace", start, end, None, None, False),
            ("c2", "comes back after grace", "2024-07-20", "2024-12-01", None, None, False),
        ],
        "gives notice": [("g1", "gives notice", start, end, "2024-06-10", end, False)],
        "gives notice of a long term": [
            ("d1", "gives notice of a long term", start, "2024-12-01", "2024-06-10", None, False)
        ],
        "gives notice of no term": [("e1", "gives notice of no term", start, None, "2024-06-10", None, False)],
        "takes notice back": [
            ("k1", "takes notice back", start, end, "2024-06-10", None, False),
            ("k2", "takes notice back", end, "2024-12-01", None, None, False),
        ],
        "takes notice back too late to see": [
            ("w1", "takes notice back too late to see", start, "2024-08-10", "2024-06-10", None, False),
            ("w2", "takes notice back too late to see", "2024-08-10", "2024-12-01", None, None, False),
        ],
        "had given notice and comes back": [
            ("h1", "had given notice and comes back", start, end, "2024-05-20", None, False),
            ("h2", "had given notice and comes back", end, "2024-12-01", None, None, False),
        ],
        "left before": [("b1", "left before", "2024-01-01", "2024-03-01", None, None, False)],
        "notice before": [("x1", "notice before", start, end, "2024-05-20", None, False)],
        "only a trial": [("t1", "only a trial", start, end, None, None, True)],
        "starts later": [("s1", "starts later", "2024-06-01", "2024-12-01", None, None, False)],
    }[case]


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("runs on", 0),
        ("open-ended", 0),
        ("renews", 0),
        ("renews late in grace", 0),
        ("lapses", 1),
        ("comes back after grace", 1),
        ("gives notice", 1),
        ("takes notice back", 0),
        ("takes notice back too late to see", 1),
        ("had given notice and comes back", "not a customer"),
        ("left before", "not a customer"),
        ("notice before", "not a customer"),
        ("only a trial", "not a customer"),
        ("starts later", "not a customer"),
    ],
)
def test_contracts(engine, case, expected):
    tables = contracts(engine, contract_of(case))
    made = found(engine, labels([Contractual(grace_days=10)], tables, [CUTOFF], YEAR))
    assert made.get(case, "not a customer") == expected


def test_notice_says_when_the_customer_left(engine):
    tables = contracts(engine, contract_of("gives notice"))
    made = engine.to_pandas(labels([Contractual(10)], tables, [CUTOFF], YEAR))
    assert made.churned_at[0] == day("2024-06-10")


def test_lapse_says_when_grace_was_over(engine):
    tables = contracts(engine, contract_of("lapses"))
    made = engine.to_pandas(labels([Contractual(10)], tables, [CUTOFF], YEAR))
    assert made.churned_at[0] == day("2024-07-11")


def test_who_leaves_in_the_gap_has_no_label(engine):
    tables = contracts(engine, contract_of("gives notice"))
    made = labels([Contractual(10)], tables, [CUTOFF], Window(60, 14, day("2024-12-31")))
    assert found(engine, made) == {"gives notice": None}


def test_notice_on_the_day_of_the_cutoff_comes_after_it(engine):
    tables = contracts(engine, [("g1", "a", "2024-05-01", "2024-07-01", "2024-06-01", None, False)])
    assert found(engine, labels([Contractual(10)], tables, [CUTOFF], YEAR)) == {"a": 1}


def test_notice_at_the_end_of_the_window_lies_outside(engine):
    tables = contracts(engine, [("g1", "a", "2024-05-01", "2025-07-01", "2024-07-31", None, False)])
    assert found(engine, labels([Contractual(10)], tables, [CUTOFF], YEAR)) == {"a": 0}


def test_silence(engine):
    tables = orders(
        engine,
        [
            ("stays", "2024-05-01", 1.0),
            ("stays", "2024-07-30 23:59:59.999999", 1.0),
            ("too late", "2024-05-01", 1.0),
            ("too late", "2024-07-31", 1.0),
            ("silent", "2024-05-31 23:59:59.999999", 1.0),
            ("at the cutoff", "2024-06-01", 1.0),
            ("long ago", "2023-05-31", 1.0),
            ("not yet known", "2024-05-01", 1.0, "2024-06-01"),
        ],
    )
    made = found(engine, labels([Inactivity("orders", 365)], tables, [CUTOFF], YEAR))
    assert made == {"stays": 0, "too late": 1, "silent": 1}


def test_silence_of_anyone_who_ever_bought(engine):
    tables = orders(engine, [("long ago", "2020-01-01", 1.0)])
    assert found(engine, labels([Inactivity("orders", None)], tables, [CUTOFF], YEAR)) == {"long ago": 1}


def test_falling_spend(engine):
    # 100 in 100 days before; the window of 60 days holds 60 at the same pace, 30 after a fall by half.
    rows = [("steady", "2024-05-01", 100.0), ("steady", "2024-06-10", 31.0)]
    rows += [("halved", "2024-05-01", 100.0), ("halved", "2024-06-10", 30.0)]
    rows += [("gone", "2024-05-01", 100.0), ("never paid", "2024-05-01", 0.0)]
    made = found(engine, labels([SpendDrop(0.5, 100)], orders(engine, rows), [CUTOFF], YEAR))
    assert made == {"steady": 0, "halved": 1, "gone": 1}


def test_two_definitions_count_whoever_one_of_them_counts(engine):
    tables = {
        **contracts(engine, contract_of("runs on")),
        **orders(engine, [("runs on", "2024-05-01", 1.0), ("buyer", "2024-05-01", 1.0)]),
    }
    made = found(engine, labels([Contractual(10), Inactivity("orders", 365)], tables, [CUTOFF], YEAR))
    assert made == {"runs on": 1, "buyer": 1}


@pytest.mark.parametrize("data_end", ["2024-07-30 23:59:59.999999", "2024-07-01", "2024-06-01"])
def test_an_earlier_end_of_the_data_makes_labels_null_and_never_0(engine, data_end):
    tables = orders(engine, [("silent", "2024-05-01", 1.0), ("stays", "2024-05-01", 1.0), ("stays", "2024-06-02", 1.0)])
    made = found(engine, labels([Inactivity("orders", 365)], tables, [CUTOFF], Window(60, 0, day(data_end))))
    assert made == {"silent": None, "stays": None}


def test_training_and_scoring_see_the_same_customers(engine):
    cases = ["runs on", "renews", "lapses", "left before", "notice before", "only a trial", "starts later"]
    tables = contracts(engine, [row for case in cases for row in contract_of(case)])
    scored = set(engine.to_pandas(risk_set([Contractual(10)], tables, [CUTOFF])).customer_id)
    labelled = set(engine.to_pandas(labels([Contractual(10)], tables, [CUTOFF], YEAR)).customer_id)
    assert scored == labelled == {"runs on", "renews", "lapses"}


def test_facts_after_the_cutoff_do_not_change_who_is_a_customer(engine):
    known = [row for case in ("runs on", "lapses", "left before") for row in contract_of(case)]
    later = [
        ("f1", "left before", "2024-06-01", "2024-12-01", None, None, False),
        ("f2", "lapses", "2024-08-01", "2024-12-01", None, None, False),
        ("f3", "new", "2024-06-02", None, None, None, False),
    ]
    before = risk_set([Contractual(10)], contracts(engine, known), [CUTOFF])
    expected = set(engine.to_pandas(before).customer_id)
    engine.raw_sql("DROP TABLE contracts")
    after = risk_set([Contractual(10)], contracts(engine, known + later), [CUTOFF])
    assert set(engine.to_pandas(after).customer_id) == expected


def settled(engine, expression):
    rows = engine.to_pandas(expression)
    return {row.customer_id: None if pd.isna(row.settled_at) else row.settled_at for row in rows.itertuples()}


END = CUTOFF + timedelta(days=60)


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("runs on", END),
        ("renews", END),
        ("lapses", day("2024-07-11")),
        ("gives notice", day("2024-07-11")),
        ("gives notice of a long term", END),
        ("gives notice of no term", END),
        ("takes notice back", END),
        ("takes notice back too late to see", END),
    ],
)
def test_a_contract_is_settled_when_no_new_term_can_take_a_notice_back_or_at_the_end(engine, case, expected):
    tables = contracts(engine, contract_of(case))
    assert settled(engine, labels([Contractual(10)], tables, [CUTOFF], YEAR)) == {case: expected}


def test_silence_is_settled_by_the_first_sign_of_life_that_is_known_or_at_the_end(engine):
    tables = orders(
        engine,
        [
            *((who, "2024-05-01", 1.0) for who in ("again", "entered late", "entered after", "silent")),
            ("again", "2024-06-20", 1.0),
            ("again", "2024-06-10", 1.0),
            ("entered late", "2024-06-10", 1.0, "2024-07-01"),
            ("entered after", "2024-06-10", 1.0, "2024-12-01"),
        ],
    )
    assert settled(engine, labels([Inactivity("orders", None)], tables, [CUTOFF], YEAR)) == {
        "again": day("2024-06-10"),
        "entered late": day("2024-07-01"),
        "entered after": END,
        "silent": END,
    }


def test_falling_spend_is_settled_at_the_end_alone(engine):
    tables = orders(engine, [("falls", "2024-05-01", 9.0), ("stays", "2024-05-01", 9.0), ("stays", "2024-06-02", 99.0)])
    made = labels([SpendDrop(drop_share=0.5, past_days=60)], tables, [CUTOFF], YEAR)
    assert settled(engine, made) == {"falls": END, "stays": END}


def test_with_two_definitions_only_leaving_is_settled_early(engine):
    both = contracts(engine, [*contract_of("gives notice"), *contract_of("runs on")]) | orders(
        engine, [("gives notice", "2024-05-01", 1.0), ("runs on", "2024-05-01", 1.0), ("runs on", "2024-06-02", 1.0)]
    )
    made = labels([Contractual(10), Inactivity("orders", 90)], both, [CUTOFF], YEAR)
    assert settled(engine, made) == {"gives notice": day("2024-07-11"), "runs on": END}


def test_no_label_is_never_settled(engine):
    tables = contracts(engine, contract_of("gives notice"))
    in_gap = labels([Contractual(10)], tables, [CUTOFF], Window(60, 14, day("2024-12-31")))
    not_over = labels([Contractual(10)], tables, [CUTOFF], Window(60, 0, day("2024-07-01")))
    assert settled(engine, in_gap) == settled(engine, not_over) == {"gives notice": None}
