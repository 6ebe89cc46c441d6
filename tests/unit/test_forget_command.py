"""What the command that erases a customer takes for an id, before anything is looked at."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines import cli

CONF = str(Path(__file__).parents[2] / "conf" / "demo.yaml")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("  ", "The id is empty"),
        ("\udcff", "no UTF-8"),
        # The first line of a file of ids; as an id it would be taken out of every report and of the export.
        ("customer_id", "is the name of a column"),
        ("Customer_ID", "is the name of a column"),
    ],
)
@pytest.mark.parametrize("way", ["--dry-run", "--yes"])
def test_what_is_no_id_is_refused_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str, said: str, way: str
) -> None:
    monkeypatch.setenv("CHURNLAB__WORKSPACE", str(tmp_path / "workspace"))
    found = CliRunner().invoke(cli.app, ["forget", "-p", CONF, way, given])
    assert found.exit_code == 2
    assert said in found.stderr
    assert "system:id" in found.stderr
    assert not list(tmp_path.iterdir())
