"""What tests share: the real data, a whole small line that has run, and no service skipped where all must be there."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

if TYPE_CHECKING:
    from pipelines.config import Project
    from pipelines.runner import Ran, Runner

# How long an example takes says how busy the machine is, and nothing about the code.
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")

HOME = Path(__file__).parent.parent
SERVICES = ("spark", "postgres", "mysql", "browser", "environment")
REQUIRE_SERVICES = "CHURNLAB_REQUIRE_SERVICES"
FOREIGN_SETTINGS = ("CHURNLAB__", "MLFLOW_")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Iterator[None]:
    """Where all services must be there, a test that skips for want of one has failed."""
    report: Any = yield
    wanted = [name for name in SERVICES if item.get_closest_marker(name)]
    if report.skipped and wanted and os.environ.get(REQUIRE_SERVICES) and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"{REQUIRE_SERVICES} is set, and this test of {', '.join(wanted)} did not run: {reason}"
    return report


@pytest.fixture(scope="session", autouse=True)
def _only_own_settings() -> Iterator[None]:
    """Keep the settings of whoever runs the tests out of them."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(FOREIGN_SETTINGS)]:
            patch.delenv(name)
        patch.setenv("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
        patch.setenv("GX_ANALYTICS_ENABLED", "false")
        yield


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data sets beside the project; skips where there is none."""
    folder = HOME.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the real data sets are not beside the project (../shared/data)")
    return folder


@dataclass(frozen=True)
class DemoWorkspace:
    """A demo line that has run to its end. Read it; what changes something works on a copy or on a runner of its own.

    Parameters
    ----------
    folder
        Folder that holds the workspace and MLflow's store.
    overrides
        What ``--set`` got; ``load_project(conf, overrides)`` gives the project again.
    conf
        Path of the project's YAML.
    runner
        The runner that ran it: ``runner.store`` loads artifacts.
    ran
        The stages in the order in which they ran.
    """

    folder: Path
    overrides: list[str]
    conf: Path
    runner: Runner
    ran: list[Ran]

    @property
    def project(self) -> Project:
        """The project's configuration."""
        return self.runner.project

    @property
    def warehouse(self) -> Path:
        """The DuckDB file."""
        return self.project.home / "warehouse.duckdb"


@pytest.fixture(scope="session")
def demo_workspace(tmp_path_factory: pytest.TempPathFactory) -> DemoWorkspace:
    """Run the whole demo line once, small: few customers, few trials, gates that only warn."""
    from pipelines.config import load_project
    from pipelines.console import Console
    from pipelines.runner import Runner

    folder, conf = tmp_path_factory.mktemp("demo"), HOME / "conf" / "demo.yaml"
    overrides = [f"{key}={json.dumps(value)}" for key, value in _small(folder).items()]
    runner = Runner(load_project(str(conf), overrides), Console(quiet=True))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)  # MLflow keeps the artifacts of a SQLite store below the current folder.
        ran = runner.line()
    return DemoWorkspace(folder, overrides, conf, runner, ran)


def _small(folder: Path) -> dict[str, Any]:
    from evaluation.gates.run import discover_gates

    return {
        "workspace": str(folder / "workspace"),
        "data.root": str(folder / "workspace" / "demo" / "source"),
        "tracking.uri": f"sqlite:///{folder / 'mlflow.db'}",
        "simulate.customers": 400,
        "simulate.months": 14,
        "label.most_cutoffs": 5,
        "features.tables": ["contracts", "payments", "usage_events"],
        "train.trials": 2,
        "train.minimum_positives": 10,
        "evaluate.replicates": 20,
        "evaluate.gates": {code: {"severity": "warn"} for code in discover_gates()},
    }
