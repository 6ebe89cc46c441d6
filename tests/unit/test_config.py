"""The configuration: layers, strictness, messages."""

from pathlib import Path

import pytest
import yaml

from pipelines.config import dump, load_project
from pipelines.errors import ConfigError

CONF = Path(__file__).parents[2] / "conf"


@pytest.fixture
def project_file(tmp_path):
    (tmp_path / "base.yaml").write_text((CONF / "base.yaml").read_text(encoding="utf-8"), encoding="utf-8")

    def write(**changes):
        content = yaml.safe_load((CONF / "online_retail.yaml").read_text(encoding="utf-8"))
        content.update(changes)
        path = tmp_path / "mine.yaml"
        path.write_text(yaml.safe_dump(content), encoding="utf-8")
        return str(path)

    return write


def test_every_shipped_project_loads():
    names = [file.stem for file in CONF.glob("*.yaml") if file.stem != "base"]
    assert {load_project(str(CONF / f"{name}.yaml"), environment={}).name for name in names} == set(names)


def test_layers_lie_on_top_of_each_other(project_file):
    path = project_file(train={"trials": 2})
    environment = {"CHURNLAB__TRAIN__TRIALS": "3", "HOME": "x"}
    assert load_project(path, environment={}).train.trials == 2
    assert load_project(path, environment=environment).train.trials == 3
    assert load_project(path, ["train.trials=4"], environment).train.trials == 4


def test_what_a_layer_does_not_name_stays(project_file):
    base = yaml.safe_load((CONF / "base.yaml").read_text(encoding="utf-8"))
    assert load_project(project_file(train={"trials": 2}), environment={}).train.seed == base["train"]["seed"]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"trian": {}}, "unknown key 'trian' (known here: 'train'"),
        ({"train": {"trails": 3}}, "unknown key 'train.trails' (known here: 'trials'"),
        ({"trials": 3}, "unknown key 'trials' (there is 'train.trials')"),
        ({"score": {"horizons_days": [30]}}, "unknown key 'score.horizons_days' (there is 'train.horizons_days')"),
        ({"train": {"trials": 0}}, "'train.trials'"),
        ({"train": {"trials": "many"}}, "got 'many'"),
        ({"name": "Not A Name"}, "'name'"),
        ({"label": None}, "tables with times need a section 'label'"),
        ({"label": {"horizon_days": 90}}, "'label.churn' is missing"),
        ({"label": {"churn": [{"kind": "inactivty"}], "horizon_days": 9}}, "label.churn"),
        (
            {"label": {"churn": [{"kind": "inactivity", "table": "order", "activity_days": 9}], "horizon_days": 9}},
            "unknown table 'order'; nearest: 'orders'",
        ),
        (
            {"label": {"churn": [{"kind": "inactivity", "table": "orders", "active_days": 9}], "horizon_days": 9}},
            "'label.churn.0.active_days' (known here: 'activity_days'",
        ),
        ({"data": {"root": "."}}, "exactly one of data.mapping"),
        (
            {
                "data": {
                    "root": ".",
                    "mapping": {"tables": {"orders": {"path": "postgresql://me:secret@here/shop", "columns": "same"}}},
                }
            },
            "path holds the address of a database; write it as url",
        ),
    ],
)
def test_a_mistake_is_named(project_file, changes, named):
    with pytest.raises(ConfigError) as error:
        load_project(project_file(**changes), environment={})
    assert named in str(error.value)
    assert "secret" not in str(error.value)


def test_a_project_without_a_title_is_called_by_its_name(project_file):
    assert load_project(project_file(title=None), environment={}).title["zh"] == "online_retail"
    assert load_project(project_file(title={"en": "Mine"}), environment={}).title == {"en": "Mine", "zh": "Mine"}


def test_an_unknown_project_lists_those_there_are(monkeypatch):
    monkeypatch.chdir(CONF.parent)
    with pytest.raises(ConfigError, match="demo, online_retail"):
        load_project("dmeo", environment={})


@pytest.mark.parametrize("text", ["train.trials", "=3", ""])
def test_a_setting_without_key_or_value_is_refused(project_file, text):
    with pytest.raises(ConfigError, match=r"train\.trials=20"):
        load_project(project_file(), [text], {})


@pytest.mark.parametrize("content", ["a: [", "- 1\n- 2", "\t x: 1"])
def test_a_file_that_is_no_mapping_is_refused(tmp_path, content):
    (tmp_path / "base.yaml").write_text("", encoding="utf-8")
    (tmp_path / "bad.yaml").write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"bad\.yaml"):
        load_project(str(tmp_path / "bad.yaml"), environment={})


def test_a_secret_stays_a_name_in_the_logged_configuration(project_file, monkeypatch):
    monkeypatch.setenv("CRM_PASSWORD", "hunter2-secret")
    source = {"url": "postgresql://me:${CRM_PASSWORD}@localhost/crm", "table": "orders", "columns": "same"}
    path = project_file(data={"root": ".", "mapping": {"tables": {"orders": source}}})
    assert "hunter2-secret" not in str(dump(load_project(path)))
