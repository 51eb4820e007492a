"""Lists, which may lie in items of others."""

import re

from .inline import element, to_inline

ITEM = re.compile(r"( *)(-|[0-9]+\.) +(.*)")


def to_list(lines: list[str]) -> str:
    """Return the HTML of a list.

    An item that stands further to the right than the first one begins a list inside the item before; one that stands
    further to the left belongs to the same list. The first item's mark tells whether the list is numbered.

    Args:
        lines: of which each is an item.
    """
    items = [found.groups() for found in map(ITEM.fullmatch, lines) if found]
    indent, mark, _ = items[0]
    contents: list[str] = []
    inner: list[list[str]] = []
    for line, (spaces, _, text) in zip(lines, items, strict=True):
        if len(spaces) > len(indent):
            inner[-1].append(line)
        else:
            contents.append(to_inline(text))
            inner.append([])
    nested = [to_list(below) if below else "" for below in inner]
    html = [element("li", content + below) for content, below in zip(contents, nested, strict=True)]
    return element("ul" if mark == "-" else "ol", "".join(html))
