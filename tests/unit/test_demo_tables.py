"""The demo company's tables keep the rules of the canonical tables, of references and of time."""

from datetime import date

import duckdb
import pytest

from features.tables import KNOWN_AT, TABLES
from pipelines.demo import simulate

ENDS_ON = date(2026, 6, 15)
EVENTS = [name for name in TABLES if name not in ("customers", "contracts")]
READ_FROM_TEXT = {"sentiment"}
NUMBERS = [
    (name, column)
    for name, table in TABLES.items()
    for column in table
    if column.minimum is not None and column.name not in READ_FROM_TEXT
]
LIMITED = [(name, column) for name, table in TABLES.items() for column in table if column.allowed]
REQUIRED = [(name, column) for name, table in TABLES.items() for column in table if column.required]
ORDERED = [(name, column) for name, table in TABLES.items() for column in table if column.not_before]
TIMES = [
    (name, column.name) for name, table in TABLES.items() for column in table.all_columns if column.type == "timestamp"
]
KEYS = [(name, table.key) for name, table in TABLES.items() if name != "usage_events"]


def named(value):
    return getattr(value, "name", str(value))


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    folder = tmp_path_factory.mktemp("company")
    simulate(folder, folder / "truth", customers=600, months=14, seed=5, ends_on=ENDS_ON)
    connection = duckdb.connect()
    for name in TABLES:
        connection.execute(f"CREATE VIEW {name} AS SELECT * FROM '{folder}/{name}.parquet'")
    connection.execute(f"CREATE VIEW truth AS SELECT * FROM '{folder}/truth/truth.parquet'")
    yield connection
    connection.close()


@pytest.fixture
def count(company):
    return lambda query: company.execute(f"SELECT count(*) FROM {query}").fetchone()[0]


def has(company, table, column):
    return column in [row[0] for row in company.execute(f"DESCRIBE {table}").fetchall()]


@pytest.mark.parametrize(("table", "key"), KEYS, ids=named)
def test_keys_are_unique(count, table, key):
    assert count(f"(SELECT {', '.join(key)} FROM {table} GROUP BY ALL HAVING count(*) > 1)") == 0


@pytest.mark.parametrize(("table", "column"), REQUIRED, ids=named)
def test_required_columns_are_never_null(count, table, column):
    assert count(f"{table} WHERE {column.name} IS NULL") == 0


@pytest.mark.parametrize(("table", "column"), LIMITED, ids=named)
def test_only_allowed_values_and_each_of_them_occur(company, table, column):
    found = company.execute(f"SELECT DISTINCT {column.name} FROM {table} WHERE {column.name} IS NOT NULL").fetchall()
    assert {value for (value,) in found} == set(column.allowed)


@pytest.mark.parametrize(("table", "column"), NUMBERS, ids=named)
def test_numbers_keep_their_limits(count, table, column):
    maximum = "inf" if column.maximum is None else column.maximum
    assert count(f"{table} WHERE {column.name} < {column.minimum} OR {column.name} > '{maximum}'::DOUBLE") == 0


@pytest.mark.parametrize(("table", "column"), ORDERED, ids=named)
def test_later_times_are_not_before_earlier_ones(count, table, column):
    assert count(f"{table} WHERE {column.name} < {column.not_before}") == 0


@pytest.mark.parametrize(("table", "column"), TIMES, ids=named)
def test_nothing_is_known_from_the_last_day_on(company, count, table, column):
    agreed_ahead = {"ends_at", "due_at"}
    if column in agreed_ahead or not has(company, table, column):
        return
    assert count(f"{table} WHERE {column} >= '{ENDS_ON}'") == 0


@pytest.mark.parametrize("table", [name for name, table in TABLES.items() if table.late_columns])
def test_what_is_learned_later_is_null_until_then(count, table):
    for column, moment in TABLES[table].late_columns.items():
        assert count(f"{table} WHERE {column} IS NOT NULL AND {moment} IS NULL") == 0


@pytest.mark.parametrize("table", [*EVENTS, "contracts"])
def test_every_row_belongs_to_a_customer_who_had_signed_up(company, count, table):
    happened = TABLES[table].happened_at
    assert count(f"{table} ANTI JOIN truth USING (customer_id)") == 0
    assert count(f"{table} JOIN customers USING (customer_id) WHERE {happened} < signed_up_at") == 0


@pytest.mark.parametrize("table", EVENTS)
def test_events_lie_in_the_window_and_end_with_the_customer(company, count, table):
    happened = TABLES[table].happened_at
    assert count(f"{table} WHERE {happened} < '{ENDS_ON}'::DATE - INTERVAL 14 MONTH") == 0
    times = [column.name for column in TABLES[table] if column.type == "timestamp" and column.name != "due_at"]
    for column in times:
        # A lapse has no ended_at in the contracts: the truth knows when it was.
        gone = "coalesce(ended_at, CASE WHEN is_passive THEN churned_at END)"
        assert count(f"{table} JOIN truth USING (customer_id) WHERE {column} >= {gone}") == 0


@pytest.mark.parametrize("table", ["customers", "contracts", "interactions", "deals", "stock"])
def test_some_rows_are_entered_days_late_and_none_too_early(company, count, table):
    happened = TABLES[table].happened_at
    assert count(f"{table} WHERE {KNOWN_AT} < {happened}") == 0
    late = company.execute(
        f"SELECT avg(({KNOWN_AT} > {happened} + INTERVAL 12 HOUR)::INT), max({KNOWN_AT} - {happened}) FROM {table}"
    ).fetchone()
    assert 0.002 < late[0] < 0.35
    assert 1 <= late[1].days <= 12


