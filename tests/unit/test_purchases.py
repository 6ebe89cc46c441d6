"""Where the rhythm of orders is told to training, and where it is not."""

import json

import pandas as pd
import pytest

from pipelines.config import load_project
from pipelines.purchases import DAYS_SINCE_FIRST, DAYS_SINCE_LAST, ORDERS_SO_FAR, purchase_columns

SIGNALS = pd.DataFrame({name: [1.0] for name in (ORDERS_SO_FAR, DAYS_SINCE_FIRST, DAYS_SINCE_LAST, "other")})
SILENCE = {"kind": "inactivity", "table": "orders", "activity_days": 365}


def shop(*overrides: str):
    return load_project("conf/online_retail.yaml", list(overrides), {})


def test_a_shop_tells_its_rhythm():
    columns = purchase_columns(shop(), SIGNALS)

    assert columns is not None
    assert columns.names == (ORDERS_SO_FAR, DAYS_SINCE_FIRST, DAYS_SINCE_LAST)


@pytest.mark.parametrize(
    "churn", [{**SILENCE, "table": "usage_events"}, {"kind": "spend_drop", "drop_share": 0.5, "past_days": 90}]
)
def test_who_leaves_otherwise_has_none(churn):
    assert purchase_columns(shop(f"label.churn={json.dumps([SILENCE, churn])}"), SIGNALS) is None


def test_it_is_left_out_without_its_signals_or_by_choice():
    assert purchase_columns(shop(), SIGNALS.drop(columns=ORDERS_SO_FAR)) is None
    assert purchase_columns(shop("train.purchase_process=false"), SIGNALS) is None
    assert purchase_columns(load_project("conf/telco.yaml", [], {}), SIGNALS) is None


def test_the_signals_are_of_the_catalogue():
    from features.signal import columns_of, discover

    assert {ORDERS_SO_FAR, DAYS_SINCE_FIRST, DAYS_SINCE_LAST} <= set(columns_of(discover().values()))
