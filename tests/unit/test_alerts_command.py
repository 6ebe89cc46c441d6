"""A line of the week's alerts: amounts have a currency, and teams are called by their names."""

from __future__ import annotations

from pathlib import Path

from pipelines.actions.digest import Digest
from pipelines.commands.alerts import row_of
from pipelines.config import load_project

DEMO = Path(__file__).parents[2] / "conf" / "demo.yaml"


def test_a_customer_in_both_languages() -> None:
    project = load_project(str(DEMO))
    told = Digest(
        customer_id="C1",
        name="Firm",
        owners=["customer_success", "tasters"],
        is_escalated=False,
        severity="high",
        probability=0.4,
        value_at_risk=694_088.0,
        sentences=["one", "two", "three"],
    )
    assert row_of(told, "en", project)[1:4] == ("high", "¥694,000", "customer success, tasters")
    assert row_of(told, "zh", project)[1:] == ("高", "¥69.4\xa0万", "客户成功、tasters", "one\ntwo\n另有 1 条")
