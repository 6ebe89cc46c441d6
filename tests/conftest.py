"""What tests share: the real data, a whole small line that has run, and no service skipped where all must be there."""

from __future__ import annotations

import fcntl
import gc
import json
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

if TYPE_CHECKING:
    from pipelines.config import Project
    from pipelines.runner import Ran, Runner

# Modules are compiled once and kept, whatever the machine says: the tests start many processes.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

if "PYTEST_XDIST_WORKER" in os.environ:  # The workers share the cores; numerical libraries read this as they load.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# How long an example takes says how busy the machine is, and nothing about the code. The same code meets the same
# examples; HYPOTHESIS_PROFILE=explore draws new ones.
unhurried = hypothesis.settings(deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.register_profile("repeatable", unhurried, derandomize=True)
hypothesis.settings.register_profile("explore", unhurried, derandomize=False)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))

HOME = Path(__file__).parent.parent
SERVICES = ("spark", "postgres", "mysql", "browser", "boosters", "environment")
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


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let one worker run the demo line while others have long files to do that do without, and keep short ones last."""
    turns = {"spec": 1, "journeys": 2, "contracts": 3, "unit": 4}
    needing = [item.path for item in items if "demo_workspace" in getattr(item, "fixturenames", ())]
    items.sort(key=lambda item: 0 if item.path in needing[:1] else turns.get(item.path.parent.name, 1))


def pytest_collection_finish() -> None:
    """Spare the garbage collector what stays to the end."""
    gc.collect()
    gc.freeze()


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
    """Run the whole demo line once, small: few customers, few trials, gates that only warn.

    Of several workers the first to come runs it, and each has a copy of its own.
    """
    from finished_lines import copy_line, settle

    from pipelines.runner import Ran

    if "PYTEST_XDIST_WORKER" not in os.environ:
        return _run_line(tmp_path_factory.mktemp("demo"))
    first = tmp_path_factory.getbasetemp().parent / "demo"
    with (first.with_suffix(".lock")).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kept = first / "ran.json"
        if not kept.exists():
            shutil.rmtree(first, ignore_errors=True)  # of a worker that failed
            first.mkdir()
            kept.write_text(json.dumps([asdict(each) for each in _run_line(first).ran]))
    own = tmp_path_factory.mktemp("demo") / "line"
    copy_line(first, own)
    line = _line_in(own, first, [Ran(**each) for each in json.loads(kept.read_text())])
    settle(line.runner)
    return line


def _run_line(folder: Path) -> DemoWorkspace:
    line = _line_in(folder, folder, [])
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)  # MLflow keeps the artifacts of a SQLite store below the current folder.
        return replace(line, ran=line.runner.line())


def _line_in(folder: Path, source: Path, ran: list[Ran]) -> DemoWorkspace:
    """Give the line in a folder; its sources stay where they were made, so that nothing has to run again."""
    from pipelines.config import load_project
    from pipelines.console import Console
    from pipelines.runner import Runner

    conf = HOME / "conf" / "demo.yaml"
    settings = {**_small(folder), "data.root": str(source / "workspace" / "demo" / "source")}
    overrides = [f"{key}={json.dumps(value)}" for key, value in settings.items()]
    return DemoWorkspace(folder, overrides, conf, Runner(load_project(str(conf), overrides), Console(quiet=True)), ran)


def _small(folder: Path) -> dict[str, Any]:
    from evaluation.gates.run import discover_gates

    return {
        "workspace": str(folder / "workspace"),
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
