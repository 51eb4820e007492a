"""Inputs for the fuzzer: written by a grammar, mutated from good answers, or thrown together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from random import Random
from typing import Any, cast

from agentgym.environments.json_math.cheats import gold_text
from agentgym.environments.json_math.env import JsonMathEnv
from agentgym.task import Split, Task

NUMBERS = ("0", "1", "2", "3", "7", "10", "29", "97", "1000", "5000", "0.5", "123456789", "1.25")
HUGE = ("9" * 300, "1" + "0" * 450, "5000", "9^9^9", "5000!", "2^60000", "zeta(100)", "ln(2^4000)", "H(5000,5)")
NAMES = ("n", "pi", "gamma", "π", r"\pi", "γ", r"\gamma")
CALLS = (
    *(
        "H({})",
        "H_{{{}}}",
        "H({}, 2)",
        "H_{{{}}}^{{(3)}}",
        "factorial({})",
        "({})!",
        "Gamma({})",
        "psi({})",
        r"\psi({})",
    ),
    *("polygamma(1, {})", "zeta({})", r"\zeta({})", "ln({})", r"\ln\frac{{{}}}{{3}}", "log({})", "floor({})"),
    *(r"\lfloor {} \rfloor", "⌈{}⌉", "binomial({}, 3)", "binomial(n, {})", r"\binom{{{}}}{{2}}", "({})", "-{}", "{}²"),
)
JOINTS = (
    "{}+{}",
    "{} - {}",
    "{}*{}",
    "{} {}",
    "{}/{}",
    "({})/({})",
    r"\frac{{{}}}{{{}}}",
    "({})^({})",
    "{}^{{{}}}",
    "{}·{}",
)
SUMS = ("sum({}, k, 0, {})", r"\sum_{{k=1}}^{{{1}}} {0}", "Sum({}, (k, 1, {}))", "sum(k*({}), k, 0, {})")
SOUP_TEXT = r"""
    n k 1 9 99 0 . + - * / ^ ** ( ) { } ! , _ = [ ] | H C H( H_{ H^{( psi( psi^{( zeta( ln ln( log \ln \ln^2 floor( ⌊ ⌋
    \lceil \rceil sum( \sum_{k= Sum( prod( gamma Gamma( pi binomial( factorial( \frac{ \frac \binom{ \choose \cdot
    \times \left( \right) \operatorname{H} \mathrm{ln} $ \( \) \, é [ ' " \ ² ³ ⁿ ⁻¹ ⁽²⁾ ₙ ₊₁ − × ÷ ∑ Σ √ ∞ ٣ e i or
    \sum^{n}_{ nn \left[ \right] {H} \over gamma_{E} log_e
    if # // __import__
"""
JSON_SOUP_TEXT = r"""
    { } [ ] , : " ' "a" "answer" "answer": null true false NaN Infinity -Infinity 0 -0 1 01 1. .5 1e5 1E+400 -1 \ \u0041
    9999999999999999999 \ud800 \udc00 \ud83d\ude00 \n // /* */ # ```json ``` ~~~ é ８ \u200b "\\" "\u0000" ; = undefined
"""
SOUP = SOUP_TEXT.split()
JSON_SOUP = [*JSON_SOUP_TEXT.split(), "\ufeff", "\u200b", "\u2060", "\ud800", "\x00", "\t", "\u00a0"]


@cache
def tasks() -> Sequence[Task]:
    """Return tasks of every family and level."""
    evaluation = JsonMathEnv.tasks(Split.EVAL)
    return [*JsonMathEnv.tasks(Split.DEMO), *(evaluation[index] for index in range(len(evaluation)))]


@cache
def forms() -> Sequence[str]:
    """Return right closed forms and exact numbers."""
    found = {
        "H(n+1)/(n+1)": None,
        "(psi(n+2)+gamma)/(n+1)": None,
        r"\frac{\pi^2}{6} - \ln 2": None,
        "floor(n^2/4)": None,
    }
    for task in tasks():
        secret = cast("Mapping[str, Any]", task.secret)
        checks, gold = secret["checks"], secret["gold"]
        found |= {str(gold[key]): None for key, check in checks.items() if check["kind"] in ("closed_form", "constant")}
    return list(found)


def expression(rng: Random) -> str:
    """Return something like an expression."""
    kind = rng.random()
    if kind < 0.45:
        return written(rng, rng.randint(1, 6))
    if kind < 0.65:
        return mutated(rng, rng.choice(forms()), SOUP)
    if kind < 0.85:
        return soup(rng, SOUP)
    if kind < 0.95:
        return costly(rng)
    return deep(
        rng, ["(", "{", "-", "2^", "H(", r"\frac{1}{", "sum(", r"\sum_{k=0}^{n}", "⌊", "ln ", "1+(", "n!", "H_{"]
    )


def closed_form(rng: Random) -> tuple[str, str]:
    """Return something like an expression, and a right one."""
    gold = rng.choice(forms())
    return (mutated(rng, gold, [*NUMBERS, *SOUP], most=2) if rng.random() < 0.6 else expression(rng)), gold


def written(rng: Random, depth: int) -> str:
    """Return an expression that the grammar mostly allows."""
    if depth == 0 or rng.random() < 0.1:
        return rng.choice(NAMES if rng.random() < 0.5 else (*NUMBERS, "k") if rng.random() < 0.97 else HUGE)
    kind = rng.random()
    if kind < 0.4:
        return rng.choice(CALLS).format(written(rng, depth - 1))
    left, right = written(rng, depth - 1), written(rng, depth - 2 if depth > 1 else 0)
    return rng.choice(JOINTS if kind < 0.93 else SUMS).format(left, right)


def costly(rng: Random) -> str:
    """Return many costly operands, joined."""
    parts = [written(rng, 1) if rng.random() < 0.5 else f"({rng.choice(HUGE)})" for _ in range(rng.randint(2, 12))]
    parts += [f"H({rng.randint(4000, 5000)},{rng.randint(1, 5)})" for _ in range(rng.randint(0, 12))]
    parts += [f"(pi+ln({rng.randint(2, 5000)}))^{rng.randint(2, 300)}" for _ in range(rng.randint(0, 6))]
    parts += [rng.choice(SUMS).format(written(rng, 3), "n") for _ in range(rng.randint(0, 3))]
    rng.shuffle(parts)
    return rng.choice("+-*/^").join(parts)


def document(rng: Random) -> bytes:
    """Return something like a submitted document."""
    kind = rng.random()
    text = gold_text(rng.choice(tasks()))
    if kind < 0.5:
        text = mutated(rng, text, JSON_SOUP)
    elif kind < 0.75:
        text = soup(rng, JSON_SOUP)
    elif kind < 0.85:
        text = deep(rng, ["[", '{"a":', "[[", '[{"a":[', "-", '"\\', "/*"])
    elif kind < 0.95:
        digits = rng.choice("0123456789") * rng.choice((400, 1_000, 1_001, 30_000, 70_000))
        text = rng.choice(('{{"answer": {}}}', "{}", "1e{}", "0.{}", "-{}", '"{}"')).format(digits)
    else:
        return rng.randbytes(rng.randint(0, 200))
    return text.encode("utf-8", "surrogatepass")


def answer(rng: Random) -> tuple[Task, bytes]:
    """Return a task and a document that fits its schema, with values that are nearly right or hostile."""
    task = rng.choice(tasks())
    text = gold_text(task)
    if rng.random() < 0.7:
        return task, mutated(rng, text, [*"0123456789", *SOUP[:40]], most=2).encode("utf-8", "surrogatepass")
    return task, document(rng)


def mutated(rng: Random, text: str, pieces: Sequence[str], most: int = 4) -> str:
    """Return a text with a few pieces taken out, put in, doubled or moved."""
    for _ in range(rng.randint(1, most)):
        start = rng.randint(0, len(text))
        end = min(len(text), start + rng.choice((0, 0, 1, 1, 2, 5)))
        put = rng.choice(
            (rng.choice(pieces), "", text[start:end] * 2, rng.choice(pieces) * 3, chr(rng.randint(0, 0x2FFF)))
        )
        text = text[:start] + put + text[end:]
    return text


def soup(rng: Random, pieces: Sequence[str]) -> str:
    """Return pieces in a row."""
    return rng.choice(("", "", " ")).join(rng.choice(pieces) for _ in range(rng.randint(0, 60)))


def deep(rng: Random, openings: Sequence[str]) -> str:
    """Return one opening, again and again."""
    return rng.choice(openings) * rng.choice((2, 10, 25, 100, 400, 20_000)) + rng.choice(("", "1", "n", "1" + ")" * 30))
