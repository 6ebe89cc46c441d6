"""Files for schedulers on other machines: a CronJob of Kubernetes, a DAG of Airflow."""

from __future__ import annotations

import re
import shlex
from datetime import UTC, datetime

from pipelines.errors import ConfigError
from pipelines.schedule.command import WAIT_S, Scheduled, rendered

IMAGE = "churnlab:latest"


def cronjob(scheduled: Scheduled, image: str = IMAGE) -> dict[str, str]:
    """Give a Kubernetes CronJob by its file name.

    Raises
    ------
    ConfigError
        If the name of the image is none.
    """
    if re.fullmatch(r"[\w.\-/:@]+", image) is None:
        raise ConfigError(f"--image {image!r} is no image", allowed="such as registry/churnlab:1.0", do="correct it")
    unit = f"churn-{scheduled.name.replace('_', '-')}"
    file = f"{unit}-cronjob.yaml"
    # Names of Kubernetes end in a letter or a digit.
    unit = unit if unit[-1].isalnum() else f"{unit}0"
    command = ["churnlab", "job", "-p", scheduled.project, "--wait", str(WAIT_S)]
    zone = scheduled.plan.zone or "Etc/UTC"
    values = {"unit": unit, "file": file, "fields": scheduled.plan.cron, "zone": zone, "image": image}
    return {file: rendered("cronjob.yaml.j2", **values, command=command)}


def dag(scheduled: Scheduled) -> dict[str, str]:
    """Give an Airflow DAG by its file name.

    Raises
    ------
    ConfigError
        If a path holds what Airflow's templates would read.
    """
    command = f"cd {shlex.quote(str(scheduled.folder))} && exec {shlex.join(scheduled.job)}"
    if re.search(r"\{[{%#]", command):
        raise ConfigError(
            f"{scheduled.folder} or the program's path holds {{{{, {{% or {{#, which Airflow would read",
            allowed="paths without them",
            do="rename the folder",
        )
    return {
        f"churnlab_{scheduled.name}.py": rendered(
            "dag.py.j2",
            dag_id=f"churnlab_{scheduled.name}",
            description=f"Nightly scores of {scheduled.name}",
            fields=scheduled.plan.cron,
            start=datetime.now(UTC),
            zone=scheduled.plan.zone or "Etc/UTC",
            command=command,
        )
    }
