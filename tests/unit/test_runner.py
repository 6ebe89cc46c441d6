"""The runner: order, skipping, and what a failure leaves behind."""

import json

import pandas as pd
import pytest

from pipelines.artifacts import ARTIFACTS, Store, digest, replace_folder
from pipelines.errors import ChurnLabError, ConfigError, NotReady
from pipelines.operating.job import STAGES as JOB_STAGES
from pipelines.stage import Stage, _ordered, all_stages, stage


def test_each_stage_follows_those_that_make_what_it_reads():
    made: set[str] = set()
    for each in all_stages().values():
        assert set(each.reads) - set(each.optional_reads) <= made, each.name
        made |= set(each.writes)


def test_who_hands_scores_on_comes_last_so_that_no_failure_of_it_keeps_them_from_people():
    order = list(all_stages())
    assert order.index("deliver") > max(order.index(name) for name in ("score", "act", "mart"))
    assert [name for name in order if name in JOB_STAGES] == list(JOB_STAGES)


def test_stages_that_wait_for_each_other_are_refused():
    first = Stage("first", lambda loaded: None, ("accepted",), after=("second",))
    second = Stage("second", lambda accepted: None, ("loaded",))
    with pytest.raises(ValueError, match="first, second"):
        _ordered([first, second])


def test_every_artifact_is_made_by_one_stage():
    makers = [name for each in all_stages().values() for name in each.writes]
    assert sorted(makers) == sorted(ARTIFACTS)


def test_every_stage_says_what_it_does():
    assert all(each.summary.endswith(".") for each in all_stages().values())


def test_a_stage_cannot_read_what_nobody_makes():
    def odd(moon_phase):
        """Howl."""

    with pytest.raises(ValueError, match="moon_phase"):
        stage(writes=["labels"])(odd)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


def test_a_record_comes_back(store):
    store.save("sent", {"标签": [1, 2]})
    assert store.load("sent") == {"标签": [1, 2]}


def test_a_frame_without_its_columns_is_refused(store):
    store.save("labels", pd.DataFrame({"customer_id": ["a"]}))
    with pytest.raises(NotReady, match="lacks cutoff, churned"):
        store.load("labels")


def test_what_was_not_made_names_the_way(store):
    with pytest.raises(NotReady, match="churnlab run"):
        store.load("panel")


def test_a_failed_write_leaves_the_earlier_record(store):
    store.save("sent", {"a": 1})
    loop: dict[str, object] = {}
    loop["self"] = loop
    with pytest.raises(ValueError, match="Circular"):
        store.save("sent", loop)
    assert store.load("sent") == {"a": 1}


def test_the_digest_follows_content_and_names(store, tmp_path):
    folder = store.scratch("panel")
    (folder / "one").write_text("1")
    first = digest(folder)
    (folder / "one").rename(folder / "two")
    second = digest(folder)
    (folder / "two").write_text("2")
    assert len({first, second, digest(folder)}) == 3


def test_a_folder_is_replaced_whole(tmp_path):
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "stale").write_text("x")
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "fresh").write_text("y")
    replace_folder(tmp_path / "new", tmp_path / "old")
    assert [file.name for file in (tmp_path / "old").iterdir()] == ["fresh"]


def test_what_a_killed_run_left_is_swept(store):
    store.save("calendar", {"a": 1})
    (store.folder / ".calendar.json.99").write_text("half")
    store.scratch("panel")
    store.sweep()
    assert [file.name for file in store.folder.iterdir()] == ["calendar.json"]


def test_an_error_has_three_parts_and_a_code():
    error = ConfigError("unknown key 'x'", allowed="'y'", do="mend it")
    assert str(error) == "unknown key 'x'. Allowed: 'y'. Do: mend it."
    assert error.exit_code == 2


def test_every_kind_of_error_has_its_own_code():
    codes = [kind.exit_code for kind in ChurnLabError.__subclasses__()]
    assert len(set(codes)) == len(codes)
    assert all(code > 1 for code in codes)


def test_records_are_readable_by_people(store):
    store.save("calendar", {"b": 1, "标签": 2})
    text = store.path("calendar").read_text(encoding="utf-8")
    assert "标签" in text
    assert len(text.splitlines()) > 2
    assert json.loads(text)
