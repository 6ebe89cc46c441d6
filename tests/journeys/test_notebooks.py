"""The notebooks run from top to bottom on a line that has ended, and are kept without outputs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
import pytest
from servers import LIMIT_S

HOME = Path(__file__).parents[2]
NOTEBOOKS = sorted((HOME / "notebooks").glob("*.ipynb"))
AS_IF_NEW = """
%reset -f
%cd -q {folder}
import gc
import altair
import pandas
altair.renderers.enable("default")
altair.data_transformers.enable("default")
pandas.reset_option("^display")
del altair, pandas
gc.collect()
"""
"""What a notebook before has left in the kernel goes."""


def read(notebook: Path) -> Any:
    return nbformat.read(notebook, as_version=4)


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS


@pytest.fixture(scope="module")
def kernel(demo_workspace: Any) -> Iterator[Any]:
    """One kernel for all notebooks, so that libraries are imported once; it begins with the first."""
    from jupyter_client import AsyncKernelManager
    from jupyter_core.utils import run_sync

    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as sockets:
        # Sockets in a folder: a port that is free when it is chosen may be taken when the kernel binds it.
        manager = AsyncKernelManager(transport="ipc", ip=f"{sockets}/kernel")
        for name, value in environment(demo_workspace.overrides).items():
            patch.setenv(name, value)
        yield manager
        if manager.has_kernel:
            run_sync(manager.shutdown_kernel)(now=True)


@pytest.mark.notebook
@pytest.mark.journey
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.stem)
def test_notebook_runs(notebook: Path, kernel: Any) -> None:
    from nbclient import NotebookClient

    opened = read(notebook)
    opened.cells.insert(0, nbformat.v4.new_code_cell(AS_IF_NEW.format(folder=notebook.parent)))
    patience = {"timeout": LIMIT_S, "startup_timeout": LIMIT_S, "iopub_timeout": LIMIT_S}
    NotebookClient(opened, km=kernel, resources={"metadata": {"path": str(notebook.parent)}}, **patience).execute()
    assert pictures(opened), "no cell draws a picture"


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.stem)
def test_notebook_is_kept_without_outputs(notebook: Path) -> None:
    cells = [cell for cell in read(notebook).cells if cell.cell_type == "code"]
    assert [cell.source for cell in cells if cell.outputs or cell.execution_count is not None] == []


def environment(overrides: list[str]) -> dict[str, str]:
    """Settings as environment variables."""
    pairs = (override.split("=", 1) for override in overrides)
    return {"CHURNLAB__" + key.upper().replace(".", "__"): value for key, value in pairs}


def pictures(notebook: Any) -> list[Any]:
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    return [output for output in outputs if "image/png" in output.get("data", {})]
