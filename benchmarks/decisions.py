"""Deciding for many customers: rules asked, alerts raised, playbooks matched, actions chosen, put on days and written.

    python -m benchmarks.decisions                      # 1,000,000 customers, 40 rules, 20 playbooks
    python -m benchmarks.decisions --customers 50000

Signals and scores are drawn and stored first and are not measured. Each owner is told of one customer in 50 at most.
Beside it a peer does what a notebook would: all signals in a pandas frame, rules by `DataFrame.eval`, each playbook in
turn for its customers with the largest gain, as many as owner and budget allow. It raises no alerts, knows no
cool-down, fatigue, days or messages.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from benchmarks.measure import Measured, measured, report
from features.signal import columns_of, discover
from pipelines.actions.arms import every_plan
from pipelines.actions.decide import Circumstances, decide
from pipelines.actions.playbook import Playbook, load_playbooks
from pipelines.actions.rule import INDUSTRY, Rule
from pipelines.actions.rulebook import load_rules
from pipelines.actions.scene import set_scene
from pipelines.config_act import ActSettings

MOST_SECONDS, MOST_GB = 60, 2
INSTANT = datetime(2026, 6, 1)
TIERS = {"platinum": 0.05, "gold": 0.2, "silver": 0.5}
FIRING_SHARE = 0.05
MEMORY = "700MB"
"""What DuckDB may hold here; the frames and matrices of Python come on top."""


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--rules", type=int, default=40)
    parser.add_argument("--playbooks", type=int, default=20)
    parser.add_argument("--work", choices=["ours", "pandas"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        work = {"ours": decided, "pandas": peer}[given.work]
        report(lambda: work(given.folder, given.customers, given.rules, given.playbooks))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, given.customers, given.rules)
        sizes = [f"--{key}={getattr(given, key)}" for key in ("customers", "rules", "playbooks")]
        took = {
            work: measured(["-m", "benchmarks.decisions", "--work", work, "--folder", name, *sizes])
            for work in ("ours", "pandas")
        }
        found = {work: json.loads((folder / f"{work}.json").read_text()) for work in took}
    show(took, found, given.customers, given.rules, given.playbooks)


def books(rules: int, playbooks: int) -> tuple[dict[str, Rule], dict[str, Playbook]]:
    """Give so many shipped rules, and shipped playbooks with variants of them."""
    known = columns_of(discover([]).values())
    every = {name: rule for name, rule in load_rules(known).items() if rule.definition.audience == "customers"}
    chosen = dict(list(every.items())[:rules])
    shipped = load_playbooks(known, load_rules(known), ["high", "medium", "low"], [*TIERS, "standard"])
    usable = [each for each in shipped.values() if each.definition.audience == "customers"]
    found: dict[str, Playbook] = {}
    for number in range(playbooks):
        base = usable[number % len(usable)]
        rounds = number // len(usable)
        definition = base.definition.model_copy(
            update={
                "cost": base.definition.cost * (1 + rounds / 2),
                "effect": base.definition.effect * (1 + rounds / 4),
            }
        )
        name = f"{base.name}_{rounds}" if rounds else base.name
        found[name] = replace(base, name=name, definition=definition)
    return chosen, found


def limits(customers: int) -> ActSettings:
    """Limits that grow with the number of customers: about one in fifteen gets an action."""
    day = {"sales": 0.001, "customer_success": 0.002, "support": 0.002, "finance": 0.001, "marketing": 0.004}
    return ActSettings(
        enabled=True,
        rule_folders=[],
        playbook_folders=[],
        tiers=TIERS,
        vip_tiers=["platinum"],
        alerts_a_week=customers // 50,
        noisy_share=0.3,
        plan_days=7,
        budget=float(customers),
        owners_a_day={name: max(1, int(share * customers)) for name, share in day.items()},
        channels_a_day={"visit": max(1, customers // 5000), "phone": max(1, customers // 400)},
        most_contacts=2,
        contact_days=30,
        contact_kinds=["offer"],
        quiet_weekdays=["saturday", "sunday"],
        quiet_dates=[],
        no_contact=None,
        control_share=0.1,
    )


def prepare(folder: Path, customers: int, rules: int) -> None:
    """Draw signals and scores, column by column so that little is held."""
    import pyarrow as pa
    import pyarrow.parquet as parquet

    chosen, _ = books(rules, 1)
    drawn = np.random.default_rng(0)
    columns: dict[str, Any] = {"customer_id": pa.array([f"C{number:010d}" for number in range(customers)])}
    for rule in chosen.values():
        for name in rule.signals:
            columns.setdefault(name, _drawn(rule, name, drawn, customers))
    parquet.write_table(pa.table(columns), folder / "signals.parquet")
    probability = drawn.beta(1, 12, customers)
    scores = {
        "customer_id": columns["customer_id"],
        "probability": probability,
        "band": np.where(probability > 0.25, "high", np.where(probability > 0.1, "medium", "low")),
        "value": drawn.lognormal(7, 1, customers),
    }
    parquet.write_table(pa.table(scores), folder / "scores.parquet")


def _drawn(rule: Rule, name: str, drawn: np.random.Generator, customers: int) -> Any:
    """Draw a signal so that its rule fires for about the wanted share."""
    if name == INDUSTRY or rule.units.get(name) == "category":
        return drawn.choice(["retail", "manufacturing", "fast_moving_goods", "software"], customers)
    if rule.units.get(name) == "flag":
        return (drawn.random(customers) < FIRING_SHARE).astype(float)
    height = drawn.exponential(1, customers)
    threshold = rule.definition.threshold
    if rule.tunable is not None and rule.tunable.signal == name and threshold:
        share = 1 - FIRING_SHARE if rule.tunable.fires_above else FIRING_SHARE
        return height * (threshold / -np.log1p(-share))
    return height * 30


def decided(folder: Path, customers: int, rules: int, playbooks: int) -> None:
    """Decide as the stage does, from tables of the warehouse to tables of the warehouse."""
    from pipelines.warehouse.duckdb_file import backend
    from pipelines.warehouse.writing import create

    chosen, book = books(rules, playbooks)
    connection = duckdb.connect(str(folder / "warehouse.duckdb"))
    connection.execute(f"SET memory_limit = '{MEMORY}'")
    connection.execute(f"CREATE TEMP TABLE signals AS FROM '{folder}/signals.parquet'")
    create(connection)
    connection.execute(
        f"INSERT INTO scores.churn_scores BY NAME SELECT *, ? AS as_of, '1' AS model_version, 60 AS horizon_days "
        f"FROM '{folder}/scores.parquet'",
        [INSTANT],
    )
    connection.execute("CREATE SCHEMA accepted; CREATE TABLE accepted.customers (customer_id VARCHAR, name VARCHAR)")
    scene = set_scene(backend(connection), connection, "signals", "customers", chosen, TIERS, (INSTANT, "1"))
    plans = every_plan({}, book, ["high", "medium", "low"], 0.1, 60)
    around = Circumstances(INSTANT, limits(customers), "accepted", {"en": "Co", "zh": "公司"}, plans=plans)
    decision = decide(connection, [scene], book, around)
    connection.close()
    assert decision.choice is not None
    _save(
        folder,
        "ours",
        decision.actions["expected_value"].sum(),
        len(decision.actions),
        decision.alerts,
        decision.choice.gap,
    )


def peer(folder: Path, customers: int, rules: int, playbooks: int) -> None:
    """Do the same with pandas, each playbook in turn."""
    import pandas as pd

    chosen, book = books(rules, playbooks)
    frame = pd.read_parquet(folder / "signals.parquet").merge(pd.read_parquet(folder / "scores.parquet"))
    position = frame["value"].rank(ascending=False, pct=True)
    frame["tier"] = np.select([position <= share for share in TIERS.values()], list(TIERS), "standard")
    fired = {}
    for name, rule in chosen.items():
        asked = rule.condition.text.replace("threshold", repr(rule.definition.threshold))
        fired[name] = frame.eval(asked).to_numpy(dtype=bool)
    allowed = np.column_stack([_meant(each, frame, fired) for each in book.values()])
    _save(folder, "pandas", *_in_turn(frame, list(book.values()), allowed, limits(customers)))


def _meant(playbook: Playbook, frame: Any, fired: dict[str, np.ndarray]) -> np.ndarray:
    who, found = playbook.definition.who, np.ones(len(frame), dtype=bool)
    if who.bands:
        found &= frame["band"].isin(who.bands).to_numpy()
    if who.tiers:
        found &= frame["tier"].isin(who.tiers).to_numpy()
    if who.rules:
        found &= np.any([fired[rule] for rule in who.rules if rule in fired] or [np.zeros(len(frame), bool)], axis=0)
    return found


def _in_turn(
    frame: Any, playbooks: list[Playbook], allowed: np.ndarray, settings: ActSettings
) -> tuple[float, int, int, float]:
    """Give each playbook in turn the customers with its largest gains."""
    at_stake = (frame["probability"] * frame["value"]).to_numpy()
    free, money, total, count = np.ones(len(frame), bool), float(settings.budget or 0), 0.0, 0
    owners = {name: most * 5 for name, most in settings.owners_a_day.items()}
    channels = {name: most * 5 for name, most in settings.channels_a_day.items()}
    for place, each in enumerate(playbooks):
        said = each.definition
        gain = np.where(free & allowed[:, place], at_stake * said.effect - said.cost, 0.0)
        most = min(
            owners.get(said.owner, len(frame)),
            channels.get(said.channel, len(frame)),
            int(money / max(said.cost, 1e-9)),
        )
        first = np.argsort(-gain, kind="stable")[:most]
        first = first[gain[first] > 0]
        free[first] = False
        total, count, money = total + gain[first].sum(), count + first.size, money - first.size * said.cost
        for left, name in ((owners, said.owner), (channels, said.channel)):
            if name in left:
                left[name] -= first.size
    return float(total), count, 0, float("nan")


def _save(folder: Path, work: str, value: float, actions: int, alerts: int, gap: float) -> None:
    found = {"value": float(value), "actions": actions, "alerts": alerts, "gap": gap}
    (folder / f"{work}.json").write_text(json.dumps(found))


def show(
    took: dict[str, Measured], found: dict[str, dict[str, float]], customers: int, rules: int, playbooks: int
) -> None:
    """Print times, memory, and what each choice is worth."""
    ours, theirs = took["ours"], took["pandas"]
    within = ours.seconds <= MOST_SECONDS and ours.peak_gb <= MOST_GB
    print(f"{customers:,} customers, {rules} rules, {playbooks} playbooks")
    for name, each in took.items():
        said = found[name]
        print(
            f"  {name:<8}{each.seconds:7.1f} s  {each.processor_seconds:7.1f} s of cores  {each.peak_gb:5.2f} GiB  "
            f"{said['actions']:9,.0f} actions  {said['alerts']:11,.0f} alerts  value {said['value']:15,.0f}"
        )
    print(f"  a better choice is worth at most {found['ours']['gap']:.2%} more")
    time, memory = theirs.seconds / ours.seconds, theirs.peak_gb / ours.peak_gb
    print(f"  pandas needs {time:.2f} times the time, {memory:.2f} times the memory")
    print(f"  and keeps {found['pandas']['value'] / found['ours']['value']:.1%} of the value")
    print(f"  wanted: {MOST_SECONDS} s, {MOST_GB} GiB: {'kept' if within else 'NOT KEPT'}")


if __name__ == "__main__":
    main()
