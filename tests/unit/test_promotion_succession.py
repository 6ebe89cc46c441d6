"""The aliases of a registered model, whenever the work is killed."""

from contextlib import suppress
from types import SimpleNamespace

import pytest

from pipelines.promotion.succession import crown, mend
from pipelines.registry import CHAMPION, PREVIOUS

NAME = "churn_x"


class Killed(BaseException):
    """What a kill looks like from inside."""


class Registry:
    """A registry in memory that dies before its n-th write."""

    def __init__(self, versions):
        self.tags = {version: {} for version in versions}
        self.aliases, self.writes_left = {}, None

    def client(self):
        return self

    def _write(self):
        if self.writes_left == 0:
            raise Killed
        if self.writes_left is not None:
            self.writes_left -= 1

    def get_model_version(self, name, version):
        if version not in self.tags:
            from mlflow.exceptions import MlflowException  # takes seconds, so only here

            raise MlflowException("not found")
        return SimpleNamespace(version=version, tags=dict(self.tags[version]))

    def get_model_version_by_alias(self, name, alias):
        if alias not in self.aliases:
            from mlflow.exceptions import MlflowException  # takes seconds, so only here

            raise MlflowException("not found")
        return self.get_model_version(name, self.aliases[alias])

    def set_model_version_tag(self, name, version, key, value):
        self._write()
        self.tags[version][key] = value

    def set_registered_model_alias(self, name, alias, version):
        self._write()
        self.aliases[alias] = version

    def delete_registered_model_alias(self, name, alias):
        self._write()
        del self.aliases[alias]


def crowned(*versions):
    registry = Registry(["1", "2", "3"])
    for version in versions:
        crown(registry, NAME, version)
    return registry


def test_the_champion_before_is_previous():
    assert crowned("1").aliases == {CHAMPION: "1"}
    assert crowned("1", "2").aliases == {CHAMPION: "2", PREVIOUS: "1"}
    assert crowned("1", "2", "3").aliases == {CHAMPION: "3", PREVIOUS: "2"}
    assert crowned("1", "2", "1").aliases == {CHAMPION: "1", PREVIOUS: "2"}


def test_crowning_the_champion_again_changes_nothing():
    assert crowned("1", "2", "2").aliases == crowned("1", "2").aliases


@pytest.mark.parametrize("before", [(), ("1",), ("1", "2"), ("1", "2", "1")])
@pytest.mark.parametrize("writes", range(4))
def test_a_kill_at_any_write_is_mended_by_a_rerun_or_a_look(before, writes):
    """A state between the two is the old one or the new one, as soon as anybody looks."""
    old, new = crowned(*before), crowned(*before, "3")
    for repair in (lambda registry: crown(registry, NAME, "3"), lambda registry: mend(registry, NAME)):
        registry = crowned(*before)
        registry.writes_left = writes
        with suppress(Killed):
            crown(registry, NAME, "3", {"why": "better"})
        registry.writes_left = None
        repair(registry)
        assert registry.aliases in (old.aliases, new.aliases)
    crown(registry, NAME, "3", {"why": "better"})
    assert registry.aliases == new.aliases
    assert registry.tags["3"]["why"] == "better"


def test_a_champion_set_by_hand_is_never_its_own_predecessor():
    registry = crowned("1", "2")
    registry.aliases[CHAMPION] = "1"
    mend(registry, NAME)
    assert registry.aliases == {CHAMPION: "1"}


def test_a_predecessor_that_was_deleted_is_none():
    registry = crowned("1", "2")
    del registry.tags["1"], registry.aliases[PREVIOUS]  # as MLflow does
    mend(registry, NAME)
    assert registry.aliases == {CHAMPION: "2"}
