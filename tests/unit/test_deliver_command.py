"""What is said of a delivery of which a part, or all, failed."""

from __future__ import annotations

from pathlib import Path

import pytest
from deliveries import score, warehouse
from written_records import record

from pipelines.artifacts import Store
from pipelines.commands.deliver import deliver_scores
from pipelines.config import load_project
from pipelines.errors import ConnectionFailed, Incomplete

CONF = str(Path(__file__).parents[2] / "conf" / "demo.yaml")


@pytest.fixture
def settings(tmp_path: Path) -> list[str]:
    """A project with one scored instant."""
    given = [f"workspace={tmp_path}/workspace"]
    home = load_project(CONF, given).home
    home.mkdir(parents=True)
    with warehouse(home / "warehouse.duckdb") as connection:
        run = score(connection, ["a", "b"])
    Store(home / "artifacts").save("scored", record("scored", run_id=run))
    return given


def test_one_that_fails_is_not_told_as_served(
    settings: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("no folder")
    settings.append(f"deliver.destinations=[{{name: lake, kind: csv, path: {tmp_path}/file}}]")
    with pytest.raises(ConnectionFailed, match=r"Destination lake: .*file: File exists"):
        deliver_scores(CONF, settings, None, False, False)
    told = capsys.readouterr().out
    assert "0 rows changed in no destination" in told
    assert "Not served to the end: lake" in told
    assert "Rows delivered" not in told


def test_the_one_beside_it_is_served(settings: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("no folder")
    places = f"{{name: lake, kind: csv, path: {tmp_path}/file}}, {{name: crm, kind: sqlite, path: {tmp_path}/crm.db}}"
    settings.append(f"deliver.destinations=[{places}]")
    with pytest.raises(Incomplete, match="1 of 2 destinations"):
        deliver_scores(CONF, settings, None, False, False)
    told = capsys.readouterr().out
    assert "rows changed in crm\n" in told
    assert "Rows delivered" in told
