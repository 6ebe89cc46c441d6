"""What the terminal says of errors and libraries: nothing loses a dot, and no library talks over it."""

from __future__ import annotations

import warnings

import pytest

from pipelines.commands.line import hush
from pipelines.console import Console
from pipelines.errors import DataError


def test_an_error_keeps_its_dots(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    error = DataError("'../shop' is empty, -0.07 .. 0.04", allowed="a file.", do="look into ../shop")
    Console().error(error)
    assert capsys.readouterr().err.splitlines() == [
        "Error '../shop' is empty, -0.07 .. 0.04.",
        "  Allowed: a file.",
        "  Do:      look into ../shop.",
    ]
    assert str(error) == "'../shop' is empty, -0.07 .. 0.04. Allowed: a file. Do: look into ../shop."


def test_advice_of_mlflow_to_programmers_is_not_shown_to_users(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GX_ANALYTICS_ENABLED", "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "TQDM_DISABLE"):
        monkeypatch.setenv(name, "kept")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        hush()
        for module in ("mlflow.pyfunc", "somewhere"):
            warnings.warn_explicit("Add type hints", UserWarning, "file.py", 1, module)
    assert [str(each.message) for each in caught] == ["Add type hints"]
