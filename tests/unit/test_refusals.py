"""What the machine refuses is said in our words."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipelines.errors import ConnectionFailed, refusal


def test_a_folder_that_cannot_be_copied_whole_names_a_file_and_why(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.json").symlink_to(tmp_path / "nowhere")
    with pytest.raises(shutil.Error) as failed:
        shutil.copytree(tmp_path / "model", tmp_path / "copy")
    said = refusal(failed.value)
    assert isinstance(said, ConnectionFailed)
    assert said.given.startswith(f"{tmp_path / 'copy' / 'model.json'}: [Errno 2] No such file or directory")


@pytest.mark.parametrize("error", [ValueError("a mistake of the program"), OSError("without a number")])
def test_what_is_no_refusal_of_the_machine_stays_what_it_is(error: Exception) -> None:
    assert refusal(error) is None
