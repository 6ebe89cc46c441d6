"""An export is read as it was written, or refused: every byte, every file, its schema and its project."""

import json
import random

import pytest
from written_records import manifest_of

from pipelines.errors import DataError
from pipelines.exported.manifest import MANIFEST, NEEDED, SEAL, read_export, sha256, write_manifest

SAID = manifest_of("demo", signals=["a"])


@pytest.fixture
def folder(tmp_path):
    for name in ("model/model.json", "code/features/rows.py", "requirements.lock", "model/empty"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("" if name.endswith("empty") else f"what {name} says\n")
    write_manifest(tmp_path, SAID)
    return tmp_path


def files(folder):
    return sorted(file for file in folder.rglob("*") if file.is_file())


def rewritten(folder, **changes):
    """A manifest that was changed by someone who seals it again."""
    manifest = json.loads((folder / MANIFEST).read_text())
    for name, value in changes.items():
        manifest.pop(name) if value is None else manifest.update({name: value})
    (folder / MANIFEST).write_text(json.dumps(manifest))
    (folder / SEAL).write_text(f"{sha256(folder / MANIFEST)}  {MANIFEST}\n")


def test_an_untouched_export_is_read(folder):
    manifest = read_export(folder, "demo")
    assert SAID.items() <= manifest.items()
    assert sorted(manifest["files"]) == [
        "code/features/rows.py",
        "model/empty",
        "model/model.json",
        "requirements.lock",
    ]


def test_the_hashes_are_those_of_other_programs(folder):
    import subprocess

    for name, told in read_export(folder)["files"].items():
        said = subprocess.run(["sha256sum", folder / name], capture_output=True, text=True, check=True).stdout
        assert said.split()[0] == told
    assert subprocess.run(["sha256sum", "-c", SEAL], cwd=folder, capture_output=True).returncode == 0


def test_any_changed_byte_is_refused(folder):
    chance = random.Random(0)
    for file in files(folder):
        content = file.read_bytes()
        for position in chance.sample(range(len(content)), min(len(content), 25)):
            changed = bytearray(content)
            changed[position] ^= 1 << chance.randrange(8)
            file.write_bytes(bytes(changed))
            with pytest.raises(DataError):
                read_export(folder)
        file.write_bytes(content)
    read_export(folder)


def test_a_file_less_or_more_is_refused_by_its_name(folder):
    for file in files(folder):
        content = file.read_bytes()
        file.unlink()
        with pytest.raises(DataError, match=r"export"):
            read_export(folder)
        file.write_bytes(content)
    (folder / "code" / "numpy.py").write_text("raise SystemExit")
    with pytest.raises(DataError, match=r"numpy\.py does not belong to the export"):
        read_export(folder)


def test_a_link_out_of_the_folder_does_not_pass_for_a_file_of_its_own(folder):
    (folder / "code" / "more.py").symlink_to(folder / "requirements.lock")
    with pytest.raises(DataError, match="does not belong"):
        read_export(folder)


def test_what_python_leaves_behind_is_no_change(folder):
    (folder / "code" / "__pycache__").mkdir()
    (folder / "code" / "__pycache__" / "rows.pyc").write_bytes(b"x")
    read_export(folder)


@pytest.mark.parametrize(
    ("version", "do"), [(2, "newer one"), (99, "newer one"), (0, "export it again"), (None, "again")]
)
def test_another_schema_is_refused_whatever_its_files(folder, version, do):
    rewritten(folder, schema_version=version, files={})
    with pytest.raises(DataError) as error:
        read_export(folder)
    assert "schema version" in error.value.given
    assert do in error.value.do


def test_a_model_of_another_project_is_refused(folder):
    with pytest.raises(DataError) as error:
        read_export(folder, "telco")
    assert "'demo'" in error.value.given
    assert "'telco'" in error.value.allowed


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '"x"', "{}", '{"schema_version": 1}'])
def test_what_is_no_manifest_is_refused_in_words(folder, content):
    (folder / MANIFEST).write_text(content)
    (folder / SEAL).write_text(f"{sha256(folder / MANIFEST)}  {MANIFEST}\n")
    with pytest.raises(DataError):
        read_export(folder, "demo")


@pytest.mark.parametrize("name", NEEDED)
@pytest.mark.parametrize("value", [None, 3.5])
def test_a_manifest_that_lacks_what_scoring_asks_is_refused_by_the_name_of_it(folder, name, value):
    rewritten(folder, **{name: value})
    with pytest.raises(DataError, match=f"does not say its {name}"):
        read_export(folder, "demo")


def test_a_folder_without_a_manifest_is_refused(tmp_path):
    with pytest.raises(DataError, match="no export"):
        read_export(tmp_path / "nowhere")
