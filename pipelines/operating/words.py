"""What an operator reads of a project's scores: short lines, English and Chinese, and what to do about each finding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from pipelines.operating.health import Finding, Health
from pipelines.warehouse.scores import GONE, LEFT, UNKNOWN

LANGUAGES = ("en", "zh")
STATE = {"en": {True: "fresh", False: "NOT FRESH"}, "zh": {True: "正常", False: "异常"}}
LABELS = {
    "en": ("Scores", "Model", "Coverage", "Left out", "Delivered", "Last job", "Next job"),
    "zh": ("评分", "模型", "覆盖", "未评分", "写回", "上次任务", "下次任务"),
}
OUTCOMES = {
    "en": {"finished": "finished", "failed": "FAILED", "running": "running", "killed": "KILLED"},
    "zh": {"finished": "完成", "failed": "失败", "running": "运行中", "killed": "被中断"},
}
EXCLUDED_ZH = {UNKNOWN: "当时尚无记录", GONE: "当时不是客户", LEFT: "当时已流失"}
SCORES = {
    "en": "as of {as_of:%Y-%m-%d}{written} · {valid}",
    "zh": "截至 {as_of:%Y-%m-%d}{written} · {valid}",
}
WRITTEN = {"en": " · written {ago} ago", "zh": " · {ago}前写入"}
VALID = {"en": "valid for {left} more", "zh": "有效期还剩 {left}"}
EXPIRED = {"en": "EXPIRED {ago} ago", "zh": "已过期 {ago}"}
COVERAGE = {
    "en": "{eligible:,} eligible = {scored:,} scored + {excluded:,} excluded + {failed:,} failed",
    "zh": "应评 {eligible:,} = 已评 {scored:,} + 排除 {excluded:,} + 失败 {failed:,}",
}
DELIVERED = {
    "en": "{place}: {changed:,} rows changed, {same:,} the same",
    "zh": "{place}：更新 {changed:,} 行，未变 {same:,} 行",
}
NONE = {"en": "none", "zh": "无"}
NEXT = {"en": "{at} {zone}, in {left} ({kind})", "zh": "{at} {zone}，{left}后（{kind}）"}
UNITS = {"en": (" days", " h", " min"), "zh": (" 天", " 小时", " 分钟")}
SAID = {
    "never_scored": {"en": "Nothing has been scored yet", "zh": "尚未评分"},
    "unreadable": {"en": "{what}", "zh": "无法读取：{what}"},
    "expired": {
        "en": "The scores expired {since} ago; readers of churn_scores_current see none",
        "zh": "评分已过期 {since}，churn_scores_current 中没有可用评分",
    },
    "incomplete": {
        "en": "The newest run is incomplete: {failed:,} of {eligible:,} customers failed; readers see the run before",
        "zh": "最新评分不完整：{eligible:,} 个客户中 {failed:,} 个失败，读者看到的是上一次的评分",
    },
    "lacking": {
        "en": "The newest scores lack what the model learnt from; no value any more: {columns}",
        "zh": "最新评分缺少模型所学的数据，以下内容已没有任何值：{columns}",
    },
    "job_failed": {
        "en": "The last job failed {ago} ago in {stage} ({kind}, exit code {exit_code}){message}",
        "zh": "上次任务 {ago}前在 {stage} 阶段失败（{kind}，退出码 {exit_code}）{message}",
    },
    "job_killed": {
        "en": "The last job began {ago} ago and was killed (last stage in its log: {stage})",
        "zh": "上次任务 {ago}前开始，中途被终止（日志中最后的阶段：{stage}）",
    },
    "untracked": {
        "en": "MLflow holds nothing of the last job's checks of the data; scores do not need it: {reason}",
        "zh": "MLflow 中没有上次任务的数据检查记录（评分不受影响）：{reason}",
    },
    "late": {
        "en": "The job that was due at {due:%Y-%m-%d %H:%M} UTC has not begun",
        "zh": "应于 {due:%Y-%m-%d %H:%M} UTC 开始的任务没有运行",
    },
    "undelivered": {"en": "The newest scores were not handed on to {place}", "zh": "最新评分没有写回 {place}"},
    "erasure_unfinished": {
        "en": "An erasure was begun and has not ended",
        "zh": "有一次客户数据删除没有完成",
    },
    "running": {"en": "In use: {who}", "zh": "正在使用：{who}"},
    "no_schedule": {"en": "No schedule is installed here", "zh": "本机没有安装定时任务"},
    "expires_before_next": {
        "en": "The scores expire in {left}, before the next job",
        "zh": "评分将在 {left}后过期，早于下次任务",
    },
    "export_behind": {
        "en": "Version {champion} is champion, but version {exported} is exported and scores",
        "zh": "冠军模型为版本 {champion}，但导出并用于评分的仍是版本 {exported}",
    },
}
JOB = "churnlab job -p {name}"
DO = {
    "never_scored": "churnlab run -p {name}",
    "unreadable": "{do}",
    "expired": JOB,
    "incomplete": JOB,
    "untracked": "start the server of tracking.uri; the next job that finds new data logs again",
    "lacking": "mend the sources or their mapping (reports/checks.html); then " + JOB,
    "late": "churnlab schedule show -p {name}; " + JOB,
    "job_killed": JOB,
    "undelivered": "churnlab deliver -p {name}",
    "erasure_unfinished": "churnlab forget CUSTOMER_ID -p {name} (the same id again)",
    "no_schedule": "churnlab schedule install -p {name} --at 06:00",
    "expires_before_next": JOB,
    "export_behind": "churnlab export -p {name}",
}
DO_BY_EXIT_CODE = {
    2: "churnlab ingest -p {name} names the key of the YAML; correct it, then " + JOB,
    3: "churnlab {stage} -p {name} names the data; churnlab quarantine list -p {name}; then " + JOB,
    4: "check the service, its address and the disk; then " + JOB,
    5: "churnlab run -p {name}",
    8: JOB,
    9: "wait for the other command; then " + JOB,
}


def lines(health: Health, language: str) -> Iterator[tuple[str, str]]:
    """Give label and value of each line."""
    scores_label, model, coverage, left_out, delivered, last, following = LABELS[language]
    scores = health.scores
    yield scores_label, _scores(health, language)
    if scores is not None:
        excluded = sum(scores.excluded.values())
        told = {"eligible": scores.eligible, "scored": scores.scored, "failed": scores.failed, "excluded": excluded}
        yield model, scores.model
        yield coverage, COVERAGE[language].format(**told)
        for reason, customers in scores.excluded.items():
            yield left_out, f"{customers:,} {EXCLUDED_ZH.get(reason, reason) if language == 'zh' else reason}"
    for place, (changed, same) in rows_delivered(health.delivered or {}).items():
        yield delivered, DELIVERED[language].format(place=place, changed=changed, same=same)
    yield last, _job(health, language)
    yield following, _next(health, language)


def sentence(finding: Finding, language: str) -> str:
    """Say a finding."""
    facts = {
        name: span(value, language) if isinstance(value, timedelta) else value for name, value in finding.facts.items()
    }
    if facts.get("message"):
        facts["message"] = f": {facts['message']}"
    return SAID[finding.code][language].format(**facts)


def advice(finding: Finding, project: str) -> str:
    """Say what to do about a finding, as commands; nothing where nothing is to be done."""
    said = DO.get(finding.code, "")
    if finding.code == "job_failed":
        said = DO_BY_EXIT_CODE.get(finding.facts["exit_code"], JOB)
    return said.format(name=project, do=finding.facts.get("do", ""), stage=finding.facts.get("stage", ""))


def span(length: timedelta, language: str) -> str:
    """Write a length of time in its largest fitting unit; one below 0, after a clock was set back, is none.

    >>> span(timedelta(hours=30), "en"), span(timedelta(days=3), "zh"), span(timedelta(seconds=20), "en")
    ('30 h', '3 天', '0 min')
    """
    days, hours, minutes = UNITS[language]
    length = max(length, timedelta(0))
    if length >= timedelta(days=2):
        return f"{length.days}{days}"
    if length >= timedelta(hours=2):
        return f"{length // timedelta(hours=1)}{hours}"
    return f"{length // timedelta(minutes=1)}{minutes}"


def _scores(health: Health, language: str) -> str:
    scores, now = health.scores, health.now
    if scores is None:
        return NONE[language]
    valid = scores.valid_until > now
    words = VALID[language] if valid else EXPIRED[language]
    length = span(abs(scores.valid_until - now), language)
    written = (
        "" if scores.finished_at is None else WRITTEN[language].format(ago=span(now - scores.finished_at, language))
    )
    said = words.format(left=length, ago=length)
    return SCORES[language].format(as_of=scores.as_of, written=written, valid=said)


def rows_delivered(delivered: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    """Give rows changed and rows that were the same already, by destination, from the record of a delivery.

    >>> tables = {"churn_scores": {"new": 3, "changed": 1, "removed": 0, "same": 7}}
    >>> rows_delivered({"destinations": {"crm": tables}})
    {'crm': (4, 7)}
    """
    return {
        name: (
            sum(rows["new"] + rows["changed"] + rows["removed"] for rows in tables.values()),
            sum(rows["same"] for rows in tables.values()),
        )
        for name, tables in delivered.get("destinations", {}).items()
    }


def _job(health: Health, language: str) -> str:
    job = health.job
    if job is None:
        return NONE[language]
    parts = [OUTCOMES[language][job.outcome], f"{job.ended_at or job.started_at:%Y-%m-%d %H:%M} UTC"]
    if job.seconds is not None:
        parts.append(f"{job.seconds:,.0f} s")
    return " · ".join(parts)


def _next(health: Health, language: str) -> str:
    from zoneinfo import ZoneInfo

    from pipelines.schedule.plan import machine_zone

    at, schedule = health.next_at, health.schedule
    if at is None or schedule is None:
        return NONE[language]
    zone = schedule.plan.zone or machine_zone()
    local = _utc(at).astimezone(ZoneInfo(zone))
    told = {"at": f"{local:%Y-%m-%d %H:%M}", "zone": zone, "left": span(at - health.now, language)}
    return NEXT[language].format(**told, kind=schedule.kind)


def _utc(instant: datetime) -> datetime:
    from datetime import UTC

    return instant.replace(tzinfo=UTC)
