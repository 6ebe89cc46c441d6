"""Families whose library is not installed say which extra brings it, wherever they are named."""

import re
import sys

import numpy as np
import pandas as pd
import pytest

from pipelines.errors import ConfigError
from pipelines.exported import command
from pipelines.runner import _translated
from training.errors import MissingLibrary
from training.examples import Examples
from training.extras import EXTRAS, extra_library
from training.families import FAMILIES
from training.model import CORES, load_model, write_json
from training.splits import stratified
from training.train import TrainSettings, train

extras = pytest.mark.parametrize("family", EXTRAS)


@pytest.fixture
def without(monkeypatch):
    for name in EXTRAS:
        monkeypatch.setitem(sys.modules, name, None)


@extras
def test_training_refuses_at_once_and_names_the_extra(family, without):
    examples = Examples(pd.DataFrame({"days": range(200)}), np.tile([0, 1], 100).astype(np.int8), np.arange(200))
    settings = TrainSettings(families=("logistic", family))

    with pytest.raises(MissingLibrary, match=re.escape(f'pip install "churnlab[{family}]"')) as raised:
        train(examples, stratified(examples.label, folds=2, key=examples.customer), settings, progress=pytest.fail)

    assert f"the family '{family}', whose library is not installed" in raised.value.given


@extras
def test_a_saved_model_asks_for_the_extra(family, without, tmp_path):
    write_json(tmp_path / "encoding.json", [])
    write_json(tmp_path / "model.json", {"format": 2, "family": family, "features": []})
    (tmp_path / "booster.txt").touch()

    with pytest.raises(MissingLibrary, match=f"the extra '{family}'"):
        load_model(tmp_path)


def test_the_command_line_calls_it_a_wrong_configuration(without):
    with pytest.raises(ConfigError, match="whose library is not installed") as raised:
        _translated(lambda: extra_library("lightgbm"))
    assert raised.value.exit_code == 2


def test_the_command_of_an_export_points_to_its_own_lock(without, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(command, "score", lambda folder, options: extra_library("catboost"))

    code = command.main(tmp_path, ["--signals", "in.parquet", "--output", "out.parquet"])

    assert code == ConfigError.exit_code
    assert "requirements.lock beside this command" in capsys.readouterr().err


def test_a_library_that_the_system_cannot_load_says_what_is_missing(monkeypatch):
    def refuse(name):
        raise OSError("libgomp.so.1: cannot open shared object file")

    monkeypatch.setattr("importlib.import_module", refuse)
    with pytest.raises(MissingLibrary, match=r"libgomp\.so\.1.*apt-get install libgomp1"):
        extra_library("lightgbm")


def test_extras_are_families_with_files_of_their_own():
    assert set(EXTRAS) <= set(FAMILIES) & set(CORES)
