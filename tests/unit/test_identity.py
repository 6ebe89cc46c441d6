"""Ids of two systems in one load: what is joined by which rule, what is asked, what the tables hold afterwards."""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from pydantic import ValidationError

from pipelines.config import DataSettings
from pipelines.errors import ConfigError, DataError, NotReady
from pipelines.identity.joining import Joining
from pipelines.identity.settings import Identity
from pipelines.identity.told import joined_by_rule, story_of
from pipelines.ingest import Mapping, ingest
from pipelines.warehouse.duckdb_file import warehouse

HEADER = "id,crm,tax,mail,phone,name,since,region\n"
CRM = HEADER + (
    "1,,,Info@Acme.com,,Acme Ltd,2024-01-01,\n"
    "2,,91110000600037341L,,,北京星辰科技有限公司,2024-02-01,north\n"
    "3,,,g@gamma.de,,Gamma GmbH,2024-03-01,south\n"
    "10,,,,,Delta,2024-03-02,east\n"
)
SHOP = HEADER + (
    "1,,,info@acme.com,,ACME Limited,2023-01-01,west\n"
    "7,,9111 0000 6000 37341l,,,星辰,2024-02-01,\n"
    "8,,,g@gamma.de,,Other,2024-03-01,\n"
    "9,,,,,delta inc,2024-04-01,\n"
    "11,10,,,,,2024-05-01,\n"
)
EVIDENCE = {"key": "id", "tax_id": "tax", "email": "mail", "phone": "phone", "name": "name", "country_code": "86"}
COLUMNS = {"customer_id": "id", "signed_up_at": "since", "name": "name", "region": "region"}


class Load:
    """A folder with the lists of two systems, and the warehouse into which they are loaded."""

    def __init__(self, root: Path, **more: Any) -> None:
        self.root, self.review = root, root / "review.csv"
        self.connection = duckdb.connect()
        self.put(crm=CRM, shop=SHOP, orders="order,id,at\nb1,1,2024-05-01\nb2,8,2024-05-02\nb3,999,2024-05-03\n")
        self.more = more

    def put(self, **files: str) -> None:
        for name, text in files.items():
            (self.root / f"{name}.csv").write_text(text, encoding="utf-8")

    def run(self) -> Joining:
        joining = Joining(self.identity(), self.root, self.review)
        self.ledgers = ingest(self.mapping(), self.root, self.connection, "loaded", joining=joining)
        return joining

    def identity(self) -> Identity:
        sources = {
            "crm": {"path": "crm.csv", **EVIDENCE},
            "shop": {"path": "shop.csv", **EVIDENCE, "references": {"crm": "crm"}},
        }
        return Identity.model_validate({"main": "crm", "sources": sources} | self.more)

    def mapping(self) -> Mapping:
        customers = [
            {"path": "crm.csv", "columns": COLUMNS},
            {"path": "shop.csv", "ids_of": "shop", "columns": COLUMNS},
        ]
        columns = {"order_id": "order", "customer_id": "id", "ordered_at": "at"}
        orders = {"path": "orders.csv", "ids_of": "shop", "columns": columns}
        return Mapping.model_validate({"tables": {"customers": customers, "orders": orders}})

    def rows(self, table: str, columns: str = "*") -> list[tuple[Any, ...]]:
        return self.connection.table(f"loaded.{table}").project(columns).order("ALL").fetchall()

    def answer(self, left: str, right: str, said: str) -> None:
        text = self.review.read_text(encoding="utf-8-sig")
        assert f"\n,{left},{right}," in text
        self.review.write_text(text.replace(f"\n,{left},{right},", f"\n{said},{left},{right},"), encoding="utf-8")


@pytest.fixture
def load(tmp_path: Path) -> Load:
    return Load(tmp_path)


def test_every_merge_is_in_the_ledger_with_its_rule(load: Load) -> None:
    load.run()
    assert load.rows("identity_ledger") == [
        ("1", "crm:1", "shop:1", "email", "info@acme.com"),
        ("10", "crm:10", "shop:11", "reference", "crm:10"),
        ("2", "crm:2", "shop:7", "tax_id", "91110000600037341L"),
    ]


def test_one_row_a_customer_with_the_main_systems_values_first(load: Load) -> None:
    load.run()
    assert load.rows("customers", "customer_id, strftime(signed_up_at, '%Y-%m-%d'), name, region") == [
        ("1", "2023-01-01", "Acme Ltd", "west"),
        ("10", "2024-03-02", "Delta", "east"),
        ("2", "2024-02-01", "北京星辰科技有限公司", "north"),
        ("3", "2024-03-01", "Gamma GmbH", "south"),
        ("shop:8", "2024-03-01", "Other", None),
        ("shop:9", "2024-04-01", "delta inc", None),
    ]
    told = {each.source: (each.read, each.written, each.merged) for each in load.ledgers}
    assert told == {"crm.csv": (4, 4, 0), "shop.csv": (5, 2, 3), "orders.csv": (3, 3, 0)}


