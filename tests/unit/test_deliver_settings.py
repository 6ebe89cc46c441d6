"""Where scores are brought: what the configuration refuses, what is never said, and what comes of failures."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from pipelines.addresses import resolved
from pipelines.config_deliver import DeliverSettings, DestinationSettings
from pipelines.destinations.contract import MIGRATIONS, Table, tables
from pipelines.destinations.database import Database
from pipelines.destinations.deliver import Delivered, Patience
from pipelines.destinations.destination import Change, Destination, Lost, Part
from pipelines.destinations.known import KINDS, kind_named
from pipelines.destinations.meanings import TABLES, meaning
from pipelines.errors import ConfigError, ConnectionFailed, Incomplete
from pipelines.warehouse import scores


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"kind": "postgresql", "url": "x"}, "unknown kind 'postgresql' (known: 'postgres'"),
        ({"kind": "postgres", "path": "x"}, "needs url"),
        ({"kind": "sqlite", "path": "x", "url": "y"}, "needs path"),
        ({"kind": "parquet"}, "needs path"),
        ({"kind": "csv", "path": "x", "schema": "s"}, "has no schema"),
        ({"kind": "postgres", "url": "postgresql://me:geheim@h/db"}, "write it as ${NAME}"),
        ({"kind": "mysql", "url": "mysql://h/?password=geheim"}, "write it as ${NAME}"),
        ({"kind": "postgres", "url": "${X}", "schema": "a%b"}, "schema"),
    ],
)
def test_a_wrong_destination_is_refused_without_its_password(wrong: dict[str, str], said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        DestinationSettings.model_validate({"name": "there", **wrong})
    message = "; ".join(problem["msg"] for problem in refused.value.errors())
    assert said in message or said in str(refused.value.errors()[0]["loc"])


def test_a_password_in_the_file_is_not_repeated_in_the_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipelines.config import load_project

    monkeypatch.chdir(tmp_path)
    conf = Path(__file__).parents[2] / "conf" / "demo.yaml"
    destinations = '[{name: crm, kind: postgres, url: "postgresql://me:geheim@h/db"}]'
    with pytest.raises(ConfigError, match="write it as") as refused:
        load_project(str(conf), [f"deliver.destinations={destinations}"], {})
    assert "geheim" not in str(refused.value)


def test_two_destinations_of_one_name_are_refused() -> None:
    one = {"name": "a", "kind": "csv", "path": "x"}
    with pytest.raises(ValidationError, match="the same name"):
        DeliverSettings.model_validate({"destinations": [one, one], "batch_rows": 100, "retry_s": 0})


def test_migrations_come_to_the_tables_of_the_warehouse() -> None:
    assert [migration.version for migration in MIGRATIONS] == list(range(1, len(MIGRATIONS) + 1))
    came = {table.name: dict(table.columns) for table in tables()}
    assert came == {table.name: dict(table.columns) for table in scores.TABLES}, (
        "the warehouse has other columns: add a Migration to pipelines/destinations/contract.py"
    )
    assert {table.name: set(table.key) for table in tables()} == {table.name: set(table.key) for table in scores.TABLES}


def test_the_runs_come_last() -> None:
    assert tables()[-1].name == "score_runs"


def test_everything_has_a_meaning() -> None:
    assert {table.name for table in tables()} <= set(TABLES)
    assert [(table.name, name) for table in tables() for name in table.columns if not meaning(table.name, name)] == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_type_for_every_column(kind: str) -> None:
    cls = kind_named(kind)
    if issubclass(cls, Database):
        assert {type_ for table in tables() for type_ in table.columns.values()} <= set(cls.dialect.types)


class Flaky(Destination):
    """Is lost some times before each success."""

    place = "path"

    def __init__(self, losses: int) -> None:
        super().__init__(DestinationSettings.model_validate({"name": "crm", "kind": "csv", "path": "x"}))
        self.losses, self.opened, self.closed = losses, 0, 0

    def open(self, *, read_only: bool) -> None:
        self.opened += 1

    def close(self) -> None:
        self.closed += 1

    def prepare(self) -> None:
        pass

    def compare(self, part: Part) -> Change:
        return Change()

    def write(self, part: Part) -> Change:
        if self.losses:
            self.losses -= 1
            raise Lost("gone")
        return Change(new=1)


PART = Part(Table("t", {"id": "VARCHAR"}, ("id",), ()), {}, None, None, None)


class Clock:
    """A clock that only waiting moves."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.waits: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.seconds += seconds

    def now(self) -> float:
        return self.seconds


def patience(destination: Destination, retry_s: float) -> tuple[Patience, Clock]:
    clock = Clock()
    return Patience(destination, retry_s, lambda text: None, clock.sleep, clock.now), clock


def test_what_is_lost_is_opened_and_tried_again_after_longer_and_longer_waits() -> None:
    destination = Flaky(losses=4)
    patient, clock = patience(destination, retry_s=60)
    patient.open()
    assert patient.write(PART) == Change(new=1)
    assert clock.waits == [0.5, 1, 2, 4]
    assert (destination.opened, destination.closed) == (5, 4)


def test_patience_outlasts_a_minute_by_default_and_ends() -> None:
    patient, clock = patience(Flaky(losses=1000), retry_s=120)
    with pytest.raises(ConnectionFailed, match="crm was not reached for 120 s: gone"):
        patient.write(PART)
    assert 60 < clock.seconds <= 120


def test_patience_begins_anew_after_a_success() -> None:
    destination = Flaky(losses=3)
    patient, _ = patience(destination, retry_s=4)
    patient.write(PART)
    destination.losses = 3
    assert patient.write(PART) == Change(new=1)


def failed(**failures: Exception) -> Delivered:
    return Delivered({"a": {}, "b": {}}, failures)  # type: ignore[arg-type]


def test_one_failure_among_several_is_named_and_incomplete() -> None:
    with pytest.raises(Incomplete, match=r"1 of 2 destinations .* a: no answer") as refused:
        failed(a=ConnectionFailed("no answer")).raise_failures()
    assert refused.value.exit_code == 8


def test_the_same_failure_of_all_keeps_its_kind() -> None:
    with pytest.raises(ConnectionFailed, match="2 of 2"):
        failed(a=ConnectionFailed("x"), b=ConnectionFailed("y")).raise_failures()
    with pytest.raises(Incomplete, match="2 of 2"):
        failed(a=ConnectionFailed("x"), b=ConfigError("y")).raise_failures()


def test_the_failure_of_the_only_destination_is_raised_as_it_is() -> None:
    with pytest.raises(ConfigError, match=r"^newer"):
        Delivered({"a": {}}, {"a": ConfigError("newer")}).raise_failures()


def test_a_password_that_would_break_its_address_is_refused_unseen() -> None:
    with pytest.raises(ConfigError, match="PW in the url of a source holds a character") as refused:
        resolved("postgresql://me:${PW}@h/db", "a source", {"PW": "ge@heim"})
    assert "heim" not in str(refused.value)
    assert resolved("postgresql://me:${PW}@h/db", "a source", {"PW": "ge%40heim"}).endswith("ge%40heim@h/db")
