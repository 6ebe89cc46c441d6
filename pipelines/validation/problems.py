"""What is wrong with the data, how much it matters, what to repair first, and the grade that follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pipelines.validation import words
from pipelines.validation.words import Text

Weight = Literal["blocks", "serious", "minor"]

POINTS = {"blocks": 100, "serious": 25, "minor": 5}
GRADES = ((90, "A"), (75, "B"), (50, "C"))
LAST_GRADES = ("D", "E")
SERIOUS_SHARE = 0.2
QUARANTINE_SHARE = 0.05
MISDATED_SHARE = 0.2
_SERIOUS_CHECKS = ("last_week", "volume", "fresh")


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    Parameters
    ----------
    weight
        ``blocks`` allows no honest model, ``serious`` makes its figures doubtful, ``minor`` costs little.
    said, repair
        What it is and what to do, in both languages.
    told
        Whether the outcomes of the checks say it already.
    """

    weight: Weight
    said: Text
    repair: Text
    told: bool = False


def grade(problems: Sequence[Problem]) -> tuple[str, int]:
    """Grade the data: 100 points, less 25 for each serious and 5 for each minor problem; E if anything blocks.

    Minor problems together cost at most 20 points, because many small flaws do not make a grave one.

    Examples
    --------
    >>> serious = Problem("serious", {}, {})
    >>> grade([]), grade([serious]), grade([serious] * 3)
    (('A', 100), ('B', 75), ('D', 25))
    """
    if any(problem.weight == "blocks" for problem in problems):
        return LAST_GRADES[1], 0
    minor = min(sum(problem.weight == "minor" for problem in problems) * POINTS["minor"], 20)
    points = max(100 - POINTS["serious"] * sum(problem.weight == "serious" for problem in problems) - minor, 0)
    return next((letter for least, letter in GRADES if points >= least), LAST_GRADES[0]), points


def ranked(problems: Sequence[Problem]) -> list[Problem]:
    """Put first what to repair first."""
    return sorted(problems, key=lambda problem: -POINTS[problem.weight])


def of_source(misdated: Sequence[Any], departures: Any | None) -> Iterator[Problem]:
    """Problems of the files as they are; one for each table that is dated outside of what it belongs to."""
    if departures is not None and departures.contradict:
        repair = {
            "en": "decide with the business which definition counts, and map only that one",
            "zh": "与业务部门确定采用哪一种流失口径，并只映射这一种",
        }
        yield Problem("serious", words.departures_said(departures), repair)
    seen: set[str] = set()
    for found in misdated:
        if found.child in seen:
            continue
        seen.add(found.child)
        repair = {
            "en": f"find out what {found.child_time} of {found.child} means; do not learn from it until then",
            "zh": f"先弄清 {found.child} 的 {found.child_time} 的含义，在此之前不要用它训练",
        }
        yield Problem("serious" if found.share >= MISDATED_SHARE else "minor", words.misdated_said(found), repair)


