"""Probable pairs of ids by Splink (Fellegi-Sunter), for what no rule joins: names and mails with slips of the pen.

The weights are fixed here, not learned: the same data give the same pairs, and a small list is judged like a long one.
They say how often two records of one customer (m) and of two customers (u) agree so well.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import duckdb

from pipelines.errors import ConfigError

if TYPE_CHECKING:
    import pyarrow as pa

# Blocks of more ids are left out: pairs grow with the square of their size.
_MOST_IN_BLOCK = 50
_BLOCKS = ("name_start", "name_end", "phone_end", "phone_start", "email_start")

_RECORDS = """
SELECT node AS unique_id, name, email, phone, tax_id,
    CASE WHEN count(*) OVER (PARTITION BY left(name, 4)) <= $most THEN left(name, 4) END AS name_start,
    CASE WHEN count(*) OVER (PARTITION BY right(name, 4)) <= $most THEN right(name, 4) END AS name_end,
    CASE WHEN count(*) OVER (PARTITION BY right(phone, 7)) <= $most THEN right(phone, 7) END AS phone_end,
    CASE WHEN count(*) OVER (PARTITION BY left(phone, -2)) <= $most THEN left(phone, -2) END AS phone_start,
    CASE WHEN count(*) OVER (PARTITION BY left(email, 6)) <= $most THEN left(email, 6) END AS email_start
FROM (
    SELECT node, min(value) FILTER (kind = 'name') AS name, min(value) FILTER (kind = 'email') AS email,
        min(value) FILTER (kind = 'phone') AS phone, min(value) FILTER (kind = 'tax_id') AS tax_id
    FROM identity_evidence GROUP BY node
)
"""
_PAIRS = """
CREATE OR REPLACE TEMP TABLE identity_probable AS
SELECT least(unique_id_l, unique_id_r) AS left_node, greatest(unique_id_l, unique_id_r) AS right_node,
    match_probability AS probability
FROM identity_linked
"""


def find_probable(connection: duckdb.DuckDBPyConnection, above: float) -> None:
    """Fill the temporary table ``identity_probable``: left_node, right_node, probability (0 to 1).

    Parameters
    ----------
    connection
        Holds ``identity_evidence``.
    above
        Smallest probability to keep.

    Raises
    ------
    ConfigError
        If Splink is not installed.
    """
    records = connection.execute(_RECORDS, {"most": _MOST_IN_BLOCK}).to_arrow_table()
    connection.register("identity_linked", _linked(records, above))
    try:
        connection.execute(_PAIRS)
    finally:
        connection.unregister("identity_linked")


def _linked(records: pa.Table, above: float) -> pa.Table:
    try:
        from splink import DuckDBAPI, Linker
    except ImportError:
        raise ConfigError(
            "data.identity.linkage needs Splink, which is not installed",
            allowed="the extra 'linkage'",
            do="pip install 'churnlab[linkage]', or remove linkage from the YAML",
        ) from None
    with duckdb.connect() as own:
        engine = DuckDBAPI(connection=own)
        linker = Linker(engine.register(records), _settings(records.num_rows), log_level=logging.ERROR)
        return linker.inference.predict(threshold_match_probability=above).as_pyarrow_table()


def _settings(rows: int) -> Any:
    import splink.comparison_library as compare
    from splink import SettingsCreator, block_on

    return SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="unique_id",
        # As if every second id had a twin: the more ids, the less probable that any two belong together.
        probability_two_random_records_match=min(0.5 / max(rows - 1, 1), 0.1),
        blocking_rules_to_generate_predictions=[block_on(block) for block in _BLOCKS],
        comparisons=[
            compare.JaroWinklerAtThresholds("name", [0.95, 0.88]).configure(
                m_probabilities=[0.70, 0.15, 0.10, 0.05], u_probabilities=[1e-5, 1e-4, 2e-3, 0.99789]
            ),
            compare.LevenshteinAtThresholds("email", [1, 2]).configure(
                m_probabilities=[0.70, 0.08, 0.04, 0.18], u_probabilities=[1e-6, 1e-5, 5e-5, 0.999939]
            ),
            compare.LevenshteinAtThresholds("phone", [1]).configure(
                m_probabilities=[0.75, 0.05, 0.20], u_probabilities=[1e-6, 1e-5, 0.999989]
            ),
            compare.LevenshteinAtThresholds("tax_id", [1]).configure(
                m_probabilities=[0.94, 0.04, 0.02], u_probabilities=[1e-6, 1e-5, 0.999989]
            ),
        ],
    )
