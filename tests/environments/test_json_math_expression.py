"""Expressions: what they mean, what is refused, and that none can blow up."""

import time
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from math import comb, factorial

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agentgym.environments.json_math.language import (
    Budget,
    CostError,
    ExpressionError,
    Value,
    as_value,
    evaluate,
    parse,
    prepared,
    rationals,
)
from agentgym.environments.json_math.language.functions import harmonic
from agentgym.environments.json_math.language.rationals import Rational


def value(text: str, n: int = 0, budget: Budget | None = None) -> Value:
    return evaluate(parse(text, variables=["n"]), {"n": n}, budget or Budget())


@pytest.mark.parametrize(
    "text",
    [
        "H_{n+1}/(n+1)",
        "H(n+1)/(n+1)",
        "harmonic(n + 1) / (n + 1)",
        "H(n+1)*(n+1)^-1",
        "(n+1)^(-1) H(n+1)",
        "(n+1)**(-1)*H(n+1)",
        r"\frac{H_{n+1}}{n+1}",
        r"\dfrac{1}{n+1} \cdot H_{n+1}",
        r"\frac{1}{n+1} H_{n+1}",
        r"\frac{1}{n+1}\left(H_n + \frac{1}{n+1}\right)",
        "(H_n + 1/(n+1))/(n+1)",
        "H_n/(n+1) + 1/(n+1)^2",
        "1/(n+1)*H(n) + (n+1)^{-2}",
        "n! H(n+1)/(n+1)! * 1",
        "binomial(n,0)*H(n+1, 1)/(n+1)",
        "-(-H(n+1))/(n+1)",
        "0.5*2*H(n+1)/(n+1)",
    ],
)
def test_one_closed_form_in_many_writings(text: str) -> None:
    for n in (0, 1, 2, 7, 30):
        assert value(text, n) == harmonic(n + 1) / (n + 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-2^2", -4),
        ("2^3^2", 512),
        ("2^-1", Fraction(1, 2)),
        ("2^10", 1024),
        ("8/4/2", 1),
        ("8-4-2", 2),
        ("1/2*4", 2),
        ("2(3)(4)", 24),
        ("2 n", 10),
        ("3n!", 360),
        ("2^(n!)", 2**120),
        ("(-1)^n", -1),
        ("0^0", 1),
        (r"\binom{n}{2}", 10),
        ("C(n,6)", 0),
        ("binom(n, 0-1)", 0),
        ("H_n^{(2)}", harmonic(5, 2)),
        ("H_5^2", harmonic(5) ** 2),
        ("H(n, 3)", harmonic(5, 3)),
        (r"2\times 3\div 4", Fraction(3, 2)),
        ("{n}+(n)", 10),
        ("1.25", Fraction(5, 4)),
        ("n² − 2³ × 2 ÷ 4", 21),
        ("2ⁿ⁺¹·Hₙ₋₄", 64),
        ("Hₙ⁽²⁾", harmonic(5, 2)),
        ("H^{(2)}_{n} + H_{n,2}", 2 * harmonic(5, 2)),
        (r"\operatorname{H}_{n} - \mathrm{harmonic}\bigl(n\bigr)", 0),
        (r" $$\displaystyle \frac12 n\,2^{n-1}$$ ", 40),
        (r"\(n\)", 5),
        (r"\[ n \]", 5),
        (r"{n \choose 2} + \dbinom{n}2", 20),
        (r"\frac{n}2 + \frac 12", 3),
        ("⌊n/2⌋⌈n/2⌉ floor(-n/2) ceiling(n/2)", 2 * 3 * -3 * 3),
        (r"\left\lfloor \frac{n}{2} \right\rfloor", 2),
        ("Gamma(n) + Γ(n)", 48),
        ("binomial(-2, 3)", -4),
        ("H_n n^2(n+1)", harmonic(5) * 150),
        ("n2^{n}", 160),
    ],
)
def test_precedence_and_notation(text: str, expected: Fraction) -> None:
    assert value(text, 5) == expected


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("sum(1/k, k, 1, n)", "not a closed form"),
        (r"\sum_{k=0}^{n} \binom{n}{k}", "not a closed form"),
        ("Σ 1/k", "not a closed form"),
        ("1/2n", "two ways"),
        ("1/n(n+1)", "two ways"),
        ("n!!", "two ways"),
        ("2^n!", "two ways"),
        ("H_n^(2)", "two ways"),
        ("1 or 2", "unexpected 'or'"),
        ("1, 2", "unexpected ','"),
        ("n = 3", "unexpected '='"),
        ("S(n) = 2^n", "unexpected 'S'"),
        ("x + 1", "known names: n"),
        ("nH(n)", "unexpected 'nH'"),
        ("__import__('os')", "unexpected"),
        ("n.real", "unexpected"),
        ("٣", "unexpected"),
        ("2^{n", "too early"),
        ("(n))", "unexpected"),
        ("H()", "unexpected"),
        ("binomial(n)", "takes 2"),
        ("H(1,2,3)", "1 or 2"),
        ("", "too early"),
        ("(" * 200, "nested deeper"),
        ("-" * 200 + "1", "nested deeper"),
        ("2^" * 200 + "1", "nested deeper"),
        ("1+" * 300 + "1", "at most 500"),
        ("1/(n-5)", "divides by zero"),
        ("0^(-n)", "divides by zero"),
        ("2^(1/2)", "integers only"),
        ("factorial(1/2)", "integers only"),
        ("H(-1)", "0 to 5,000 only"),
        ("H(n, 9)", "orders from 1 to 5"),
        ("9^9^9^9", "bits"),
        ("10^(10^9)", "bits"),
        ("(1/3)^99999", "bits"),
        ("factorial(factorial(9))", "0 to 5,000 only"),
        ("9999999!", "0 to 5,000 only"),
        ("((5000!)!)!", "0 to 5,000 only"),
    ],
)
def test_what_is_refused_says_why(text: str, fault: str) -> None:
    with pytest.raises(ExpressionError, match=fault):
        value(text, 5)


