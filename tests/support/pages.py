"""Reads a page as a browser would, and what may stand in which language."""

from __future__ import annotations

import re
from html.parser import HTMLParser

VOID = {"meta", "br", "link", "img", "input", "hr"}


class Page(HTMLParser):
    """Reads a page: tags that are open, texts by the language they are marked with, and where links lead."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.stack: list[tuple[str, str]] = []
        self.texts: list[tuple[str, str]] = []
        self.tags: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.tags.append(tag)
        self.links += [value for name, value in attributes if name in ("href", "src") and value]
        self.ids += [found["id"]] if "id" in found else []
        assert not any(name.startswith("on") for name in found)
        if tag not in VOID:
            language = found.get("lang") or (self.stack[-1][1] if self.stack else "")
            self.stack.append((tag, "" if tag in ("html", "body") else language))

    def handle_endtag(self, tag):
        assert self.stack.pop()[0] == tag, f"</{tag}> closes something else"

    def handle_data(self, data):
        if data.strip() and self.stack and self.stack[-1][0] not in ("style", "script", "title"):
            self.texts.append((self.stack[-1][1], data.strip()))


def english_in_chinese(page: Page) -> list[str]:
    """Give texts marked as Chinese that hold English words in a row."""
    return [text for language, text in page.texts if language == "zh" and re.search(r"[A-Za-z]{3,} [a-z]{2,}", text)]


def chinese_in_english(page: Page) -> list[str]:
    """Give texts marked as English that hold Chinese, but for the name of the other language."""
    return [
        text
        for language, text in page.texts
        if language == "en" and text != "中文" and re.search("[\u4e00-\u9fff]", text)
    ]


def seen(page) -> list[str]:
    """Texts that a reader sees, drawings and folded parts included."""
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    return page.evaluate("""
        () => {
          const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
          while (walker.nextNode()) {
            const box = walker.currentNode.parentElement;
            if (!box.closest('script, style, title') && box.getClientRects().length && walker.currentNode.data.trim())
              found.push(walker.currentNode.data.trim());
          }
          return found;
        }
    """)
