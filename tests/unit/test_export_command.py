"""The command of an export: what it reads, what it refuses and what it writes, with a model of two columns."""

from datetime import datetime
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from pipelines.errors import ConfigError, DataError
from pipelines.exported import signal_files
from pipelines.exported.command import instant, main
from pipelines.exported.manifest import write_manifest
from pipelines.exported.model import Exported
from pipelines.exported.signal_files import signal_batches
from pipelines.exported.spool import Spool

KINDS = {"logins": "number", "plan": "category"}
MANIFEST = {
    "project": "x", "model": "churn_x", "version": "7", "signals": list(KINDS), "kinds": KINDS, "definitions": {},
    "flat": True, "label": None, "tables": [], "bands": {"high": 0.6, "medium": 0.3}, "valid_days": 7,
}  # fmt: skip
DAY = datetime(2026, 10, 1)


class Model:
    """Risk is one less a tenth of the logins; who has no plan is sure to leave."""

    def predict(self, frame):
        return np.where(frame["plan"].isna(), 1.0, 1 - frame["logins"].fillna(0).to_numpy() / 10)


@pytest.fixture
def export(tmp_path, monkeypatch):
    folder = tmp_path / "export"
    (folder / "model").mkdir(parents=True)
    (folder / "model" / "model.json").write_text("{}")
    write_manifest(folder, MANIFEST)
    monkeypatch.setattr("pipelines.exported.model.load_model", lambda place: Model())
    monkeypatch.setattr("pipelines.exported.model.load_horizons", lambda place: None)
    return folder


def signals(**columns):
    return pd.DataFrame(
        {"customer_id": ["a", "b", "c"], "logins": [1.0, 5.0, None], "plan": ["x", "y", None], **columns}
    )


def run(export, tmp_path, frame, *more, ending="parquet", name="in.parquet"):
    given, output = tmp_path / name, tmp_path / f"out.{ending}"
    frame.to_parquet(given) if name.endswith("parquet") else frame.to_csv(given, index=False)
    code = main(export, ["--signals", str(given), "--output", str(output), *more])
    return code, output


@pytest.mark.parametrize("name", ["in.parquet", "in.csv"])
def test_scores_are_ranked_banded_and_dated(export, tmp_path, name, capsys):
    code, output = run(export, tmp_path, signals(), "--as-of", "2026-10-01", name=name)
    assert code == 0
    found = pd.read_parquet(output)
    assert found["customer_id"].tolist() == ["c", "a", "b"]
    assert found["probability"].tolist() == [1.0, 0.9, 0.5]
    assert found["band"].tolist() == ["high", "high", "medium"]
    assert found["rank"].tolist() == [1, 2, 3]
    assert set(found["as_of"]) == {pd.Timestamp(DAY)}
    assert set(found["valid_until"]) == {pd.Timestamp("2026-10-08")}
    assert set(found["model_version"]) == {"7"}
    assert capsys.readouterr().out == f"3 customers scored by churn_x version 7: {output}\n"


def test_several_instants_are_ranked_each_by_itself(export, tmp_path):
    both = pd.concat([signals(cutoff=DAY), signals(cutoff=datetime(2026, 11, 1))])
    code, output = run(export, tmp_path, both)
    assert code == 0
    assert pd.read_parquet(output)["rank"].tolist() == [1, 2, 3, 1, 2, 3]


def test_a_csv_holds_no_formula_and_everything_else_as_it_is(export, tmp_path):
    ids = ["=1+1", "@x", "-3", "+4", "O'Neil", '<b>"a", b</b>', "a=b", "名"]
    frame = pd.DataFrame({"customer_id": ids, "logins": 1.0, "plan": "x"})
    code, output = run(export, tmp_path, frame, "--as-of", "2026-10-01", ending="csv")
    assert code == 0
    expected = ["'=1+1", "'@x", "'-3", "'+4", *ids[4:]]
    assert sorted(pd.read_csv(output)["customer_id"]) == sorted(expected)
    _, output = run(export, tmp_path, frame, "--as-of", "2026-10-01")
    assert sorted(pd.read_parquet(output)["customer_id"]) == sorted(ids)