def of_checks(checks: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    """Problems that failed or crashed checks show; rows set aside are told by table, not by check."""
    for check in checks:
        if check["outcome"] == "crashed":
            said = {"en": f"{check['name']} could not be run", "zh": f"{check['name']} 未能执行"}
            repair = {"en": "correct the expectation", "zh": "修正该检查的写法"}
            yield Problem("minor", said, repair, told=True)
        elif check["outcome"] == "failed" and check["severity"] != "quarantine":
            kind = check["name"].rsplit(".", 1)[-1]
            grave = kind in _SERIOUS_CHECKS or check["share"] >= SERIOUS_SHARE
            yield Problem("serious" if grave else "minor", _extent(check), _repair(check), told=True)


def of_tables(
    rows: Mapping[str, int],
    quarantined: Mapping[str, int],
    reasons: Mapping[str, Any],
    checks: Sequence[Mapping[str, Any]],
) -> Iterator[Problem]:
    """Problems of tables of which rows were set aside."""
    known = words.reasons_said((check["name"], check["reason"]) for check in checks)
    for table, aside in quarantined.items():
        if not aside:
            continue
        share = aside / (aside + rows.get(table, 0))
        said_of = [known.get(reason, {"en": reason, "zh": reason}) for reason in list(reasons[table])[:2]]
        why = {"en": ", ".join(each["en"] for each in said_of), "zh": "、".join(each["zh"] for each in said_of)}
        said = {
            "en": f"{words.percent(share)} of {table} ({aside:,} rows) cannot be used: {why['en']}",
            "zh": f"{table} 中 {words.percent(share)} 的行（{aside:,} 行）无法使用：{why['zh']}",
        }
        repair = {
            "en": f"look at them: churnlab quarantine show {table}",
            "zh": f"查看这些行：churnlab quarantine show {table}",
        }
        yield Problem("serious" if share >= QUARANTINE_SHARE else "minor", said, repair, told=True)


def of_definitions(lacking: Sequence[str]) -> Iterator[Problem]:
    """Problems of definitions of churn whose table the data do not bring."""
    for table in lacking:
        said = {
            "en": f"churn is defined on {table}, which the data do not bring",
            "zh": f"流失口径依赖 {table}，但数据中没有该表",
        }
        repair = {
            "en": "map the table, or choose another definition in label.churn",
            "zh": "提供该表，或在 label.churn 中改用其他口径",
        }
        yield Problem("blocks", said, repair)


def of_identity(open_questions: int) -> Iterator[Problem]:
    """Problems of ids that may stand for one customer, as long as nobody has decided."""
    if not open_questions:
        return
    said = {
        "en": f"{open_questions:,} pairs of ids may each be one customer; until then they count as two",
        "zh": f"{open_questions:,} 对编号可能是同一客户，确认前按两个客户计",
    }
    repair = {
        "en": "write yes or no into the review file: churnlab identity list",
        "zh": "在核对文件中填写 yes 或 no：churnlab identity list",
    }
    yield Problem("minor", said, repair, told=True)


def of_flat(customers: int, churners: int, least_churners: int) -> Iterator[Problem]:
    """Problems of the ready label of a flat table."""
    fewer = min(churners, customers - churners)
    if fewer >= least_churners:
        return
    said = {
        "en": f"{churners:,} of {customers:,} labelled customers have left; {least_churners} of each kind are needed",
        "zh": f"{customers:,} 个有标签的客户中有 {churners:,} 个流失；流失与留存各需至少 {least_churners} 个",
    }
    repair = {"en": "bring more labelled customers", "zh": "提供更多有标签的客户"}
    yield Problem("blocks" if fewer == 0 else "serious", said, repair)


def of_history(horizons: Sequence[Mapping[str, Any]], asked_days: int) -> Iterator[Problem]:
    """Problems of a history that is too short or has too few churners."""
    asked = next((horizon for horizon in horizons if horizon["days"] == asked_days), None)
    if asked is None or asked["supported"]:
        return
    others = [horizon["days"] for horizon in horizons if horizon["supported"]]
    because = words.HORIZON_BECAUSE[asked["because"]]
    said = {
        "en": f"the history does not support {asked_days} days: {because['en']} ({asked['windows']} windows, "
        f"{asked['churners']:,} churners)",
        "zh": f"历史数据不支持 {asked_days} 天的预测：{because['zh']}"
        f"（{asked['windows']} 个窗口，{asked['churners']:,} 个流失客户）",
    }
    listed = ", ".join(map(str, others))
    repair = {
        "en": f"choose a horizon of {listed} days" if others else "bring a longer history or more customers",
        "zh": f"改用 {listed} 天的预测期" if others else "提供更长的历史或更多客户",
    }
    yield Problem("serious" if others else "blocks", said, repair)


def _extent(check: Mapping[str, Any]) -> Text:
    extent = f"{check['failing']:,}, {words.percent(check['share'])}" if check["failing"] else ""
    said = words.check_said(check)
    return {
        "en": f"{check['table']}: {said['en']}" + (f" ({extent})" if extent else ""),
        "zh": f"{check['table']}：{said['zh']}" + (f"（{extent}）" if extent else ""),
    }


def _repair(check: Mapping[str, Any]) -> Text:
    return {
        "en": f"ask the owner of {check['table']}; the check is {check['name']}",
        "zh": f"向 {check['table']} 的负责人核实；检查项为 {check['name']}",
    }
