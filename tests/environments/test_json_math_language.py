"""LANGUAGE.md says what is so: its grammar is the parser's, its examples hold, what it refuses is refused."""

import re
from pathlib import Path

import pytest

from agentgym.environments.json_math import language
from agentgym.environments.json_math.language import Budget, ExpressionError, Value, evaluate, parse, parser

PAGE = (Path(language.__file__).parents[1] / "LANGUAGE.md").read_text()


def section(title: str) -> str:
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows(title: str) -> list[list[str]]:
    lines = [line for line in section(title).splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def codes(cell: str) -> list[str]:
    return [code.replace(r"\|", "|") for code in re.findall(r"`([^`]+)`", cell)]


def value(text: str, n: int = 5) -> Value:
    return evaluate(parse(text, variables=["n"], sums=True), {"n": n}, Budget())


REFUSED = [(text, codes(instead)) for texts, _, instead in rows("What is refused, and why") for text in codes(texts)]


def test_the_grammar_is_that_of_the_parser() -> None:
    assert parser.__doc__ is not None
    assert parser.__doc__.partition("```text")[2].partition("```")[0] in section("Grammar")


@pytest.mark.parametrize(("text", "expected"), [(codes(text)[0], expected) for text, expected in rows("Examples")])
def test_an_example_has_the_value_that_is_given(text: str, expected: str) -> None:
    assert value(text) == value(expected)


def test_the_example_in_python_runs(capsys: pytest.CaptureFixture[str]) -> None:
    exec(PAGE.partition("```python\n")[2].partition("```")[0], {})
    assert capsys.readouterr().out == "25/48\n"


@pytest.mark.parametrize(("text", "instead"), [row for row in REFUSED if row[0] != "a/b c"], ids=lambda x: str(x)[:20])
def test_what_is_refused_has_another_writing(text: str, instead: list[str]) -> None:
    with pytest.raises(ExpressionError):
        value(text, 2)
    for writing in instead:
        value(writing, 2)


@pytest.mark.parametrize("name", re.findall(r"`(\w+)\(", " ".join(row[0] for row in rows("Functions"))))
def test_every_function_of_the_page_is_read(name: str) -> None:
    assert name in parser.NAMES


def test_every_function_is_on_the_page() -> None:
    assert all(f'"{name}"' in section("Grammar") for name in parser.NAMES if name != "ln")
