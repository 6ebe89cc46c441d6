"""Schedules: what is written for systemd, cron, Kubernetes and Airflow, and what putting it in place leaves alone."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import types
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.commands.schedule import install_schedule, remove_schedule, show_schedule
from pipelines.errors import ConfigError, ConnectionFailed
from pipelines.schedule import crontab, systemd
from pipelines.schedule.command import Scheduled, cron_command
from pipelines.schedule.elsewhere import cronjob, dag
from pipelines.schedule.install import install, is_there, remove
from pipelines.schedule.plan import Plan, installed

NASTY = "a b%20'q\"$HOME `x` \\ 中"
DAILY = Plan(6, 0, "day", "Europe/Berlin")
OTHERS = "MAILTO=me@example.com\n# mine\n5 4 * * * /usr/bin/true # >>> churnlab shopkeeper >>>\n"
# Says what it was called with, one word a line.
ECHO = '#!/bin/sh\nprintf "%s\\n" "$PWD" "$@"\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a name full of signs, a program in it, and no secrets or units of this user."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings of 100%"))
    made = tmp_path / NASTY
    made.mkdir()
    (made / "churnlab").write_text(ECHO)
    (made / "churnlab").chmod(0o755)
    return made


@pytest.fixture
def scheduled(folder: Path) -> Scheduled:
    return Scheduled("shop", "shop", DAILY, folder, (str(folder / "churnlab"),))


def programs(folder: Path, monkeypatch: pytest.MonkeyPatch, **scripts: str) -> None:
    """Put programs of the test before the machine's own."""
    place = folder / "bin"
    place.mkdir()
    for name, script in scripts.items():
        (place / name).write_text(f"#!/bin/sh\n{script}\n")
        (place / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{place}:/usr/bin:/bin")


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A crontab that a program of the test keeps in a file."""
    kept = tmp_path / "table"
    script = f"""case "$1" in
-l) [ -f {kept} ] && cat {kept} || {{ echo "no crontab for tester" >&2; exit 1; }} ;;
-) cat > {kept} ;;
esac"""
    programs(tmp_path, monkeypatch, crontab=script)
    monkeypatch.setattr(crontab, "machine_zone", lambda: "Europe/Paris")
    return kept


def test_cron_runs_the_command_as_it_stands(scheduled: Scheduled) -> None:
    # Cron takes the backslash off a per cent sign, and gives the rest to the shell.
    line = cron_command(scheduled).replace("\\%", "%")
    said = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, check=True).stdout
    assert said.splitlines() == [str(scheduled.folder), "job", "-p", "shop", "--wait", "3600", "--quiet"]


def test_cron_takes_secrets_from_a_file(folder: Path) -> None:
    (folder / "churnlab").write_text('#!/bin/sh\necho "$PASSWORD"\n')
    scheduled = Scheduled("shop", "shop", DAILY, folder, (str(folder / "churnlab"),))
    scheduled.environment_file.parent.mkdir(parents=True)
    scheduled.environment_file.write_text("PASSWORD='hunter 2'\n")
    line = cron_command(scheduled)
    assert "hunter" not in line
    said = subprocess.run(["/bin/sh", "-c", line.replace("\\%", "%")], capture_output=True, text=True, check=True)
    assert said.stdout == "hunter 2\n"


def test_every_per_cent_sign_of_cron_is_escaped(scheduled: Scheduled) -> None:
    assert cron_command(scheduled).replace("\\%", "").count("%") == 0


def test_installing_in_cron_twice_is_once_and_leaves_other_lines(
    scheduled: Scheduled, table: Path, tmp_path: Path
) -> None:
    table.write_text(OTHERS)
    install(tmp_path / "home", scheduled, "cron")
    first = table.read_text()
    assert first.startswith(OTHERS)
    assert "0 6 * * * set -a" in first
    made = install(tmp_path / "home", scheduled, "cron")
    assert table.read_text() == first
    assert is_there("shop", made)
    remove(tmp_path / "home", "shop")
    assert table.read_text() == OTHERS
    assert installed(tmp_path / "home") is None
    assert remove(tmp_path / "home", "shop") is None
    assert table.read_text() == OTHERS


def test_two_projects_have_a_block_each(folder: Path, table: Path, tmp_path: Path) -> None:
    for name, minute in (("shop", 1), ("shop2", 2)):
        install(tmp_path / name, Scheduled(name, name, Plan(6, minute), folder, ("/x/churnlab",)), "cron")
    remove(tmp_path / "shop", "shop")
    assert "2 6 * * *" in table.read_text()
    assert "1 6 * * *" not in table.read_text()


def test_a_crontab_that_cannot_be_read_is_not_written(
    scheduled: Scheduled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crontab, "machine_zone", lambda: "Europe/Berlin")
    script = f'[ "$1" = -l ] && {{ echo "permission denied" >&2; exit 1; }}; touch {tmp_path}/written'
    programs(tmp_path, monkeypatch, crontab=script)
    with pytest.raises(ConnectionFailed, match="permission denied"):
        install(tmp_path / "home", scheduled, "cron")
    assert not (tmp_path / "written").exists()
    assert installed(tmp_path / "home") is None


def test_cron_keeps_one_zone(scheduled: Scheduled, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crontab, "machine_zone", lambda: "Asia/Shanghai")
    with pytest.raises(ConfigError, match="keeps the time of Asia/Shanghai"):
        crontab.block(scheduled)


def keys(text: str) -> dict[str, list[str]]:
    """Keys of a unit with their values."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if "=" in line and not line.startswith("#"):
            key, value = line.split("=", 1)
            found.setdefault(key, []).append(value)
    return found


