"""What a policy may call: described as servers take it, and every mistake is answered."""

from __future__ import annotations

import re

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from agentgym.checks.env.calls import malformed_calls
from agentgym.checks.env.stage import Stage
from agentgym.checks.report import expect
from agentgym.tool import Tool

NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
TYPED_BY = ("type", "anyOf", "oneOf", "allOf", "enum", "const", "$ref")


def tools_are_described(stage: Stage) -> None:
    """Tools have names that servers take, descriptions, and valid schemas that give every parameter a type."""
    for task in stage.firsts():
        stage.begin(task)
        names = [tool.name for tool in stage.env.tools]
        twice = sorted({name for name in names if names.count(name) > 1})
        expect(not twice, f"several tools have one name: {', '.join(twice)}")
        for tool in stage.env.tools:
            expect(NAME.fullmatch(tool.name), f"{tool.name!r} is no name that servers take: {NAME.pattern}")
            expect(tool.description.strip(), f"the tool {tool.name} has no description: give its function a docstring")
            _expect_sound(tool)


def _expect_sound(tool: Tool) -> None:
    try:
        Draft202012Validator.check_schema(tool.parameters)
    except SchemaError as error:
        expect(False, f"the parameters of {tool.name} are no valid JSON Schema: {error.json_path}: {error.message}")
    expect(tool.parameters.get("type") == "object", f"the parameters of {tool.name} are no object")
    for name, schema in tool.parameters.get("properties", {}).items():
        expect(set(schema) & {*TYPED_BY}, f"the parameter {name} of {tool.name} has no type")
        description = schema.get("description", "described nowhere")
        expect(str(description).strip(), f"the parameter {name} of {tool.name} has an empty description")


def malformed_calls_are_answered(stage: Stage) -> None:
    """An unknown tool and arguments that do not fit are answered and counted, and do not end the episode."""
    stage.begin(next(stage.sample()))
    for message in malformed_calls(stage.env.tools):
        written = f"{message.tool_calls[0].name}({message.tool_calls[0].arguments})"
        observation, _, terminated, truncated, info = stage.env.step(message)
        expect(info["malformed_calls"] == 1, f"{written} was not counted as malformed")
        expect(observation and observation[0].content, f"{written} got no answer")
        expect(not terminated, f"{written} ended the episode")
        if truncated:
            stage.begin(next(stage.sample()))
