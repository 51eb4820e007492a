"""Calls that need no knowledge of an environment: made from the schemas of its tools."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from agentgym.message import Message, ToolCall, call
from agentgym.tool import Tool

# A command line that harms nothing and shows what is in the environment; a path or a text like any other elsewhere.
WORD = "env"
MOST_VALUES, MOST_VARIED = 4, 8


def simple_calls(tools: Iterable[Tool]) -> Iterator[Message]:
    """Yield one call of each tool, with the simplest arguments that its schema takes."""
    for tool in tools:
        yield call(tool.name, **_simplest(tool))


def varied_calls(tool: Tool) -> Iterator[Message]:
    """Yield up to eight more calls of a tool: one for each further value of a boolean or of an enumeration."""
    simplest = _simplest(tool)
    properties: Mapping[str, Any] = tool.parameters.get("properties", {})
    varied = (
        call(tool.name, **simplest | {name: value})
        for name, schema in properties.items()
        for value in _choices(schema)
        if name not in simplest or simplest[name] != value
    )
    return itertools.islice(varied, MOST_VARIED)


def malformed_calls(tools: Iterable[Tool]) -> Iterator[Message]:
    """Yield a call of no tool, then calls of each tool with arguments that do not fit."""
    yield raw_call("no-such-tool", "{}")
    for tool in tools:
        for arguments in ('{"no_such": ', '{"no_such": 1}', "[]"):
            yield raw_call(tool.name, arguments)


def raw_call(name: str, arguments: str) -> Message:
    """Return a message with one call as a policy may write it, whatever its arguments are."""
    return Message(role="assistant", tool_calls=(ToolCall(id="1", name=name, arguments=arguments),))


def plain_message() -> Message:
    """Return a message without a call."""
    return Message(role="assistant", content=WORD)


def _simplest(tool: Tool) -> dict[str, Any]:
    properties: Mapping[str, Any] = tool.parameters.get("properties", {})
    return {name: _simple(properties[name]) for name in tool.parameters.get("required", ())}


def _simple(schema: Mapping[str, Any]) -> Any:
    if values := schema.get("enum") or [schema[key] for key in ("const", "default") if key in schema]:
        return values[0]
    kind = schema.get("type", next((one.get("type") for one in schema.get("anyOf", ())), "string"))
    smallest = schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
    return {"integer": smallest, "number": smallest, "boolean": False, "array": [], "object": {}, "null": None}.get(
        kind, WORD
    )


def _choices(schema: Mapping[str, Any]) -> list[Any]:
    """Return both values of a boolean, or the first few of an enumeration; nothing for what has no few values."""
    one_of = [choice for one in schema.get("anyOf", ()) for choice in _choices(one)]
    values = [True, False] if schema.get("type") == "boolean" else schema.get("enum", one_of)
    return list(values)[:MOST_VALUES]