def test_units_of_systemd(scheduled: Scheduled) -> None:
    units = systemd.units(scheduled)
    service, timer = keys(units["churnlab-shop.service"]), keys(units["churnlab-shop.timer"])
    assert service["Type"] == ["oneshot"]
    assert service["WorkingDirectory"] == [str(scheduled.folder).replace("%", "%%")]
    assert service["OnFailure"] == ["churnlab-shop-failed.service"]
    assert service["NoNewPrivileges"] == ["true"]
    assert service["EnvironmentFile"][0].startswith("-/")
    assert timer["OnCalendar"] == ["*-*-* 06:00:00 Europe/Berlin"]
    assert timer["Persistent"] == ["true"]
    assert "churnlab-shop-failed.service" in units
    assert service["ExecStart"][0].count("$$HOME") == service["ExecStart"][0].count("$") / 2 > 0


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not on this machine")
def test_systemd_finds_nothing_wrong_with_the_units(scheduled: Scheduled, tmp_path: Path) -> None:
    for name, text in systemd.units(scheduled).items():
        (tmp_path / name).write_text(text)
    assert complaints(tmp_path) == []
    service = tmp_path / "churnlab-shop.service"
    service.write_text(service.read_text().replace("NoNewPrivileges=true", "NoNewPrivileges=perhaps"))
    assert "perhaps" in complaints(tmp_path)[0]
    due = ["systemd-analyze", "calendar", "*-*-* 06:00:00 Europe/Berlin"]
    assert "Normalized form" in subprocess.run(due, capture_output=True, text=True, check=True).stdout


def complaints(folder: Path) -> list[str]:
    """What systemd finds wrong with the units in a folder."""
    files = [str(file) for file in folder.glob("churnlab-*")]
    command = ["systemd-analyze", "verify", "--user", "--man=no", *files]
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(folder)}
    found = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    return [line for line in found.stderr.splitlines() if "churnlab" in line]


