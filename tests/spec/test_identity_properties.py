"""Whatever the systems say: joined ids are an equivalence, no row is lost, order is nothing, a no is final."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines.errors import DataError
from pipelines.identity.columns import put
from pipelines.identity.joining import Joining, questions, show_decisions
from pipelines.identity.matching import match
from pipelines.identity.review import Pair, read_review, write_review
from pipelines.identity.settings import Identity
from pipelines.ingest import Mapping, ingest

Keys = tuple[str, str]
KINDS = ("reference", "tax_id", "email", "phone", "name")
# Few ids and values, so that they meet.
IDS = [f"{system}:{number}" for system in ("crm", "shop") for number in (1, 2, 3, 4)]
RECORD = st.fixed_dictionaries(
    {"id": st.sampled_from(IDS)},
    optional={
        "reference": st.sampled_from(["crm:1", "crm:2"]),
        "tax_id": st.sampled_from(["T1", "T2"]),
        "email": st.sampled_from(["a@x.com", "b@x.com"]),
        "phone": st.sampled_from(["8613812345678", "8613900000001"]),
        "name": st.sampled_from(["acme", "beta"]),
    },
)
RECORDS = st.lists(RECORD, min_size=2, max_size=12)
DECISIONS = st.dictionaries(
    st.tuples(st.sampled_from(IDS), st.sampled_from(IDS)).filter(lambda ids: ids[0] < ids[1]),
    st.sampled_from(["yes", "no"]),
    max_size=4,
)
some = settings(max_examples=12)


@pytest.fixture(scope="module")
def engine() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("SET threads = 1")
    return connection


def matched(
    engine: duckdb.DuckDBPyConnection, records: list[dict[str, str]], decisions: dict[Keys, str], **more: Any
) -> tuple[dict[str, str], dict[Keys, Pair]]:
    """Id to the first id of its group, and the questions that are left."""
    keys = sorted({each["id"] for each in records} | {each["reference"] for each in records if "reference" in each})
    said = sorted({(keys.index(each["id"]), kind, each[kind]) for each in records for kind in each.keys() - {"id"}})
    put(engine, "identity_node", node=np.arange(len(keys)), key=keys)
    kinds, values = [kind for _, kind, _ in said], [value for *_, value in said]
    put(
        engine,
        "identity_evidence",
        node=np.array([node for node, *_ in said], int),
        kind=kinds,
        value=values,
        given=values,
    )
    show_decisions(engine, [Pair(*ids, decision=answer) for ids, answer in decisions.items()])
    groups = match(engine, len(keys), identity(**more))
    put(engine, "identity_group", node=np.arange(len(keys)), group_node=groups)
    return {key: keys[group] for key, group in zip(keys, groups, strict=True)}, {
        pair.ids: pair for pair in questions(engine)
    }


def identity(**more: Any) -> Identity:
    sources = {name: {"path": f"{name}.csv", "key": "id"} for name in ("crm", "shop")}
    return Identity.model_validate({"main": "crm", "sources": sources} | more)


def agreeing(decisions: dict[Keys, str]) -> bool:
    """Whether no chain of yes joins what a no keeps apart."""
    group = {key: key for ids in decisions for key in ids}
    for (left, right), said in decisions.items():
        if said == "yes":
            old, new = group[left], group[right]
            group = {key: new if own == old else own for key, own in group.items()}
    return all(group[left] != group[right] for (left, right), said in decisions.items() if said == "no")


@some
@given(records=RECORDS, decisions=DECISIONS.filter(agreeing))
def test_what_a_person_has_decided_is_final(engine: Any, records: Any, decisions: Any) -> None:
    found, asked = matched(engine, records, decisions)
    for (left, right), said in decisions.items():
        if left in found and right in found:
            assert said != "yes" or found[left] == found[right]
            assert said != "no" or found[left] != found[right]
    assert not asked.keys() & decisions.keys()
    assert all(found[left] != found[right] for left, right in asked)


@some
@given(records=RECORDS, chance=st.randoms(use_true_random=False))
def test_the_order_of_records_is_nothing(engine: Any, records: Any, chance: Any) -> None:
    shuffled = chance.sample(records, len(records))
    assert matched(engine, records, {}) == matched(engine, shuffled, {})


@some
@given(records=RECORDS)
def test_agreeing_ids_are_one_or_asked_about_and_groups_hold_no_two_tax_numbers(engine: Any, records: Any) -> None:
    found, asked = matched(engine, records, {})
    told = {key: {kind: {r[kind] for r in records if r["id"] == key and kind in r} for kind in KINDS} for key in found}
    for left in found:
        for right in (key for key in found if left < key):
            agree = any(told[left][kind] & told[right][kind] for kind in KINDS if kind != "reference")
            assert not agree or found[left] == found[right] or (left, right) in asked
    for first in set(found.values()):
        numbers = [told[key]["tax_id"] for key, own in found.items() if own == first and told[key]["tax_id"]]
        # One id may bring two numbers of its own; ids that bring one each bring the same.
        assert max(map(len, numbers), default=0) > 1 or len(set().union(*numbers)) <= 1


@some
@given(records=RECORDS)
@example(
    records=[
        {"id": "crm:1", "reference": "crm:1", "email": "a@x.com"},
        {"id": "crm:2", "tax_id": "T2", "email": "a@x.com"},
        {"id": "crm:3", "reference": "crm:1", "tax_id": "T1"},
    ]
)
def test_a_yes_to_every_question_leaves_none_in_the_end(engine: Any, records: Any) -> None:
    """A yes may contradict what a weaker rule had joined, which is asked next; no question comes twice."""
    decisions: dict[Keys, str] = {}
    found, asked = matched(engine, records, decisions)
    while asked:
        assert not asked.keys() & decisions.keys()
        decisions |= dict.fromkeys(asked, "yes")
        found, asked = matched(engine, records, decisions)
    assert all(found[one] == found[other] for one, other in decisions)


@settings(max_examples=6)
@given(records=RECORDS)
def test_rules_that_are_off_join_nothing_and_ask_nothing(engine: Any, records: Any) -> None:
    found, asked = matched(engine, records, {}, rules=dict.fromkeys(KINDS, "off"))
    assert all(key == own for key, own in found.items())
    assert asked == {}


@settings(max_examples=8)
@given(records=RECORDS)
def test_ids_of_a_distinct_system_stay_apart(engine: Any, records: Any) -> None:
    own = [{"id": key, "distinct crm": key} for key in IDS if key.startswith("crm")]
    found, _ = matched(engine, [*records, *own], {}, distinct=["crm"])
    crm = [found[each["id"]] for each in own]
    assert len(set(crm)) == len(crm)


def test_decisions_that_contradict_each_other_are_refused(engine: Any) -> None:
    records = [{"id": key} for key in IDS]
    decisions = {("crm:1", "crm:2"): "yes", ("crm:2", "shop:1"): "yes", ("crm:1", "shop:1"): "no"}
    with pytest.raises(DataError, match="keeps crm:1 and shop:1 apart"):
        matched(engine, records, decisions)


ROWS = st.lists(st.tuples(st.sampled_from("1234"), st.sampled_from(["", "a@x.com", "B@x.com", "b@X.com"])), min_size=1)


@settings(max_examples=6)
@given(crm=ROWS, shop=ROWS)
def test_no_row_is_lost_and_each_has_the_customer_of_its_id(engine: Any, crm: Any, shop: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name, rows in (("crm", crm), ("shop", shop)):
            write(root / f"{name}.csv", [(f"{name}{number}", *row) for number, row in enumerate(rows)])
        sources = {name: {"path": f"{name}.csv", "key": "id", "email": "mail"} for name in ("crm", "shop")}
        joining = Joining(Identity.model_validate({"main": "crm", "sources": sources}), root, root / "review.csv")
        ledgers = ingest(orders_of("crm", "shop"), root, engine, "loaded", joining=joining)
        found = dict(engine.execute("SELECT known_as, customer_id FROM loaded.identity_map").fetchall())
        orders = dict(engine.execute("SELECT order_id, customer_id FROM loaded.orders").fetchall())
    assert all(ledger.balances for ledger in ledgers)
    assert orders == {f"crm{n}": found[key] for n, (key, _) in enumerate(crm)} | {
        f"shop{n}": found[f"shop:{key}"] for n, (key, _) in enumerate(shop)
    }


def orders_of(*systems: str) -> Mapping:
    columns = {"order_id": "order", "customer_id": "id", "ordered_at": {"constant": "2026-01-01"}}
    sources = [{"path": f"{name}.csv", "ids_of": name, "columns": columns} for name in systems]
    return Mapping.model_validate({"tables": {"orders": sources}})


def write(path: Path, rows: list[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([("order", "id", "mail"), *rows])


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8).map(str.strip)


@given(st.lists(st.tuples(TEXTS, TEXTS, TEXTS), max_size=4, unique_by=lambda row: row[0]))
def test_the_review_file_reads_back_and_holds_no_formula(rows: list[tuple[str, str, str]]) -> None:
    pairs = [Pair(f"crm:{one}", f"shop:{two}", "email", "why", name, name, name, "no") for one, two, name in rows]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "review.csv"
        write_review(path, pairs)
        assert read_review(path) == sorted(pairs, key=lambda pair: pair.ids)
        with path.open(encoding="utf-8-sig", newline="") as stream:
            assert not [cell for row in csv.reader(stream) for cell in row if cell.startswith(("=", "+", "-", "@"))]
