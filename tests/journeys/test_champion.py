"""What a person does about the champion: look ahead, choose, take back; and what a kill leaves behind."""

import json

import pytest
from finished_lines import copied
from typer.testing import CliRunner

pytestmark = pytest.mark.journey
NAME = "churn_demo"


@pytest.fixture
def runner(demo_workspace, tmp_path, monkeypatch):
    """The finished line in a folder of one's own, typed at as a person would."""
    made = copied(demo_workspace, tmp_path / "own")
    monkeypatch.chdir(tmp_path / "own")
    monkeypatch.setenv("CHURNLAB__WORKSPACE", str(tmp_path / "own" / "workspace"))
    monkeypatch.setenv("CHURNLAB__TRACKING__URI", f"sqlite:///{tmp_path / 'own' / 'mlflow.db'}")
    monkeypatch.setenv("COLUMNS", "300")
    for text in demo_workspace.overrides:
        key, value = text.split("=", 1)
        if key.startswith(("evaluate.", "train.", "features.", "simulate.", "label.", "data.")):
            monkeypatch.setenv(f"CHURNLAB__{key.replace('.', '__').upper()}", value)
    return made


@pytest.fixture
def typed(demo_workspace):
    def run(*words, code=0):
        from pipelines.cli import app

        done = CliRunner().invoke(app, [*words, "-p", str(demo_workspace.conf)])
        assert done.exit_code == code, done.output
        return " ".join(done.output.split())

    return run


def newly_trained(runner):
    """Make another family the best, as a training on other days might have; give its name."""
    trained, judged = runner.store.path("trained") / "training.json", runner.store.path("judged")
    record = json.loads(trained.read_text())
    family = next(name for name in ("logistic", "xgboost") if name != record["best"])
    kinds = {name: record["kinds"].get(name, "number") for name in record["features"][family]}
    trained.write_text(json.dumps({**record, "best": family, "kinds": kinds}))
    judged.write_text(json.dumps({**json.loads(judged.read_text()), "best": family}))
    return family


def state(runner):
    """Aliases and tags of every version, the record and the export: all that a promotion may change."""
    client = runner.tracking.client()
    versions = {str(each.version): dict(each.tags) for each in client.search_model_versions(f"name = '{NAME}'")}
    aliases = {key: str(value) for key, value in client.get_registered_model(NAME).aliases.items()}
    return aliases, versions, runner.store.digest("champion"), runner.store.digest("export")


def exported(runner):
    return json.loads((runner.store.path("export") / "manifest.json").read_text())["version"]


def aliases(runner):
    return state(runner)[0]


def test_looking_ahead_changes_nothing_and_says_why(runner, typed):
    family = newly_trained(runner())
    before = state(runner())
    said = typed("promote", "--dry-run")
    assert f"not registered yet ({family}). Champion is version 1." in said
    assert "better" in said
    assert "version 1" in said
    assert "Nothing was changed" in said
    assert state(runner()) == before


def test_a_challenger_is_entered_once_however_often_the_line_runs(runner):
    made = runner("promote.margin=100")
    newly_trained(made)
    made.alone("promote")
    assert aliases(made) == {"champion": "2", "challenger": "2", "previous": "1"}
    forced = runner("promote.margin=100")
    forced.force = True
    before = state(made)
    forced.alone("promote")
    assert state(forced) == before
    tags = before[1]["2"]
    assert float(tags["decision.low"]) <= float(tags["decision.difference"]) <= float(tags["decision.high"])
    run = made.tracking.client().get_model_version(NAME, "2").run_id
    (logged,) = made.tracking.client().list_artifacts(run, "promotion")[-1:]
    assert logged.path == "promotion/version_2.md"


def test_a_choice_is_recorded_and_followed_until_it_is_taken_back(runner, typed):
    made = runner("promote.margin=0")
    newly_trained(made)
    made.alone("promote")
    assert aliases(made)["challenger"] == "2"
    chosen = {"1": "2", "2": "1"}[aliases(made)["champion"]]
    other = aliases(made)["champion"]
    assert "would take its place" in typed("promote", "--to", chosen, "--because", "new prices", "--dry-run")
    assert aliases(made)["champion"] == other
    typed("promote", "--to", chosen, "--because", "new prices")
    assert aliases(made) == {"champion": chosen, "challenger": "2", "previous": other}
    assert exported(made) == chosen
    tags = made.tracking.client().get_model_version(NAME, chosen).tags
    assert tags["appointed.because"] == "new prices"
    assert tags["appointed.by"]
    assert tags["appointed.at"]
    record = made.project.home / "reports" / "promotions.md"
    assert "new prices" in record.read_text()
    typed("rollback", "--because", "it misreads renewals")
    assert aliases(made) == {"champion": other, "challenger": "2", "previous": chosen}
    assert exported(made) == other
    assert record.read_text().index("it misreads renewals") < record.read_text().index("new prices")
    assert "it misreads renewals" in made.tracking.client().get_model_version(NAME, chosen).tags["taken_back"]
    standings = {run: made.tracking.client().get_run(run).data.tags["standing"] for run in runs_of(made)}
    assert set(standings.values()) <= {"champion", "previous champion"}


