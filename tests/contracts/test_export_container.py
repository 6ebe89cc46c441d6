"""The export's Dockerfile builds, and the image scores as the job does, as a user who may change nothing in it.

Built with buildah, which needs neither a daemon nor the network but for the libraries. The image that the Dockerfile
begins with has to be there (``buildah pull``; ``.ci/run`` makes one of Debian's packages). Options that a place needs,
such as certificates of its own, come from ``CHURNLAB_BUILDAH_OPTIONS``, which are given to ``buildah build`` as they
stand.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from exports import beside, moved

pytestmark = pytest.mark.container
EQUAL = 1e-6
OPTIONS = shlex.split(os.environ.get("CHURNLAB_BUILDAH_OPTIONS", ""))
NAME = f"churnlab-export-of-a-test-{os.getpid()}"


def buildah(*words: str) -> str:
    """Run buildah, without the privileges that a container of its own would need, and give what it prints."""
    done = subprocess.run(["buildah", *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


@pytest.fixture(scope="module")
def export(demo_workspace: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return moved(demo_workspace.runner.store.path("export"), tmp_path_factory.mktemp("export"))


@pytest.fixture(scope="module")
def container(export: Path) -> Iterator[str]:
    """A container of the image that the export's Dockerfile makes."""
    if shutil.which("buildah") is None:
        pytest.skip("buildah is not on this machine")
    wanted = next(line.split()[1] for line in (export / "Dockerfile").read_text().splitlines() if line[:5] == "FROM ")
    if subprocess.run(["buildah", "inspect", "--type", "image", wanted], capture_output=True).returncode:
        pytest.skip(f"buildah has no image {wanted}; get it: buildah pull {wanted}")
    buildah("build", "--isolation", "chroot", "--pull-never", *OPTIONS, "--tag", NAME, str(export))
    made = buildah("from", "--pull-never", f"localhost/{NAME}")
    yield made
    buildah("rm", made)
    buildah("rmi", f"localhost/{NAME}")


def told(container: str, what: str) -> str:
    return buildah("inspect", "--format", f"{{{{.OCIv1.Config.{what}}}}}", container)


def test_it_scores_a_warehouse_as_the_job_does(demo_workspace: Any, container: str, tmp_path: Path) -> None:
    tmp_path.chmod(0o777)  # the image's user is nobody here
    shutil.copy(demo_workspace.warehouse, tmp_path / "warehouse.duckdb")
    with duckdb.connect(str(demo_workspace.warehouse), read_only=True) as connection:
        job = connection.sql("SELECT * FROM scores.churn_scores").df()
    assert told(container, "Entrypoint") == "[python score.py]"
    when = str(job["as_of"].iloc[0])
    asked = ("--tables", "/data/warehouse.duckdb", "--as-of", when, "--output", "/data/scores.parquet")
    entered = ("run", "--isolation", "chroot", "--volume", f"{tmp_path}:/data", container, "--")
    buildah(*entered, "python", "score.py", *asked)
    joined = beside(job, pd.read_parquet(tmp_path / "scores.parquet"))
    assert (joined["probability"] - joined["probability_second"]).abs().max() < EQUAL


def test_its_user_may_change_nothing_of_the_export(container: str) -> None:
    assert told(container, "User") == "10001"  # a name would not do for Kubernetes' runAsNonRoot
    entered = ("buildah", "run", "--isolation", "chroot", container, "--")
    tried = subprocess.run([*entered, "sh", "-c", "id -u; echo x >> score.py"], capture_output=True, text=True)
    assert tried.stdout.strip() == "10001"
    assert tried.returncode != 0