@pytest.mark.parametrize(
    ("text", "position", "shown"),
    [
        ("2*n + x*3", 6, "'x*3'"),
        ("  n = 3", 4, "'= 3'"),
        ("n + [3]", 4, "'[3]'"),
        (r"$\frac{1}{2}$$", 12, "'$$'"),
        ("1/2n", 3, "'n'"),
        ("n!!", 2, "'!'"),
        ("(n + 1", 6, "the end"),
        ("H(1,2,3)", 8, "the end"),
        ("nHₙ + 2²³³", 0, "'nHₙ + 2²³³'"),
        ("2^" * 30 + "1", 48, "'2^2^2^2^2^2^1'"),
    ],
)
def test_a_fault_says_where_it_is(text: str, position: int, shown: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text, variables=["n"])
    assert caught.value.position == position
    assert f"(at character {position}: {shown})" in str(caught.value)


def test_a_fault_of_the_value_has_no_position() -> None:
    with pytest.raises(ExpressionError) as caught:
        value("1/(n - n)")
    assert caught.value.position is None


BOMBS = [
    "+".join(f"H({5000 - i})" for i in range(45)),
    "+".join(f"H({5000 - i},2)" for i in range(45)),
    "+".join(f"(3^{9000 + i}+1)/(7^{9000 + i})" for i in range(20)),
    "*".join(f"4990!/{4990 - i}!" for i in range(40)),
    "((((2^60000)^1)^1)^1)^1" + "*2^5000" * 60,
]


@pytest.mark.parametrize("text", BOMBS, ids=range(len(BOMBS)))
def test_the_work_of_one_answer_is_bounded(text: str) -> None:
    harmonic.cache_clear()
    budget = Budget()
    started = time.process_time()
    with pytest.raises(ExpressionError, match=r"too much arithmetic|bits"):
        [value(text, n, budget) for n in range(1_000)]
    assert time.process_time() - started < 2.0


