"""Exact numbers with pi, logarithms and the like: what they are worth, and when two are the same."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentgym.environments.json_math.language import Budget, CostError, ExpressionError, Value, evaluate, parse, same
from agentgym.environments.json_math.language.field import Polynomial, Ratio
from agentgym.environments.json_math.language.functions import bernoulli


def value(text: str, n: int = 0) -> Value:
    return evaluate(parse(text, variables=["n"], sums=True), {"n": n}, Budget())


NUMERIC = {"pi": math.pi, "gamma": 0.5772156649015329, "zeta(3)": 1.2020569031595942, "zeta(5)": 1.0369277551433699}


def number(value: Value) -> float:
    if isinstance(value, Fraction):
        return float(value)
    return total(value.numerator) / total(value.denominator)


def total(polynomial: Polynomial) -> float:
    return sum(
        float(c) * math.prod((NUMERIC.get(name) or math.log(int(name[3:]))) ** e for name, e in monomial)
        for monomial, c in polynomial.items()
    )


def digamma(x: float) -> float:
    """Shift upwards, then the asymptotic series (DLMF 5.11.2)."""
    shift = 0.0
    while x < 30:
        shift -= 1 / x
        x += 1
    return shift + math.log(x) - 1 / (2 * x) - 1 / (12 * x**2) + 1 / (120 * x**4) - 1 / (252 * x**6)


@given(st.integers(-60, 60), st.sampled_from([1, 2, 4]))
def test_psi_is_digamma(numerator: int, denominator: int) -> None:
    x = Fraction(numerator, denominator)
    text = f"psi({numerator}/{denominator})"
    if x.denominator == 1 and x <= 0:
        with pytest.raises(ExpressionError, match="no value"):
            value(text)
        return
    assert number(value(text)) == pytest.approx(digamma(float(x)), rel=1e-9, abs=1e-9)
    if x > 0:
        assert number(value(f"H({numerator}/{denominator})")) == pytest.approx(digamma(float(x + 1)) + NUMERIC["gamma"])


@pytest.mark.parametrize("s", range(2, 15))
def test_zeta_is_the_sum_of_powers(s: int) -> None:
    tail = 1 / ((s - 1) * 2000.5 ** (s - 1))
    expected = sum(k**-s for k in range(1, 2001)) + tail
    if s % 2 == 0 or s < 7:
        assert number(value(f"zeta({s})")) == pytest.approx(expected, rel=1e-7)
    else:
        assert isinstance(value(f"zeta({s})"), Ratio)


def test_zeta_at_0_and_below() -> None:
    assert [value(f"zeta({s})") for s in (0, -1, -2, -3)] == [Fraction(-1, 2), Fraction(-1, 12), 0, Fraction(1, 120)]
    assert [bernoulli(m) for m in (0, 1, 2, 3, 12)] == [1, Fraction(-1, 2), Fraction(1, 6), 0, Fraction(-691, 2730)]


@pytest.mark.parametrize("order", range(1, 5))
def test_polygamma_is_a_tail_of_zeta(order: int) -> None:
    expected = (-1) ** (order + 1) * math.factorial(order) * sum(k ** -(order + 1) for k in range(3, 20_000))
    assert number(value(f"polygamma({order}, 3)")) == pytest.approx(expected, rel=1e-3)


@given(st.integers(1, 5000), st.integers(1, 5000))
def test_logarithms_are_taken_apart(a: int, b: int) -> None:
    assert value(f"ln({a}) + ln({b})") == value(f"ln({a * b})")
    assert value(f"ln({a}/{b})") == value(f"ln({a}) - ln({b})")
    assert number(value(f"ln({a}/{b})")) == pytest.approx(math.log(a / b), abs=1e-9)


SAME = [
    ("zeta(2)", r"\frac{\pi^{2}}{6}"),
    (r"\frac{1}{3} - \ln 2", "ln(1/2) + 1/3"),
    ("(pi + 1)^2", "pi^2 + 2pi + 1"),
    ("(pi + ln 2)*(pi - ln 2)", "pi^2 - ln^2 2"),
    ("1/(pi + 1) + 1/(pi - 1)", "2 pi/(pi^2 - 1)"),
    ("(ln(8) - 3/7)^3/zeta(3)^2", "(-3/7 + 3ln(2))^3 * zeta(3)^-2"),
    ("(psi(1/2) + gamma)/2", "-log(2)"),
    ("1/(pi/(gamma*ln(3)))", "gamma/pi*ln 3"),
    ("pi^2 * zeta(3)/pi^5", "zeta(3)/pi^3"),
]


@pytest.mark.parametrize(("left", "right"), SAME)
def test_equal_numbers_are_the_same_however_written(left: str, right: str) -> None:
    assert value(left) == value(right)
    assert value(f"({left}) - ({right})") == 0
    assert value(f"({left})/({right})") == 1
    assert number(value(left)) == pytest.approx(number(value(right)))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("pi", "22/7"),
        ("pi", "3.14159265358979"),
        ("ln 2", "0.6931471805599453"),
        ("zeta(3)", "pi^3/25.79435"),
        ("pi^2/6", "pi^2/6 + 10^-99"),
        ("ln 2", "ln 3"),
        ("gamma", "ln(2)"),
        ("psi(1/4)", "psi(3/4)"),
        ("1/(pi + 1)", "1/(pi - 1)"),
    ],
)
def test_near_numbers_are_not_the_same(left: str, right: str) -> None:
    assert value(left) != value(right)


def test_what_is_rational_is_a_fraction() -> None:
    for text in ("pi/pi", "zeta(4)/pi^4", "(2pi + 2)/(pi + 1)", "psi(9) + gamma", "pi^0", "0*pi", "H(3/2) - H(1/2)"):
        assert isinstance(value(text), Fraction)
    assert value("2^((pi - 1)/(pi - 1) + 2)") == 8


@given(
    st.lists(st.sampled_from(["pi", "ln 2", "ln 3", "zeta(3)", "2", "3/2", "-1"]), min_size=2, max_size=6), st.data()
)
def test_arithmetic_is_that_of_numbers(leaves: list[str], data: st.DataObject) -> None:
    text, expected = f"({leaves[0]})", number(value(leaves[0]))
    for leaf in leaves[1:]:
        operator = data.draw(st.sampled_from("+-*/"))
        right = number(value(leaf))
        expected = {"+": expected + right, "-": expected - right, "*": expected * right, "/": expected / right}[
            operator
        ]
        text = f"({text} {operator} ({leaf}))"
    assert number(value(text)) == pytest.approx(expected, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("1/(pi - pi)", "divides by zero"),
        ("ln(0)", "positive"),
        ("ln(-2)", "positive"),
        ("ln(pi)", "rational numbers only"),
        ("zeta(1)", "no value at 1"),
        ("zeta(1/2)", "integers only"),
        ("psi(0)", "no value"),
        ("psi(1/3)", "halves and quarters"),
        ("H(-1)", "0 to 5,000 only"),
        ("2^pi", "integers only"),
        ("pi!", "rational numbers only"),
        ("floor(pi)", "rational numbers only"),
        ("Gamma(0)", "positive integers"),
        ("binomial(-1, -1)", "no one value"),
        ("polygamma(1, 0)", "positive integers"),
    ],
)
def test_outside_a_domain_there_is_no_value(text: str, fault: str) -> None:
    with pytest.raises(ExpressionError, match=fault) as caught:
        value(text)
    assert not isinstance(caught.value, CostError) or "5,000" in fault


@pytest.mark.parametrize(
    "text",
    [
        "pi^20000",
        "(pi + 1)^5000",
        "(pi + ln 2 + ln 3 + ln 5 + gamma)^9",
        "ln(2^5000)",
        "ln(10^40 + 1)",
        "zeta(102)",
        "psi(5003)",
        "sum(1, k, 1, 5001)",
        "sum(sum(sum(1, i, 1, 500), j, 1, 500), k, 1, 500)",
    ],
)
def test_what_costs_too_much_is_refused_as_such(text: str) -> None:
    with pytest.raises(CostError):
        value(text)


def test_telling_numbers_apart_is_paid_for() -> None:
    with pytest.raises(CostError):
        same(value("(pi + 2)/(pi + 1)"), value("(pi + 3)/(pi + 2)"), Budget(100))


def test_sums_have_the_value_of_their_terms() -> None:
    assert value("sum(k^2, k, 1, n)", 10) == 385
    assert value(r"\sum_{k=1}^{n} k^2 + n", 10) == 395
    assert value(r"\sum_{k=0}^n \sum_{j=0}^{k} j k", 4) == sum(j * k for k in range(5) for j in range(k + 1))
    assert value("sum(sum(i*j, i, 1, j), j, 1, n)", 3) == 25
    assert value("sum(k, k, 3, n)", 2) == value("sum(k, k, 3, n)", 0) == 0
    assert value("sum(1/k, k, 1, n) - psi(n+1) - gamma", 8) == 0


@pytest.mark.parametrize(
    ("text", "fault", "position"),
    [
        ("sum(k*m, k, 0, n)", "unexpected 'm'", 6),
        ("sum(k, k, 0, k)", "unexpected 'k'", 13),
        ("sum(n, n, 0, 3)", "index of a sum", 7),
        ("sum(1, H, 0, 3)", "index of a sum", 7),
        ("sum(sum(k, k, 0, 2), k, 0, 3)", "index of a sum", 21),
        (r"\sum_{k=0}^{n} \sum_{k=0}^{n} k", "index of a sum", 21),
        (r"2/\sum_{k=1}^{n} k", "two ways", 6),
        (r"2^-\sum_{k=1}^{n} k", "two ways", 7),
        ("prod(k, k, 1, n)", "no products", 0),
        ("k + sum(k, k, 1, n)", "unexpected 'k'", 0),
        ("sum(k, k, 1, n) + k", "unexpected 'k'", 18),
    ],
)
def test_a_sum_that_cannot_be_read_says_where(text: str, fault: str, position: int) -> None:
    with pytest.raises(ExpressionError, match=fault) as caught:
        parse(text, variables=["n"], sums=True)
    assert caught.value.position == position


def test_sums_are_refused_where_a_task_does_not_allow_them() -> None:
    for text in ("sum(k, k, 0, n)", r"\sum_{k=0}^{n} k", "∑_{k=0}^{n} k", "Sum(k, (k, 0, n))"):
        parse(text, variables=["n"], sums=True)
        with pytest.raises(ExpressionError, match="not a closed form"):
            parse(text, variables=["n"])