def without(name):
    return signals().drop(columns=name)


@pytest.mark.parametrize(
    ("frame", "more", "code", "said"),
    [
        (without("plan"), ["--as-of", "2026-10-01"], 3, "lacks 1 of the columns that the model reads: plan"),
        (without("customer_id"), ["--as-of", "2026-10-01"], 3, "customer_id"),
        (signals(login=1.0), ["--as-of", "2026-10-01"], 3, "nobody knows: login (did you mean logins?)"),
        (signals(logins=["1", "x", "3"]), ["--as-of", "2026-10-01"], 3, "logins holds"),
        (signals(customer_id=["a", None, "c"]), ["--as-of", "2026-10-01"], 3, "rows without customer_id"),
        (signals(customer_id=["a", "a", "c"]), ["--as-of", "2026-10-01"], 3, "more than one row"),
        (signals(cutoff=[DAY, DAY, None]), [], 3, "rows without cutoff"),
        (signals(cutoff=DAY), ["--as-of", "2026-10-01"], 3, "leave out --as-of"),
        (signals(), [], 3, "add --as-of"),
        (signals().iloc[:0], ["--as-of", "2026-10-01"], 3, "nobody to score"),
        (signals(), ["--as-of", "tomorrow"], 2, "no date"),
        (signals(), ["--as-of", "2026-10-01", "--project", "y"], 3, "for the project 'x'"),
    ],
)
def test_a_mistake_is_told_and_nothing_is_written(export, tmp_path, capsys, frame, more, code, said):
    output = tmp_path / "out.parquet"
    output.write_text("what was there")
    assert run(export, tmp_path, frame, *more)[0] == code
    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error
    assert output.read_text() == "what was there"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["export", "in.parquet", "out.parquet"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--signals", "in.txt"], 3, "no file of signals"),
        (["--signals", "nowhere.csv"], 3, "nowhere.csv"),
        (["--signals", "broken.parquet"], 3, "broken.parquet cannot be read"),
        (["--signals", "words.csv"], 3, "words.csv cannot be read"),
        (["--signals", "heading.csv"], 3, "heading.csv cannot be read"),
        (["--signals", "gbk.csv"], 3, "gbk.csv cannot be read"),
        (["--tables", "."], 2, "one flat table"),
        (["--signals", "in.csv", "--output", "out.txt"], 2, "no known ending"),
        (["--signals", "in.csv", "--output", "none/out.csv"], 2, "is no folder"),
        (["--signals", "in.csv", "--output", "/proc/out.csv"], 4, "check the rights and the space left there"),
    ],
)
def test_files_that_cannot_be_used(export, tmp_path, monkeypatch, capsys, arguments, code, said):
    monkeypatch.chdir(tmp_path)
    for name, content in (("in.txt", "x"), ("broken.parquet", "PAR1x"), ("in.csv", "customer_id,logins,plan\na,1,x\n")):
        (tmp_path / name).write_text(content)
    (tmp_path / "words.csv").write_text("customer_id,logins,plan\na,many,x\n")
    (tmp_path / "heading.csv").write_text("customer_id,logins,套餐\na,1,x\n", encoding="gbk")
    (tmp_path / "gbk.csv").write_text("customer_id,logins,plan\na,1,套餐\n", encoding="gbk")
    output = [] if "--output" in arguments else ["--output", "out.csv"]
    assert main(export, [*arguments, *output, "--as-of", "2026-10-01"]) == code
    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error


def test_a_changed_export_scores_nobody(export, tmp_path, capsys):
    (export / "model" / "model.json").write_text("{} ")
    code, output = run(export, tmp_path, signals(), "--as-of", "2026-10-01")
    assert code == 3
    assert "changed after the export" in capsys.readouterr().err
    assert not output.exists()