def runs_of(runner):
    return {each.run_id for each in runner.tracking.client().search_model_versions(f"name = '{NAME}'")}


def test_what_was_taken_back_stays_down_when_the_line_runs_again(runner, typed):
    made = runner("promote.margin=100")
    newly_trained(made)
    made.alone("promote")
    made.alone("export")
    typed("rollback")
    assert aliases(made)["champion"] == "1"
    again = runner("promote.margin=99")
    again.alone("promote")
    assert aliases(again)["champion"] == "1"
    assert again.store.load("champion")["version"] == "1"
    assert exported(again) == "1"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["promote", "--to", "9", "--because", "x"], 2, "no version '9'"),
        (["promote", "--to", "1"], 2, "needs the reason"),
        (["rollback"], 5, "has had no other champion"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(runner, typed, words, code, said):
    before = state(runner())
    assert said in typed(*words, code=code)
    assert state(runner()) == before


def test_a_version_that_its_gates_forbid_needs_force(runner, typed):
    made = runner("promote.margin=0")
    newly_trained(made)
    made.alone("promote")
    made.tracking.client().set_model_version_tag(NAME, "2", "gates.blocked", "CHN001")
    before = state(made)
    assert "failed CHN001" in typed("promote", "--to", "2", "--because", "x", code=7)
    assert state(made) == before
    typed("promote", "--to", "2", "--because", "x", "--force")
    assert aliases(made)["champion"] == "2"
    assert made.tracking.client().get_model_version(NAME, "2").tags["gates.blocked"] == "CHN001"


def test_a_version_whose_signals_are_defined_otherwise_is_refused(runner, typed, monkeypatch):
    made = runner("promote.margin=0")
    newly_trained(made)
    made.alone("promote")
    before = state(made)
    monkeypatch.setattr("pipelines.exported.signals.fingerprint", lambda column: "another")
    assert "defined otherwise" in typed("promote", "--to", "2", "--because", "x", code=3)
    assert state(made) == before
    assert "defined otherwise" in typed("score", code=3)


def test_an_alias_set_by_hand_is_obeyed(runner):
    made = runner("promote.margin=0")
    newly_trained(made)
    made.alone("promote")
    other = {"1": "2", "2": "1"}[aliases(made)["champion"]]
    made.tracking.client().set_registered_model_alias(NAME, "champion", other)
    made.alone("promote")
    made.alone("export")
    assert aliases(made)["champion"] == made.store.load("champion")["version"] == exported(made) == other


def test_a_rollback_that_was_killed_is_ended_by_the_next_and_not_undone(runner, typed, monkeypatch):
    """Killed after the alias moved and before the export followed: a rerun must not roll forward again."""
    made = runner("promote.margin=100")
    newly_trained(made)
    made.alone("promote")
    made.alone("export")
    assert exported(made) == "2"

    def killed(*given):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("pipelines.runner.Runner.alone", killed)
        typed("rollback", "--because", "wrong", code=130)
    assert aliases(made)["champion"] == "1"
    assert exported(made) == "2"
    typed("rollback")
    assert aliases(made) == {"champion": "1", "challenger": "2", "previous": "2"}
    assert exported(made) == "1"
    assert (made.project.home / "reports" / "promotions.md").read_text().count("wrong") == 1


def test_an_export_of_another_project_is_not_scored(runner, typed):
    from pipelines.exported.manifest import read_export, write_manifest

    made = runner()
    export = made.store.path("export")
    said = {**read_export(export), "project": "stranger"}
    (export / "manifest.json").unlink()
    write_manifest(export, {key: value for key, value in said.items() if key not in ("schema_version", "files")})
    assert "for the project 'stranger'" in typed("score", code=3)