def test_terms_follow_each_other_without_gap_or_overlap(count):
    joined = "contracts AS this JOIN contracts AS last ON this.renewal_of = last.contract_id"
    assert count(joined) > 1000
    assert count(f"{joined} WHERE this.started_at <> last.ends_at OR this.customer_id <> last.customer_id") == 0
    firsts = (
        "(SELECT customer_id FROM contracts WHERE renewal_of IS NULL AND NOT is_trial GROUP BY 1 HAVING count(*) > 1)"
    )
    assert count(firsts) == 0


def test_a_trial_is_free_and_comes_before_the_first_paid_term(count):
    assert count("contracts WHERE is_trial AND monthly_price <> 0") == 0
    assert count("contracts WHERE NOT is_trial AND monthly_price <= 0") == 0
    assert (
        count("contracts AS t JOIN contracts AS p USING (customer_id) WHERE t.is_trial AND p.started_at < t.started_at")
        == 0
    )


def test_a_renewal_starts_at_the_price_that_was_offered_for_each_seat(count):
    joined = "contracts AS this JOIN contracts AS last ON this.renewal_of = last.contract_id"
    offered = f"{joined} WHERE last.renewal_offered_at IS NOT NULL"
    assert count(offered) > 100
    per_seat = "abs(this.monthly_price / this.seats - last.renewal_price / last.seats)"
    assert count(f"{offered} AND {per_seat} > 0.02") == 0
    without_offer = f"{joined} WHERE last.renewal_offered_at IS NULL AND NOT last.is_trial"
    assert count(f"{without_offer} AND this.monthly_price <> last.monthly_price") == 0


def test_prices_and_discounts_agree(count):
    assert (
        count("contracts WHERE abs(monthly_price - list_price * (1 - discount_share)) > 0.01 + list_price * 0.0001")
        == 0
    )


def test_notice_ends_service_and_lapse_leaves_an_expired_term(count):
    assert count("contracts WHERE ended_at IS NOT NULL AND cancelled_at IS NULL") == 0
    assert count("contracts WHERE ended_at > ends_at") == 0
    last = "(SELECT customer_id, max(ends_at) AS ends_at FROM contracts GROUP BY 1) JOIN truth USING (customer_id)"
    assert count(f"{last} WHERE is_passive") > 5
    assert count(f"{last} WHERE is_passive AND ends_at <> churned_at") == 0
    assert count(f"{last} WHERE churned_at IS NULL AND ends_at <= '{ENDS_ON}'::DATE - INTERVAL 1 DAY") == 0


def test_reasons_are_given_by_most_and_withheld_by_some(company):
    given, other = company.execute(
        "SELECT avg((cancel_reason IS NOT NULL)::INT), avg((cancel_reason = 'other')::INT)"
        " FROM contracts WHERE cancelled_at IS NOT NULL"
    ).fetchone()
    assert 0.65 < given < 0.95
    assert 0.1 < other < 0.45


def test_invoices_bill_the_running_term(count):
    running = (
        "payments JOIN contracts USING (customer_id)"
        " WHERE started_at <= issued_at AND issued_at < ends_at AND NOT is_trial"
    )
    months = "CASE billing_period WHEN 'month' THEN 1 WHEN 'quarter' THEN 3 ELSE 12 END"
    assert count(running) == count("payments")
    assert count(f"{running} AND abs(amount - monthly_price * {months}) > 0.01") == 0


def test_people_work_less_on_weekends_and_stick_to_opening_hours(company):
    weekday, weekend = company.execute(
        "SELECT count(*) FILTER (WHERE isodow(happened_at) < 6) / 5.0,"
        " count(*) FILTER (WHERE isodow(happened_at) > 5) / 2.0 FROM usage_events"
    ).fetchone()
    assert weekend < 0.5 * weekday
    assert company.execute(
        "SELECT count(*) FROM usage_events WHERE hour(happened_at) NOT BETWEEN 7 AND 20"
    ).fetchone() == (0,)


def test_chinese_customers_write_chinese_and_others_english(count):
    written = "tickets JOIN customers USING (customer_id) WHERE region {} '%china' AND regexp_matches(text, '[一-龥]')"
    assert count(written.format("LIKE")) > 500
    assert count(written.format("NOT LIKE")) == 0
    assert count("(SELECT DISTINCT text FROM tickets)") > 400


def test_goods_are_bought_in_each_customers_own_rhythm(company):
    spread = company.execute(
        "WITH gaps AS (SELECT customer_id, epoch(ordered_at - lag(ordered_at) OVER w) AS gap FROM orders"
        " WHERE NOT is_add_on WINDOW w AS (PARTITION BY customer_id ORDER BY ordered_at)),"
        " rhythm AS (SELECT stddev(gap) / avg(gap) AS spread FROM gaps GROUP BY customer_id HAVING count(*) > 20)"
        " SELECT median(spread) FROM rhythm"
    ).fetchone()[0]
    assert spread < 0.85  # a random process has 1


def test_deals_move_forward_through_the_funnel(company, count):
    order = "list_position(['lead', 'qualified', 'quote', 'contract_approval', 'won', 'lost'], stage)"
    backwards = (
        f"(SELECT {order} < lag({order}) OVER (PARTITION BY deal_id ORDER BY entered_at) AS back FROM deals) WHERE back"
    )
    assert count("deals WHERE stage = 'lost'") > 10
    assert count(backwards) == 0
