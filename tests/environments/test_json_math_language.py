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


FRAMES = {"*": "3{}2", "^": "3{}2", "/": "3{}2", "-": "3{}2", "ln": "{}(3)"}
WRITINGS = [(text, codes(read)[0]) for written, read in rows("Grammar") if codes(read) for text in codes(written)]


@pytest.mark.parametrize(("written", "read"), [pair for pair in WRITINGS if pair[1] in FRAMES])
def test_writings_become_one(written: str, read: str) -> None:
    assert value(FRAMES[read].format(written)) == value(FRAMES[read].format(read))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        *[(name, "pi") for name in ("π", r"\pi", "Pi")],
        *[(name, "gamma") for name in ("γ", r"\gamma", "EulerGamma")],
        *[(f"{name}(n)", "psi(n)") for name in ("ψ", r"\psi", "digamma")],
        *[(f"{name}(3)", "zeta(3)") for name in ("ζ", r"\zeta")],
        *[(f"{name}(n)", "24") for name in ("Γ", r"\Gamma")],
        *[(f"{name}{{n}}{{3}}", "5/3") for name in (r"\dfrac", r"\tfrac", r"\cfrac")],
        *[(f"{name}{{n}}{{3}}", "10") for name in (r"\dbinom", r"\tbinom")],
        (r"\lfloor n/2 \rfloor \lceil n/2 \rceil ceiling(n/3)", "12"),
        ("(∑_{k=1}^{n} k)(Σ_{k=1}^n k)", "225"),
        ("Sum(k, k, 1, n)", "15"),
        ("n²2ⁿ⁺¹Hₙ₊₁Hₙ⁽²⁾", "n^{2} 2^{n+1} H_{n+1} H_{n}^{(2)}"),
        (r"\operatorname{ln}(3)\mathrm{ln}(3)\text{ln}(3)", "ln(3)^3"),
        (r"\left( n \right)\,\big( n \big)\; \displaystyle n \quad n", "n^4"),
        *[(text, "n") for text in ("$n$", "$$n$$", r"\(n\)", r"\[n\]")],
    ],
)
def test_other_writings_mean_the_same(written: str, read: str) -> None:
    assert value(written) == value(read)
