"""Use of the product: how much, how often, how broad, and whether it fades 使用衰减."""

from features.signal import signal
from features.tables import USAGE_EVENTS


@signal(
    USAGE_EVENTS,
    days=(7, 30, 90),
    unit="logins",
    empty=0,
    risk="falls",
    core=True,
    say={"en": "{value} logins in the last {days} days", "zh": "近 {days} 天登录 {value} 次"},
    example="""
    happened_at | event_type
    -1d         | login
    -8d         | login
    -8d         | feature
    0d          | login
    => 7d: 1, 30d: 2, 90d: 2
    """,
)
def logins(t):
    """Number of logins."""
    return t.count(t.event_type == "login")
