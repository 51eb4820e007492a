"""Marks within a line of text."""

import re

SPECIAL = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}
MARK = re.compile(
    r"\\(?P<escaped>[^\w\s])"
    r"|`(?P<code>[^`]+)`"
    r"|\*\*(?P<strong>(?:\\.|[^\\])+?)\*\*"
    r"|\*(?P<em>(?:\\.|[^\\*])+)\*"
    r"|\[(?P<label>(?:\\.|[^\\\[\]])*)\]\((?P<target>[^()\s]*)\)"
)


def escape(text: str) -> str:
    """Return the text with all characters replaced that mean something in HTML."""
    return "".join(SPECIAL.get(character, character) for character in text)


def element(tag: str, content: str, **attributes: str) -> str:
    """Return an element of HTML; its content must be HTML, its attributes plain text."""
    pairs = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())
    return f"<{tag}{pairs}>{content}</{tag}>"


def to_inline(text: str) -> str:
    """Return the HTML of a text with marks."""
    parts: list[str] = []
    position = 0
    for found in MARK.finditer(text):
        parts += [escape(text[position : found.start()]), marked(found)]
        position = found.end()
    return "".join(parts) + escape(text[position:])


def marked(found: re.Match[str]) -> str:
    """Return the HTML of one mark and what it belongs to."""
    if found["escaped"]:
        return escape(found["escaped"])
    if found["code"]:
        return element("code", escape(found["code"]))
    for tag in ("strong", "em"):
        if found[tag]:
            return element(tag, to_inline(found[tag]))
    return element("a", to_inline(found["label"]), href=found["target"])


def plain(text: str) -> str:
    """Return a text without its marks; of a link only the label is left."""
    return MARK.sub(unmarked, text)


def unmarked(found: re.Match[str]) -> str:
    """Return the plain text of one mark and what it belongs to."""
    return found["escaped"] or found["code"] or plain(found["strong"] or found["em"] or found["label"] or "")