def test_systemd_is_told_once_and_forgets_again(
    scheduled: Scheduled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs(tmp_path, monkeypatch, systemctl=f'echo "$@" >> {tmp_path}/told')
    made = install(tmp_path / "home", scheduled, "systemd")
    assert len(made.files) == 3
    assert is_there("shop", made)
    assert install(tmp_path / "home", scheduled, "systemd").files == made.files
    remove(tmp_path / "home", "shop")
    assert not is_there("shop", made)
    told = (tmp_path / "told").read_text().splitlines()
    on = ["--user daemon-reload", "--user enable --now churnlab-shop.timer"]
    assert told == [*on, *on, "--user disable --now churnlab-shop.timer", "--user daemon-reload"]


def test_without_a_manager_no_unit_is_left_behind(
    scheduled: Scheduled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs(tmp_path, monkeypatch, systemctl='echo "Failed to connect to bus" >&2; exit 1')
    with pytest.raises(ConnectionFailed, match="Failed to connect to bus"):
        install(tmp_path / "home", scheduled, "systemd")
    assert list(systemd.unit_folder().iterdir()) == []


def test_another_kind_takes_the_place_of_the_first(
    scheduled: Scheduled, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path / "home", scheduled, "cron")
    (tmp_path / "bin" / "systemctl").write_text("#!/bin/sh\nexit 0\n")
    (tmp_path / "bin" / "systemctl").chmod(0o755)
    install(tmp_path / "home", scheduled, "systemd")
    assert table.read_text() == ""
    assert installed(tmp_path / "home").kind == "systemd"  # type: ignore[union-attr]


def test_cronjob_of_kubernetes(folder: Path) -> None:
    scheduled = Scheduled("big_shop_", "big_shop_", DAILY, folder)
    ((file, text),) = cronjob(scheduled, "registry.example/churnlab:1.0").items()
    made = yaml.safe_load(text)
    assert (made["apiVersion"], made["kind"], file) == ("batch/v1", "CronJob", "churn-big-shop--cronjob.yaml")
    spec, job = made["spec"], made["spec"]["jobTemplate"]["spec"]
    assert (spec["schedule"], spec["timeZone"], spec["concurrencyPolicy"]) == ("0 6 * * *", "Europe/Berlin", "Forbid")
    pod = job["template"]["spec"]
    (container,) = pod["containers"]
    assert job["backoffLimit"] == 2
    assert pod["restartPolicy"] == "Never"  # the failure policy asks for it
    assert job["podFailurePolicy"]["rules"][0]["onExitCodes"]["containerName"] == container["name"]
    (condition,) = job["podFailurePolicy"]["rules"][1]["onPodConditions"]
    assert condition == {"type": "DisruptionTarget", "status": "True"}  # both are required by the schema
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert container["command"] == ["churnlab", "job", "-p", "big_shop_", "--wait", "3600"]
    assert {"requests", "limits"} == set(container["resources"])
    assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}
    assert all(name[-1].isalnum() and len(name) <= 52 for name in names(made))
    assert "secretRef" in text
    with pytest.raises(ConfigError, match="is no image"):
        cronjob(scheduled, "x\n  privileged: true")


def names(made: dict[str, Any]) -> list[str]:
    pod = made["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    return [made["metadata"]["name"], pod["volumes"][0]["persistentVolumeClaim"]["claimName"]]


@pytest.mark.parametrize("version", [2, 3])
def test_dag_of_airflow(scheduled: Scheduled, monkeypatch: pytest.MonkeyPatch, version: int) -> None:
    ((file, text),) = dag(scheduled).items()
    assert file == "churnlab_shop.py"
    ast.parse(text)
    told = airflow(monkeypatch, version)
    exec(compile(text, file, "exec"), {})
    assert told["dag"]["dag_id"] == "churnlab_shop"
    assert (told["dag"]["schedule"], told["start"]["tz"]) == ("0 6 * * *", "Europe/Berlin")
    assert (told["dag"]["max_active_runs"], told["dag"]["catchup"]) == (1, False)
    assert told["dag"]["default_args"]["retries"] == 2
    assert told["dag"]["default_args"]["retry_delay"] == timedelta(minutes=10)
    command = told["task"]["bash_command"]
    said = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True).stdout
    assert said.splitlines()[:2] == [str(scheduled.folder), "job"]


def airflow(monkeypatch: pytest.MonkeyPatch, version: int) -> dict[str, Any]:
    """Stand in for Airflow of a version; give what a DAG tells it."""
    told: dict[str, Any] = {}

    class Dag:
        def __init__(self, **options: Any) -> None:
            told["dag"] = options

        def __enter__(self) -> Dag:
            return self

        def __exit__(self, *_: object) -> None: ...

    def put(name: str, **members: Any) -> None:
        module = types.ModuleType(name)
        vars(module).update(members)
        monkeypatch.setitem(sys.modules, name, module)

    def task(**options: Any) -> None:
        told["task"] = options

    put("pendulum", datetime=lambda *_, tz: told.setdefault("start", {"tz": tz}))
    put("airflow", **({"DAG": Dag} if version == 2 else {}))
    here = "airflow.operators" if version == 2 else "airflow.providers.standard.operators"
    parts = here.split(".")
    for end in range(2, len(parts) + 1):
        put(".".join(parts[:end]))
    put(f"{here}.bash", BashOperator=task)
    if version == 3:
        put("airflow.sdk", DAG=Dag)
    return told


def test_a_dag_holds_nothing_that_airflow_would_read(folder: Path) -> None:
    with pytest.raises(ConfigError, match="Airflow would read"):
        dag(Scheduled("shop", "shop", DAILY, folder / "{{ conf }}"))


def test_a_line_break_in_a_path_is_refused(folder: Path) -> None:
    with pytest.raises(ConfigError, match="control character"):
        Scheduled("shop", "shop", DAILY, folder / "a\n* * * * * evil")


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (("24:00", "day", None), "no time of day"),
        (("6", "day", None), "no time of day"),
        (("06:00", "week", None), "no rhythm"),
        (("06:00", "day", "Europe/Atlantis"), "no time zone"),
        (("06:00", "day", "../../etc/passwd"), "no time zone"),
    ],
)
def test_a_plan_that_is_none_is_refused(asked: tuple[str, str, str | None], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        Plan.of(*asked)


def test_files_for_elsewhere_are_written_and_taken_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    conf = str(Path(__file__).parents[2] / "conf" / "demo.yaml")
    monkeypatch.setenv("CHURNLAB__WORKSPACE", str(tmp_path))
    with pytest.raises(ConfigError, match="makes files for elsewhere"):
        install_schedule(conf, "06:00", "day", None, "airflow", None)
    with pytest.raises(ConfigError, match="no kind 'at'"):
        install_schedule(conf, "06:00", "day", None, "at", None)
    output = tmp_path / "out"
    install_schedule(conf, "06:00", "hour", "Asia/Shanghai", "systemd", output)
    assert sorted(file.suffix for file in output.iterdir()) == [".service", ".service", ".timer"]
    show_schedule(conf)
    said = capsys.readouterr().out
    assert "hour at *:00 Asia/Shanghai" in said
    assert "files only" in said
    (output / "churnlab-demo.timer").unlink()
    show_schedule(conf)
    assert "not in place any more" in capsys.readouterr().out
    remove_schedule(conf)
    assert list(output.iterdir()) == []
