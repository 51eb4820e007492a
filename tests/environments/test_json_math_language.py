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
        (r"\textstyle n\left[n + 1\right]\bigl[n\bigr]^2\big[ n \big]", "n^4(n+1)"),
        (r"\ln\left[n+1\right] + \left[n\right]!", "ln(n+1) + n!"),
        *[(f"{name}(n)", "H(n)") for name in ("HarmonicNumber", r"\operatorname{HarmonicNumber}")],
        ("nCr(n, 2)", "binomial(n, 2)"),
        *[(text, "gamma") for text in (r"\gamma_E", r"\gamma_{E}", r"\gamma_{\mathrm{E}}", "γ_E")],
        *[(text, "ln(6)") for text in (r"\log_e 6", r"\log_{e}(6)", "log_e(6)", r"\ln_e 6")],
        *[(text, "ln(2)^2") for text in (r"{\ln}^2 2", r"\ln^22", r"\ln^{2}2", r"\ln 2\ln 2", "ln 2 ln 2")],
        (r"\ln^223", "ln(23)^2"),
        *[(text, "H(n)^2") for text in ("{H}_n^2", "{H}_{n}{H}_n", "{H}(n)^2")],
        *[(text, "zeta(3)H(n,2)") for text in (r"\zeta{(3)}H{(n,2)}", r"{\zeta}(3){H}_n^{(2)}")],
        *[(f"{text}k", "15") for text in (r"\sum^{n}_{k=0}", r"\sum^n_{k=0} ", "sum_{k=0}^{n}", r"\sum_{k=0}^n")],
        (r"{n \over n+1} + \frac{{1 \over 2}}{n}", "n/(n+1) + 1/(2*n)"),
        *[(text, "2^n*n!") for text in (r"2^nn!\cdot 1", r"\left(2^nn!\right)", "2^n n!")],
        *[(text, "pi^2*n") for text in (r"\pi^2n", r"\pi^{2}n", "pi^{2}n", "π²n")],
        *[(text, "binomial(n,2)/n") for text in (r"\binom n2\frac1n", r"\frac{\binom n2}n", r"\tbinom{n}2\dfrac 1n")],
        *[(text, "n^3") for text in ("nnn", r"n^2n\cdot 1", "(nn)n", r"nn^2\cdot 1")],
        *[(text, "2^(n*n)") for text in ("2^(nn)", "2^{nn}", r"2^{nn}\cdot 1")],
        (r"H_nn \cdot 1", "H(n)*n"),
        ("2^n2^n", "4^n"),
        ("2^{3}n", "8*n"),
        *[(text, "n/2") for text in ("n/2.", "$n/2$.", "$n/2.$", "n/2~", "n/2 . ~ ", "n/2\u00a0")],
        ("1.5.", "3/2"),
        ("binomial(-1/2, 3)", "-5/16"),
        ("binomial(n/2, 2)", "15/8"),
        *[(text, "n") for text in ("$n$", "$$n$$", r"\(n\)", r"\[n\]")],
    ],
)
def test_other_writings_mean_the_same(written: str, read: str) -> None:
    assert value(written) == value(read)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("2^nn", "two ways"),
        ("2^-nn", "two ways"),
        (r"2^-nn\cdot 1", "two ways"),
        ("2^3nn", "two ways"),
        (r"2^10\pi", r"write 2\^\{10\}"),
        (r"H_10\cdot 1", r"write H_\{10\}"),
        (r"\frac123", "write braces"),
        (r"\sum_{k=0}^10 k", "write braces"),
        (r"\ln^22\ln 3", r"write \\ln\^\{22\}\(x\)"),
        ("1/nn", "two ways"),
        ("ln nn", "two ways"),
        (r"4\,8^n", r"write \*"),
        (r"\left[n\right)", "expected ']'"),
        ("2^{C}(n,2)", "expected"),
        ("npi", "known names"),
        ("n..", "no dots"),
        ("1+2+...", "no dots"),
        ("1+2+….", "every term"),
        ("n~n", "write a space"),
        (r"\gamma_0", "index E"),
        (r"\log_2 8", "base e"),
        ("binomial(1/2, -1)", "0 to 5,000"),
        ("binomial(1/2, 5000)", "bits"),
        (r"\psi'(n)", "write one expression"),
    ],
)
def test_what_has_two_readings_or_none_is_refused(written: str, message: str) -> None:
    with pytest.raises(ExpressionError, match=message):
        value(written)
