"""The usage signals that read rows with polars (streaming) and with pandas; the columns are those of `usage_peers`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks import usage_peers
from benchmarks.usage_peers import COUNTED, DAYS, DECAYED, DIFFERENT, KINDS, MICROSECONDS, SINCE, VALUES

COLUMNS = ["customer_id", "happened_at", "event_type", "feature", "duration_minutes", "user_id"]


def with_polars(path: Path, cutoff: datetime, out: Path) -> None:
    """One lazy pass for what adds up, one for each kind of different values, joined and written."""
    import polars as pl

    age = pl.lit(cutoff).cast(pl.Datetime("us")) - pl.col("happened_at")
    rows = pl.scan_parquet(path).filter(pl.col("happened_at") < cutoff).select(COLUMNS)
    rows = rows.with_columns(
        age=age.dt.total_microseconds(), weekday=pl.col("happened_at").dt.weekday().cast(pl.Int8) - 1
    )
    table = rows.group_by("customer_id").agg(**_polars_aggregates(pl))
    for name, all_days in (DAYS | DIFFERENT).items():
        value = (pl.col("age") - 1) // MICROSECONDS if name in DAYS else pl.col(VALUES[name])
        chosen = rows.filter(pl.col("happened_at") >= cutoff - timedelta(days=max(all_days)))
        chosen = chosen.filter(pl.col("event_type") == "setup") if name == "setup_steps" else chosen
        newest = chosen.select("customer_id", "age", value=value).drop_nulls("value")
        newest = newest.group_by("customer_id", "value").agg(pl.col("age").min())
        inside = {f"{name}_{days}": (pl.col("age") <= days * MICROSECONDS).sum() for days in all_days}
        table = table.join(newest.group_by("customer_id").agg(**inside), on="customer_id", how="left")
    counted = [f"{name}_{days}" for name, all_days in (DAYS | DIFFERENT).items() for days in all_days]
    table = table.with_columns(pl.col(counted).fill_null(0))

    def ratio(above: Any, below: Any) -> Any:
        below = below if isinstance(below, pl.Expr) else pl.lit(below)
        return above / pl.when(below != 0).then(below)

    def plogp(share: Any) -> Any:
        return pl.when(share == 0).then(0.0).otherwise(-share * share.log())

    made = usage_peers.formulas(pl.col, ratio, plogp)
    finished = table.select("customer_id", **{name: value.cast(pl.Float64) for name, value in made.items()})
    finished.collect(engine="streaming").write_parquet(out)


def _polars_aggregates(pl: Any) -> dict[str, Any]:
    age, kind = pl.col("age"), pl.col("event_type")
    marks = {name: kind == value for name, value in KINDS.items()}
    marks |= {f"weekday_{day}": pl.col("weekday") == day for day in range(7)}
    marks |= {"minutes_known": pl.col("duration_minutes").is_not_null(), "weekend": pl.col("weekday") >= 5}
    made = {}
    for name, all_days in COUNTED.items():
        for days in all_days:
            inside = age <= days * MICROSECONDS
            if name == "minutes":
                made[f"{name}_{days}"] = pl.col("duration_minutes").filter(inside).sum()
            else:
                made[f"{name}_{days}"] = (inside & marks[name] if name in marks else inside).sum()
    for name, value in SINCE.items():
        made[f"since_{name}"] = (age.filter(kind == value) if value else age).min() / MICROSECONDS
    for name, (half_life, value) in DECAYED.items():
        weight = (age * (-0.6931471805599453 / (half_life * MICROSECONDS))).exp()
        made[name] = (weight.filter(kind == value) if value else weight).sum()
    last_90 = age <= 90 * MICROSECONDS
    made["since_first"] = age.max() / MICROSECONDS
    made["since_first_90"] = age.filter(last_90).max() / MICROSECONDS
    made["since_last_90"] = age.filter(last_90).min() / MICROSECONDS
    made["minutes_max_90"] = pl.col("duration_minutes").filter(last_90).max()
    made["never_set_up"] = (~(kind == "setup").any()).cast(pl.Float64)
    return made


def with_pandas(path: Path, cutoff: datetime, out: Path) -> None:
    """Group the rows of each window by customer."""
    import numpy as np
    import pandas as pd

    rows = pd.read_parquet(path, columns=COLUMNS)
    rows = rows[rows["happened_at"] < cutoff]
    customers = pd.Index(rows["customer_id"].unique()).sort_values()
    rows["customer"] = pd.Categorical(rows.pop("customer_id"), categories=customers).codes
    since = np.datetime64(cutoff, "us") - rows["happened_at"].to_numpy().astype("datetime64[us]")
    rows["age"] = since.astype("int64")
    rows["weekday"] = rows.pop("happened_at").dt.weekday.astype("int8")
    for name in ("event_type", "feature", "user_id"):
        rows[name] = rows[name].astype("category")
    found = pd.DataFrame(index=range(len(customers)))
    for name, column in _pandas_aggregates(rows):
        found[name] = column
    found = found.assign(
        **{name: found[name].fillna(0) for name in found if not str(name).startswith(("since", "minutes_max"))}
    )

    def ratio(above: Any, below: Any) -> Any:
        return above / (below.where(below != 0) if isinstance(below, pd.Series) else below)

    def plogp(share: Any) -> Any:
        return (-share * np.log(share.where(share > 0))).where(share != 0, 0.0)

    made = usage_peers.formulas(found.__getitem__, ratio, plogp)
    pd.DataFrame({"customer_id": customers, **made}).to_parquet(out)


def _pandas_aggregates(rows: Any) -> Iterator[tuple[str, Any]]:
    import numpy as np

    age, kind = rows["age"], rows["event_type"]
    marks = {name: kind == value for name, value in KINDS.items()}
    marks |= {f"weekday_{day}": rows["weekday"] == day for day in range(7)}
    marks |= {"minutes_known": rows["duration_minutes"].notna(), "weekend": rows["weekday"] >= 5}
    for days in sorted({days for all_days in COUNTED.values() for days in all_days}):
        inside = age <= days * MICROSECONDS
        grouped = rows[inside].groupby("customer")
        for name in (name for name, all_days in COUNTED.items() if days in all_days):
            if name == "minutes":
                yield f"{name}_{days}", grouped["duration_minutes"].sum()
            else:
                chosen = rows["customer"][inside & marks[name]] if name in marks else rows["customer"][inside]
                yield f"{name}_{days}", chosen.value_counts()
    for name, value in SINCE.items():
        yield f"since_{name}", (rows[kind == value] if value else rows).groupby("customer")["age"].min() / MICROSECONDS
    yield "since_first", rows.groupby("customer")["age"].max() / MICROSECONDS
    recent = rows[age <= 90 * MICROSECONDS].groupby("customer")
    yield "since_first_90", recent["age"].max() / MICROSECONDS
    yield "since_last_90", recent["age"].min() / MICROSECONDS
    yield "minutes_max_90", recent["duration_minutes"].max()
    yield "never_set_up", 1.0 - (kind == "setup").groupby(rows["customer"]).any()
    for name, (half_life, value) in DECAYED.items():
        weight = np.exp2(-age / (half_life * MICROSECONDS))
        yield name, (weight.where(kind == value, 0.0) if value else weight).groupby(rows["customer"]).sum()
    for name, all_days in (DAYS | DIFFERENT).items():
        value = (age - 1) // MICROSECONDS if name in DAYS else rows[VALUES[name]].cat.codes
        known = (age <= max(all_days) * MICROSECONDS) & (value >= 0)
        known = known & marks["setups"] if name == "setup_steps" else known
        found = rows[known][["customer", "age"]].assign(value=value[known])
        newest = found.groupby(["customer", "value"])["age"].min().reset_index()
        for days in all_days:
            yield f"{name}_{days}", newest[newest["age"] <= days * MICROSECONDS]["customer"].value_counts()