def test_other_tables_carry_the_customers_id_and_unknown_ids_keep_their_system(load: Load) -> None:
    load.run()
    assert load.rows("orders", "order_id, customer_id") == [("b1", "1"), ("b2", "shop:8"), ("b3", "shop:999")]


def test_doubts_are_asked_with_their_reason_and_the_next_load_obeys(load: Load) -> None:
    assert load.run().figures["open"] == 2
    asked = load.review.read_text(encoding="utf-8-sig").splitlines()
    assert asked[1].startswith(",crm:10,shop:9,name,this alone does not decide")
    assert asked[2].startswith(",crm:3,shop:8,email,different names")
    load.answer("crm:10", "shop:9", "yes")
    load.answer("crm:3", "shop:8", "否")
    assert load.run().figures["open"] == 0
    found = dict(load.rows("identity_map", "known_as, customer_id"))
    assert (found["shop:9"], found["shop:8"]) == ("10", "shop:8")


def test_a_load_that_is_repeated_changes_nothing(load: Load) -> None:
    load.run()
    first, tables = load.review.read_bytes(), [load.rows(each) for each in ("identity_map", "customers", "orders")]
    load.run()
    assert load.review.read_bytes() == first
    assert [load.rows(each) for each in ("identity_map", "customers", "orders")] == tables


def test_a_chain_that_would_join_two_tax_numbers_is_asked_about(load: Load) -> None:
    load.put(
        crm=HEADER + "1,,AA111111,a@x.com,,,2024-01-01,\n2,,BB222222,,13812345678,,2024-01-01,\n",
        shop=HEADER + "5,,,a@x.com,13812345678,,2024-01-01,\n6,,,,,Else,2024-01-01,\n",
    )
    load.run()
    # The mail comes before the phone: it joins; the phone would then contradict.
    assert load.rows("identity_ledger", "left_id, right_id, rule") == [("crm:1", "shop:5", "email")]
    assert ",crm:2,shop:5,phone,different tax numbers" in load.review.read_text(encoding="utf-8-sig")


def test_a_chain_within_one_rule_is_refused_whole(load: Load) -> None:
    load.put(
        crm=HEADER + "1,,AA111111,a@x.com,,,2024-01-01,\n2,,BB222222,b@x.com,,,2024-01-01,\n",
        shop=HEADER + "5,,,a@x.com,,,2024-01-01,\n5,,,b@x.com,,,2024-01-01,\n",
    )
    load.run()
    assert load.rows("identity_ledger") == []
    assert load.review.read_text(encoding="utf-8-sig").count("together 合并后: different tax numbers") == 2


def test_one_that_refers_to_two_customers_is_asked_about(load: Load) -> None:
    load.put(shop=HEADER + "5,1,,,,,2024-01-01,\n5,2,,,,,2024-01-01,\n")
    load.run()
    assert load.rows("identity_ledger") == []
    assert load.review.read_text(encoding="utf-8-sig").count("refers to two customers") == 2


def test_a_value_that_many_share_proves_nothing(tmp_path: Path) -> None:
    load = Load(tmp_path, most_shared=2)
    load.put(shop=HEADER + "".join(f"{n},,,info@acme.com,,,2024-01-01,\n" for n in range(3)))
    figures = load.run().figures
    assert load.rows("identity_ledger") == []
    assert (figures["open"], figures["shared_by_many"]) == (0, {"email": 1})


def test_equal_ids_of_two_systems_are_not_one_customer(load: Load) -> None:
    load.put(crm=HEADER + "1,,,,,One,2024-01-01,\n", shop=HEADER + "1,,,,,Else,2024-01-01,\n")
    load.run()
    assert load.rows("customers", "customer_id, name") == [("1", "One"), ("shop:1", "Else")]


def test_repeats_of_an_id_in_one_system_stay_for_the_checks(load: Load) -> None:
    load.put(crm=CRM + "1,,,,,Acme again,2024-06-01,\n")
    load.run()
    assert [name for key, name in load.rows("customers", "customer_id, name") if key == "1"] == [
        "Acme Ltd",
        "Acme again",
    ]


def test_an_id_that_looks_like_one_of_another_system_is_refused(load: Load) -> None:
    load.put(crm=CRM + "shop:8,,,,,X,2024-06-01,\n")
    with pytest.raises(DataError, match="'shop:8' is an id of crm, and of another system"):
        load.run()


def test_rows_of_a_list_without_an_id_are_listed(load: Load) -> None:
    load.put(shop=SHOP + "".join(f"{n},,,,,,2024-06-01,\n" for n in range(100, 120)) + ",,,x@y.com,,,2024-06-01,\n")
    load.run()
    listed = load.rows("rejected", '"table", source, row_number, reason')
    assert ("identity", "shop: shop.csv", 26, "missing") in listed


