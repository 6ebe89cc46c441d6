"""Every text of the dashboard and the mart is there in both languages, each in its own."""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from importlib import import_module
from typing import Any

import pytest

import pipelines.dashboard
import pipelines.mart
from evaluation.gates.words import Words

CHINESE = re.compile(r"[\u4e00-\u9fff]")
SAME_EVERYWHERE = {"", "–"}


def modules() -> list[str]:
    packages = (pipelines.dashboard, pipelines.mart)
    found = [info.name for each in packages for info in pkgutil.walk_packages(each.__path__, f"{each.__name__}.")]
    return [name for name in found if name != "pipelines.dashboard.app"] + ["pipelines.dashboard.app"]


def words_in(value: Any) -> Iterator[Words]:
    if isinstance(value, Words):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from words_in(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from words_in(each)
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from words_in(getattr(value, field.name))


@pytest.mark.parametrize("name", modules())
def test_texts_are_there_in_both_languages(name: str) -> None:
    pytest.importorskip("streamlit", reason="Streamlit is not installed")
    found = [words for key, value in vars(import_module(name)).items() if key.isupper() for words in words_in(value)]
    assert [words for words in found if bool(words.en) != bool(words.zh)] == []
    assert [words.en for words in found if CHINESE.search(words.en)] == []
    assert [words for words in found if words.zh not in SAME_EVERYWHERE and not CHINESE.search(words.zh)] == []
