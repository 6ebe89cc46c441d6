"""What Streamlit runs for each look at the dashboard: who looks, in which language, at which page."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from evaluation.gates.words import Words
from pipelines.config import Project, load_project
from pipelines.dashboard.access import Attempts, Viewer, password, viewer_of
from pipelines.dashboard.drawn import say, style
from pipelines.dashboard.screen import Screen
from pipelines.dashboard.views import actions, at_risk, customer, experiments, model, overview, retention, segments
from pipelines.errors import ChurnLabError

PAGES: dict[str, tuple[Words, Callable[[Screen], None]]] = {
    "overview": (Words("Overview", "总览"), overview.view),
    "risk": (Words("Customers at risk", "流失风险客户"), at_risk.view),
    "customer": (Words("One customer", "客户详情"), customer.view),
    "segments": (Words("Segments and portraits", "客户分群与画像"), segments.view),
    "retention": (Words("Retention", "留存与流失"), retention.view),
    "model": (Words("Model", "模型"), model.view),
    "actions": (Words("Alerts and actions", "预警与行动"), actions.view),
    "experiments": (Words("Experiments", "干预实验"), experiments.view),
}
LANGUAGES = {"en": "English", "zh": "中文"}
SKIP = Words("Skip to main content", "跳到主要内容")
SPEAK = """<script>
document.documentElement.lang = "{lang}";
for (const each of document.querySelectorAll("a, button"))
  if (["{en}", "{zh}"].includes(each.textContent.trim())) each.textContent = "{said}";
</script>"""
LANGUAGE = Words("Language", "语言")
PASSWORD, ENTER = Words("Password", "密码"), Words("Enter", "进入")
WRONG = Words("That is not the password.", "密码不正确。")
WAIT = Words("Too many attempts: wait {seconds} seconds.", "尝试次数过多，请等待 {seconds} 秒。")
NOBODY = Words(
    "The reverse proxy did not say who you are (header {header}).", "反向代理未提供用户身份（请求头 {header}）。"
)
NO_MART = Words("There is nothing to show yet.", "暂无可显示的数据。")
DO = Words("What to do: {do}", "处理方法：{do}")


def main(name: str) -> None:
    """Draw the page that is asked for.

    Parameters
    ----------
    name
        The project, as for `load_project`.
    """
    project = _project(name)
    language = _language()
    st.set_page_config(page_title=say(_title(project), language), layout="wide")
    st.html(style())
    st.html(_speaking(language), unsafe_allow_javascript=True)
    viewer = _viewer(project, language)
    if viewer is None:
        return
    screen = Screen(project, viewer, language, {})
    for key, (title, view) in PAGES.items():
        screen.pages[key] = st.Page(_drawn(screen, key, view), title=say(title, language), url_path=key)
    page = st.navigation(list(screen.pages.values()), expanded=True)
    _switch(language)
    page.run()


def _drawn(screen: Screen, key: str, view: Callable[[Screen], None]) -> Callable[[], None]:
    """Draw a page; what is missing is said in a sentence, never by a traceback."""

    def draw() -> None:
        if st.session_state.get("at") != key:
            st.session_state.update(at=key, visit_number=st.session_state.get("visit_number", 0) + 1)
        try:
            view(replace(screen, visit=st.session_state["visit_number"]))
        except ChurnLabError as error:
            screen.answer(NO_MART)
            st.info(screen.say(Words(DO.en.format(do=error.do), DO.zh.format(do=error.do))))

    return draw


@st.cache_resource
def _project(name: str) -> Project:
    return load_project(name)


@st.cache_resource
def _attempts() -> Attempts:
    return Attempts()


def _title(project: Project) -> Words:
    return Words(f"{project.title['en']} · customers at risk", f"{project.title['zh']} · 客户流失预警")


def _language() -> str:
    """Give the language chosen, else that of the address, else the browser's."""
    asked = st.session_state.get("language") or st.query_params.get("lang")
    if asked not in LANGUAGES:
        asked = "zh" if (st.context.locale or "").startswith("zh") else "en"
    return str(asked)


def _speaking(language: str) -> str:
    """Tell the browser the language, and say in it what Streamlit says in English alone; all parts are constants."""
    lang = "zh-CN" if language == "zh" else "en"
    return SPEAK.format(lang=lang, en=SKIP.en, zh=SKIP.zh, said=say(SKIP, language))


def _switch(language: str) -> None:
    with st.sidebar:
        st.segmented_control(
            say(LANGUAGE, language),
            list(LANGUAGES),
            format_func=LANGUAGES.__getitem__,
            default=language,
            key="language",
            required=True,
        )


def _viewer(project: Project, language: str) -> Viewer | None:
    settings = project.dashboard
    if settings.access == "header":
        found = viewer_of(settings, st.context.headers)
        if found is None:
            st.error(say(NOBODY, language).format(header=settings.user_header))
        return found
    if settings.access == "password" and not st.session_state.get("entered"):
        _ask_password(language)
        return Viewer() if st.session_state.get("entered") else None
    return Viewer()


def _ask_password(language: str) -> None:
    with st.form("enter", border=False):
        given = st.text_input(say(PASSWORD, language), type="password")
        asked = st.form_submit_button(say(ENTER, language))
    if not asked:
        return
    attempts = _attempts()
    is_right = attempts.try_password(given, password())
    if is_right:
        st.session_state["entered"] = True
        st.rerun()
    elif is_right is None:
        st.error(say(WAIT, language).format(seconds=max(1, math.ceil(attempts.wait_s))))
    else:
        st.error(say(WRONG, language))


if __name__ == "__main__":
    main(sys.argv[1])