def test_names_in_the_review_file_are_no_formulas(load: Load) -> None:
    load.put(crm=HEADER + "3,,,g@gamma.de,,=HYPERLINK(1),2024-03-01,\n")
    load.run()
    assert ",'=HYPERLINK(1)," in load.review.read_text(encoding="utf-8-sig")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("decision,left_id,right_id\nmaybe,crm:1,shop:1\n", "Row 2 .* 'maybe'"),
        ("decision,left_id\nyes,crm:1\n", "has no column 'right_id'"),
        ("decision,left_id,right_id\nyes,crm:1,\n", "names no two ids"),
        ("decision,left_id,right_id\nyes,crm:1,shop:1\nno,shop:1,crm:1\n", "yes and no"),
    ],
)
def test_a_review_file_that_cannot_be_understood_stops_before_anything_is_read(
    load: Load, text: str, message: str
) -> None:
    load.review.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        load.run()
    assert load.connection.execute("SELECT count(*) FROM duckdb_tables()").fetchone() == (0,)


@pytest.mark.parametrize(("encoding", "delimiter"), [("utf-8-sig", ";"), ("gb18030", ","), ("utf-8", "\t")])
def test_a_review_file_as_spreadsheets_save_it(load: Load, encoding: str, delimiter: str) -> None:
    rows = ["decision,left_id,right_id,why", "是,crm:10,shop:9,名称", ",crm:3,shop:8,名称"]
    load.review.write_text("\r\n".join(rows).replace(",", delimiter), encoding=encoding)
    load.run()
    assert ("10", "crm:10", "shop:9", "person", "") in load.rows("identity_ledger")


def test_probable_pairs_are_asked_about(tmp_path: Path) -> None:
    pytest.importorskip("splink", reason="Splink is not installed: the extra 'linkage'")
    load = Load(tmp_path, linkage={})
    load.put(
        crm=HEADER + "1,,,office@brightwater.com,,Brightwater Systems Ltd,2024-01-01,\n2,,,,,Other,2024-01-01,\n",
        shop=HEADER + "1,,,ofice@brightwater.com,,Brightwater System,2024-01-01,\n2,,,,,Zeta,2024-01-01,\n",
    )
    assert load.run().figures["open"] == 1
    assert "\n,crm:1,shop:1,linkage," in load.review.read_text(encoding="utf-8-sig")


def test_linkage_without_splink_is_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.split(".")[0] == "splink":
            raise ImportError(name)
        return there(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ConfigError, match="needs Splink"):
        Load(tmp_path, linkage={}).run()


def test_a_customers_ids_and_why_they_are_one_are_told(load: Load) -> None:
    home = load.root / "home"
    with warehouse(home) as load.connection:
        load.run()
    assert joined_by_rule(home) == [("email", 1), ("reference", 1), ("tax_id", 1)]
    story = ("1", ["crm:1", "shop:1"], [("crm:1", "shop:1", "email", "info@acme.com")])
    assert story_of(home, "1") == story_of(home, "shop:1") == story
    with pytest.raises(DataError, match="has the id '4711'"):
        story_of(home, "4711")


def test_nothing_is_told_of_a_load_without_joined_ids(load: Load) -> None:
    home = load.root / "home"
    with warehouse(home) as connection:
        orders = {"path": "orders.csv", "columns": {"order_id": "order", "customer_id": "id", "ordered_at": "at"}}
        ingest(Mapping.model_validate({"tables": {"orders": orders}}), load.root, connection, "loaded")
    with pytest.raises(NotReady, match="No ids were joined"):
        joined_by_rule(home)


@pytest.mark.parametrize(
    ("identity", "ids_of", "message"),
    [
        ({"main": "erp"}, None, "unknown system 'erp'; identity.sources has 'crm'"),
        ({"distinct": ["shp"]}, None, "unknown system 'shp'"),
        ({}, "shop", "unknown system 'shop'"),
        ({"rules": {"mail": "merge"}}, None, "mail"),
        ({"linkage": {"review_above": 0.9, "merge_above": 0.5}}, None, "merge_above 0.5 is below review_above 0.9"),
        ({"review": "review.txt"}, None, "is no .csv file"),
        (None, "shop", "ids_of: shop needs data.identity"),
    ],
)
def test_refused_by_the_configuration(identity: Any, ids_of: str | None, message: str) -> None:
    source = {"path": "a.csv", "columns": "same", "ids_of": ids_of}
    whole = {"main": "crm", "sources": {"crm": {"path": "crm.csv", "key": "id"}}}
    data = {"root": ".", "mapping": {"tables": {"orders": source}}}
    if identity is not None:
        data["identity"] = whole | identity
    with pytest.raises(ValidationError, match=message):
        DataSettings.model_validate(data)


def test_the_guides_example_is_a_configuration() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "guides" / "identity.md").read_text(encoding="utf-8")
    example = yaml.safe_load(guide.split("```yaml\n")[1].split("```")[0])
    assert DataSettings.model_validate(example["data"]).identity is not None