Twin = tuple[str, Callable[[int], Fraction]]


def joined(pair: tuple[Twin, str, Twin]) -> Twin:
    (left, f), operator, (right, g) = pair
    operations: dict[str, Callable[[int], Fraction]] = {
        "+": lambda n: f(n) + g(n),
        "-": lambda n: f(n) - g(n),
        "*": lambda n: f(n) * g(n),
        "/": lambda n: f(n) / g(n),
    }
    return f"({left}) {operator} ({right})", operations[operator]


twins: st.SearchStrategy[Twin] = st.recursive(
    st.sampled_from(
        [
            ("n", lambda n: Fraction(n)),
            ("2^n", lambda n: Fraction(2) ** n),
            ("(-3)^(n + 1)", lambda n: Fraction(-3) ** (n + 1)),
            ("n!", lambda n: Fraction(factorial(n))),
            ("binomial(2n, n)", lambda n: Fraction(comb(2 * n, n))),
            ("H(n + 1)", lambda n: sum((Fraction(1, k) for k in range(1, n + 2)), Fraction(0))),
        ]
    )
    | st.integers(0, 99).map(lambda i: (str(i), lambda n: Fraction(i))),
    lambda inner: st.tuples(inner, st.sampled_from("+-*/"), inner).map(joined),
    max_leaves=6,
)


@given(twins, st.integers(0, 12))
def test_values_agree_with_arithmetic_on_fractions(twin: Twin, n: int) -> None:
    text, function = twin
    try:
        expected = function(n)
    except ZeroDivisionError:
        with pytest.raises(ExpressionError, match="divides by zero"):
            value(text, n)
        return
    assert value(text, n) == expected


@pytest.mark.parametrize(
    "text", ["2^(3*4)/7*n", "sum(H(9) + n/k, k, 1, 3^2)", "(pi + 1/3)^2 - n", "ln(12) + 1/2", "n!/4!"]
)
def test_every_run_of_an_expression_costs_the_same(text: str) -> None:
    run = prepared(parse(text, variables=["n"], sums=True))
    runs = []
    for _ in range(3):
        budget = Budget()
        runs.append((as_value(run({"n": (5, 1)}, budget)), budget.left))
    assert runs[0] == runs[1] == runs[2]
    afresh = Budget()
    evaluate(parse(text, variables=["n"], sums=True), {"n": 5}, afresh)
    assert runs[0][1] == afresh.left < Budget().left
    with pytest.raises(CostError):
        run({"n": (5, 1)}, Budget(Budget().left - afresh.left - 1))


def rational(value: Fraction) -> Rational:
    return value.numerator, value.denominator


@given(st.fractions(max_denominator=99), st.fractions(max_denominator=99), st.integers(-9, 9))
def test_arithmetic_on_pairs_is_that_of_fractions(left: Fraction, right: Fraction, exponent: int) -> None:
    a, b, budget = rational(left), rational(right), Budget()
    assert rationals.add(a, b, budget) == rational(left + right)
    assert rationals.subtract(a, b, budget) == rational(left - right)
    assert rationals.multiply(a, b, budget) == rational(left * right)
    if right:
        assert rationals.divide(a, b, budget) == rational(left / right)
        assert rationals.power(b, exponent, budget) == rational(right**exponent)


PIECES = r"""
    n 1 9 99 + - * / ^ ** ( ) { } ! , _ H C H( factorial( binomial( \frac{ \binom{ }{ \cdot \left( \right) sum = . é [ '
"""
pieces = st.sampled_from(PIECES.split())


@given(st.lists(pieces, max_size=40).map("".join) | st.text(max_size=60))
@example("9^" * 20 + "9")
@example("!" * 500)
@example("{" * 500)
@settings(deadline=None)
def test_any_text_has_a_value_or_is_refused(text: str) -> None:
    started = time.process_time()
    with suppress(ExpressionError):
        value(text, 7)
    assert time.process_time() - started < 1.0
