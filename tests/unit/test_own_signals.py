"""Signals of one's own: one file, found without touching the catalogue, proven by its example."""

from pathlib import Path

import ibis
import pytest
from typer.testing import CliRunner

from features.errors import DefinitionError
from features.proof import prove
from features.signal import columns_of, discover
from pipelines.cli import app

CONF = Path(__file__).parents[2] / "conf"
ONE_FILE = '''
from features.signal import signal
from features.tables import ORDERS


@signal(ORDERS, days=(30,), unit="orders", empty=0, say={"en": "{value} large orders", "zh": "{value} 笔大额订单"},
        example="""
        ordered_at | amount
        -1d        | 2000
        -2d        | 20
        0d         | 3000
        => 30d: 1
        """)
def large_orders(t):
    """Number of orders of more than a thousand."""
    return t.count(t.amount > 1000)
'''


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with a project of its own."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "conf").mkdir()
    for name in ("base", "demo"):
        (tmp_path / "conf" / f"{name}.yaml").write_text((CONF / f"{name}.yaml").read_text("utf-8"), "utf-8")
    return tmp_path


def said(*words):
    result = CliRunner().invoke(app, ["signals", *words])
    assert "Traceback" not in result.output
    return result.exit_code, result.output


def test_one_file_adds_a_signal(tmp_path):
    (tmp_path / "mine.py").write_text(ONE_FILE, encoding="utf-8")
    found = discover([tmp_path])
    added = {name: each for name, each in found.items() if name not in discover()}
    assert [*columns_of(added.values())] == ["orders__large_orders__30d"]
    assert [proof.value for proof in prove(ibis.duckdb.connect(), added)] == [1.0]


def test_the_skeleton_runs_as_it_is(place):
    assert said("new", "exports_done", "--table", "usage_events")[0] == 0
    assert (place / "signals" / "exports_done.py").is_file()
    code, output = said("test")
    assert (code, "2 values of 1 signals" in output) == (0, True)
    assert "usage__exports_done__90d" in said("list")[1]


def test_a_wrong_example_is_shown(place):
    said("new", "exports_done", "--table", "usage_events")
    file = place / "signals" / "exports_done.py"
    file.write_text(file.read_text("utf-8").replace("90d: 2", "90d: 7"), "utf-8")
    code, output = said("test")
    assert code == 3
    assert "usage__exports_done__90d: the example says 7.0, computed is 2.0" in output


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["new", "Exports", "--table", "usage_events"], "'Exports' cannot name a signal"),
        (["new", "exports", "--table", "usage"], "usage_events"),
        (["test"], "There are no signals of your own in signals"),
    ],
)
def test_a_mistake_is_named(place, words, told):
    code, output = said(*words)
    assert (code, told in output) == (2, True), output


def test_an_existing_file_is_kept(place):
    said("new", "exports_done", "--table", "usage_events")
    code, output = said("new", "exports_done", "--table", "orders")
    assert (code, "exists" in output) == (2, True)


def test_a_named_folder_must_be_there(place):
    conf = place / "conf" / "demo.yaml"
    conf.write_text(conf.read_text("utf-8") + "\nfeatures:\n  folders: [nowhere]\n", "utf-8")
    code, output = said("list")
    assert (code, "features.folders names nowhere" in output) == (2, True)


def test_a_name_that_is_taken_is_refused(tmp_path):
    (tmp_path / "mine.py").write_text(ONE_FILE.replace("large_orders", "orders"), encoding="utf-8")
    with pytest.raises(DefinitionError, match=r"mine.py:\d+: orders__orders is already declared in .*orders_volume.py"):
        discover([tmp_path])
