"""Templates with values, conditions and loops."""

from typing import Any

from .filters import apply_filter
from .parser import Node, TemplateError, parse
from .scanner import pieces_of

LOOP_STATE = "loop"


class UndefinedError(KeyError):
    """A value that is to be shown or gone through does not exist."""


def render(template: str, values: dict[str, Any]) -> str:
    """Return the text of a template filled with values.

    Raises:
        TemplateError: the template breaks a rule, or shows or goes through a value of a type that it cannot.
        FilterError: a filter does not exist or does not fit.
        UndefinedError: a value to show or to go through is None or does not exist.
    """
    return render_nodes(parse(pieces_of(template)), values)


def render_nodes(nodes: list[Node], scope: dict[str, Any]) -> str:
    """Return the text of some nodes, one behind the other."""
    texts: list[str] = []
    for node in nodes:
        value = look_up(node.text, scope)
        if node.kind == "text":
            texts.append(node.text)
        elif node.kind == "output":
            for name, argument in node.filters:
                value = apply_filter(name, argument, value)
            texts.append(shown(value, node))
        elif node.kind == "for":
            texts.append(render_loop(node, value, scope))
        else:
            texts.append(render_nodes(node.body if bool(value) == (node.kind == "if") else node.otherwise, scope))
    return "".join(texts)


def render_loop(node: Node, items: Any, scope: dict[str, Any]) -> str:
    """Return the text of a loop; its variables are gone behind it."""
    if items is None:
        raise UndefinedError(node.text)
    if not isinstance(items, list):
        raise TemplateError(node.line, f"{node.text} is no list")
    if not items:
        return render_nodes(node.otherwise, scope)
    text = ""
    for index, item in enumerate(items, start=1):
        state = {"index": index, "last": index == len(items)}
        text += render_nodes(node.body, {**scope, LOOP_STATE: state, node.variable: item})
    return text


def look_up(path: str, scope: dict[str, Any]) -> Any:
    """Return the value at a path such as `users.0.name`, or None if there is none."""
    value: Any = scope
    for step in path.split("."):
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def shown(value: Any, node: Node) -> str:
    """Return the text that stands for a value."""
    if value is None:
        raise UndefinedError(node.text)
    if isinstance(value, list | dict):
        raise TemplateError(node.line, f"{node.text} cannot be shown")
    return str(value).lower() if isinstance(value, bool) else str(value)