def test_what_is_typed_wrongly_is_told_by_its_usage(export, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(export, ["--signals", "a", "--tables", "b", "--output", "c"])
    assert stopped.value.code == 2
    assert "not allowed with" in capsys.readouterr().err


def test_instants_are_utc():
    assert instant("2026-10-01T02:00:00+02:00") == DAY
    for no_date in ("soon", "0001-01-01", "0001-01-01T00:00+08:00", "1899-12-31"):
        with pytest.raises(ConfigError, match="no date"):
            instant(no_date)


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_signals_come_in_batches(tmp_path, monkeypatch, ending):
    monkeypatch.setattr(signal_files, "BATCH_ROWS", 100)
    count = 1050
    frame = pd.DataFrame({"customer_id": [f"c{n}" for n in range(count)], "logins": np.arange(count) / 7, "plan": "x"})
    file = tmp_path / f"in.{ending}"
    frame.to_parquet(file) if ending == "parquet" else frame.to_csv(file, index=False)
    batches = list(signal_batches(file, MANIFEST, DAY))
    assert max(len(batch) for batch in batches) == 100
    whole = pd.concat(batches, ignore_index=True)
    assert whole["customer_id"].tolist() == frame["customer_id"].tolist()
    np.testing.assert_array_equal(whole["logins"], frame["logins"])


def test_a_column_twice_is_refused(tmp_path):
    table = pa.table([["a"], [1.0], ["x"], [2.0]], names=["customer_id", "logins", "plan", "logins"])
    parquet.write_table(table, tmp_path / "twice.parquet")
    with pytest.raises(DataError, match="twice: logins"):
        list(signal_batches(tmp_path / "twice.parquet", MANIFEST, DAY))


def test_shorter_horizons_are_told_without_a_band():
    horizons = SimpleNamespace(days=(30.0, 60.0), risk=lambda frame, whole: np.column_stack([whole / 2, whole]))
    manifest = {**MANIFEST, "label": {"horizon_days": 60, "gap_days": 0}}
    found = Exported(manifest, Model(), horizons).scored(signals(as_of=DAY))
    assert found["horizon_days"].tolist() == [60] * 3 + [30] * 3
    np.testing.assert_allclose(found["probability"][3:], found["probability"][:3] / 2)
    assert found["band"][3:].isna().all()


def test_many_scores_are_ranked_as_pandas_ranks_them(tmp_path):
    from pipelines.bands import ranked

    random = np.random.default_rng(0)
    scores = pd.DataFrame(
        {
            "customer_id": [f"{n:05d}é" for n in random.permutation(2000)],
            "as_of": DAY,
            "horizon_days": 60,
            "probability": random.integers(0, 50, 2000) / 50,
            "band": "low",
        }
    )
    spool = Spool(tmp_path)
    for start in range(0, 2000, 300):
        spool.add(scores.iloc[start : start + 300])
    spool.write(tmp_path / "out.parquet", "1", pd.Timedelta(days=1).to_pytimedelta())
    spool.close()
    found = pd.read_parquet(tmp_path / "out.parquet").set_index("customer_id")["rank"]
    assert ranked(scores).set_index("customer_id")["rank"].to_dict() == found.to_dict()


def test_bands_are_those_of_the_job_where_there_was_no_score_before():
    from pipelines.bands import bands_of, steady_bands

    probability = np.r_[np.linspace(0, 1, 101), 0.3, 0.6, np.nextafter(0.3, 0), np.nextafter(0.6, 0)]
    for bands in ({"high": 0.6, "medium": 0.3}, {"high": 0.5}, {}):
        settings = SimpleNamespace(bands=bands, band_hysteresis_share=0.2)
        assert list(bands_of(probability, bands)) == list(steady_bands(probability, settings))
