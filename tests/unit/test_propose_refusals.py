"""What init takes for a name, and what it refuses in one line."""

from __future__ import annotations

from pathlib import Path

import pytest
from project_folders import begun

from pipelines.commands.init import init
from pipelines.config import load_project
from pipelines.errors import ConfigError, DataError
from pipelines.propose import propose


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(begun(tmp_path))
    return tmp_path


def test_name_comes_from_the_folder(home: Path) -> None:
    (home / "data").rename(home / "My Shop 2024")
    (home / "My Shop 2024" / "o.csv").write_text("order_id,customer_id,order_date\n1,a,2024-01-02\n", encoding="utf-8")
    init(["My Shop 2024"], None, force=False)
    assert load_project("my_shop_2024").data.root == Path("My Shop 2024")


@pytest.mark.parametrize("name", ["Shop", "1a", "base", "a-b"])
def test_unusable_name(home: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="cannot be the name"):
        init(["data"], name, force=False)


@pytest.mark.parametrize(
    ("file", "content", "kind", "said"),
    [
        ("photo.bin", b"\x89PNG", ConfigError, "not clear from its name"),
        ("empty.csv", b"", DataError, "is empty"),
        ("rooms.csv", b"room,floor\nA,1\n", DataError, "Nothing here can say who leaves"),
        ("broken.xlsx", b"PK no workbook", DataError, "cannot be read as an Excel workbook"),
        ("broken.parquet", b"PAR1 no", DataError, "broken.parquet"),
    ],
)
def test_what_cannot_be_used_is_one_line(
    home: Path, file: str, content: bytes, kind: type[Exception], said: str
) -> None:
    (home / "data" / file).write_bytes(content)
    with pytest.raises(kind, match=said) as raised:
        propose([Path("data") / file], "tried")
    assert "\n" not in str(raised.value)


def test_missing_path(home: Path) -> None:
    with pytest.raises(DataError, match="does not exist"):
        propose([Path("nowhere")], "tried")


def test_nothing_outside_conf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"no conf/base\.yaml"):
        init(["data"], "shop", force=False)
