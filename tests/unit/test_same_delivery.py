"""A source that is delivered again with the same rows is loaded and checked again, and the line goes on."""

import json
import os
import shutil
from pathlib import Path

import pandas as pd

from pipelines.config import load_project
from pipelines.console import Console
from pipelines.runner import Runner
from pipelines.warehouse.duckdb_file import warehouse

SHOP = """name: shop
title: {en: Shop, zh: 商店}
data:
  root: ROOT
  mapping:
    tables:
      orders: {path: orders.csv, columns: same}
label:
  churn: [{kind: inactivity, table: orders, activity_days: 365}]
  horizon_days: 30
"""


def test_the_same_file_with_another_time_can_be_read_after_the_line(tmp_path: Path, monkeypatch):
    shutil.copy("conf/base.yaml", tmp_path)
    (tmp_path / "shop.yaml").write_text(SHOP.replace("ROOT", json.dumps(str(tmp_path))), encoding="utf-8")
    days = pd.date_range("2026-01-01", periods=60, freq="D")
    orders = pd.DataFrame({"order_id": range(60), "customer_id": [f"c{n % 7}" for n in range(60)], "ordered_at": days})
    orders.assign(amount=10.0).to_csv(tmp_path / "orders.csv", index=False)
    monkeypatch.chdir(tmp_path)
    overrides = [f'tracking.uri="sqlite:///{tmp_path}/mlflow.db"']
    runner = Runner(load_project(str(tmp_path / "shop.yaml"), overrides, {}), Console(quiet=True))
    runner.line(until="validate")
    first = runner.store.load("accepted")

    os.utime(tmp_path / "orders.csv", (0, 0))
    runner.line(until="validate")

    with warehouse(runner.project.home, read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM accepted.orders").fetchone() == (60,)
    assert runner.store.load("accepted") == first
    assert [each.name for each in runner.line(until="validate") if not each.skipped] == []
