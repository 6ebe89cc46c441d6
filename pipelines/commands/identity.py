"""The commands for ids of several systems that were joined."""

from __future__ import annotations

from collections import Counter

from pipelines.config import load_project
from pipelines.console import Console


def list_identity(project_name: str) -> None:
    """Print how many pairs of ids each rule joined, and how many wait for a person and why."""
    from pipelines.identity.review import open_questions, review_file
    from pipelines.identity.told import joined_by_rule

    project = load_project(project_name)
    rows = [(rule, f"{pairs:,}", "joined") for rule, pairs in joined_by_rule(project.home)]
    path = review_file(project.data.identity, project.home)
    waiting = Counter((pair.rule, pair.why) for pair in open_questions(path))
    rows += [(rule, f"{pairs:,}", f"asked: {why}") for (rule, why), pairs in sorted(waiting.items())]
    Console().table("Pairs of ids that agree", ("in", "pairs", "what became of them"), rows)
    if waiting:
        print(f"Answer yes or no in {path}. Next: churnlab ingest -p {project_name}")


def show_identity(project_name: str, customer: str) -> None:
    """Print the ids of one customer and why they are one."""
    from pipelines.identity.told import story_of

    own, ids, pairs = story_of(load_project(project_name).home, customer)
    print(f"{own} is {', '.join(ids)}.")
    if pairs:
        Console().table("Joined because they agree", ("one", "other", "in", "value"), pairs)
