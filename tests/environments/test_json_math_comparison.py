"""Closed forms are compared where it matters: no form agrees by chance or design, and no honest one is refused."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agentgym.environments.json_math.comparison import FARTHEST, difference, points, singled_out, values_at
from agentgym.environments.json_math.language import ExpressionError, parse
from agentgym.environments.json_math.problem import Problem, closed_form
from agentgym.environments.json_math.steps import jumps
from agentgym.environments.json_math.tasks import prompt

GOLD = "H(n+1)/(n+1)"
FUZZ = Path(__file__).parents[1] / "fuzz" / "json_math.py"

HONEST = [
    ("(psi(n+2) + gamma)/(n+1)", GOLD),
    (r"\frac{\psi(n+2)-\psi(1)}{n+1}", GOLD),
    ("(zeta(2) - polygamma(1, n+1))*n", "n*H(n,2)"),
    ("H(n+1/2) + 2 ln 2", "psi(n+3/2) + gamma + ln 4"),
    ("(2n)!/(n!)^2", "binomial(2n, n)"),
    ("(3n)!/(n!)^3*(2n)!/(2n)!", "(3n)!/(n!)^3"),
    ("factorial(n)^4/factorial(n)^3", "n!"),
    ("floor(n/2) + ceil(n/2)", "n"),
    ("0^n", "floor(1/(n+1))"),
    ("ln((n+1)!)", "ln(n!) + ln(n+1)"),
    ("pi^n*(pi - 1) + pi^n", "pi^(n+1)"),
    ("((-1)^n + 1)/2", "n + 1 - 2*ceil(n/2)"),
]


@pytest.mark.parametrize(("text", "gold"), HONEST)
def test_an_honest_form_is_right(text: str, gold: str) -> None:
    assert difference(text, gold, first_n=0, sums=False) == ""
    assert difference(gold, text, first_n=0, sums=False) == ""


@pytest.mark.parametrize(
    "error",
    [
        "0^((n - 1234)^2)",
        "0^((1234 - n)*(n - 1234))",
        "0^(2*(n - 617*2)^2)",
        "0^((n - 10^3)^2)",
        "binomial(0, n - 777)",
        "binomial(n, 1500)",
        "floor(n/1999)",
        "floor((n + 100)/1800)",
        "10^-99*floor(n/50)",
        "0^((n^2 - 10^6)^2)",
        "(1 - 1)^((n^3 - 10^9)^2)",
        "(n - n)^((n^2 - 1210*1000)^2)",
        "0^((n^3 - 10^9)^2) + 0*floor(n^2/10^99)",
        "floor(n^2/1999^2)",
        "floor(1/(1 + (n^2 - 10^6)^2))",
        "floor((9995 + n)/1999) - 5",
        "binomial(0, n^2 - 10^6)",
        "10^-60*" + "*".join(f"(n-{i})" for i in range(32)),
        "10^-60*(n-97)*(n-1000)*" + "*".join(f"(n-{i})" for i in range(30)),
        "10^-99*binomial(n, 30)",
        "10^-99*pi",
        "10^-99*0^n",
    ],
)
def test_a_form_that_is_wrong_somewhere_is_found_out(error: str) -> None:
    assert difference(f"{GOLD} + {error}", GOLD, first_n=0, sums=False)


def test_a_form_that_is_right_from_the_first_n_counts() -> None:
    assert difference("H(n-1) + 1/n", "H(n)", first_n=1, sums=False) == ""
    assert "at n = 0" in difference("H(n-1) + 1/n", "H(n)", first_n=0, sums=False)


def test_a_form_may_be_costly_far_out_but_not_nearby() -> None:
    costly_far = f"{GOLD}*(8n)!/(8n)!"
    assert difference(costly_far, GOLD, first_n=0, sums=False) == ""
    assert "5,000" in difference(f"{GOLD}*(50n)!/(50n)!", GOLD, first_n=0, sums=False)
    assert "too much" in difference("+".join(["H(5000-n)"] * 40), GOLD, first_n=0, sums=False)


def test_sums_are_compared_too() -> None:
    total = "sum((-1)^k*binomial(n,k)/(k+1)^2, k, 0, n)"
    assert difference(total, GOLD, first_n=0, sums=True) == ""
    assert difference(r"\sum_{k=0}^{n} \frac{(-1)^k}{(k+1)^2} \binom{n}{k}", GOLD, first_n=0, sums=True) == ""
    assert difference("sum(sum(1, j, 0, k), k, 0, n)", "(n+1)(n+2)/2", first_n=0, sums=True) == ""
    assert "not a closed form" in difference(total, GOLD, first_n=0, sums=False)
    assert difference(total + "+ sum(0^((k-40)^2), k, 0, n)", GOLD, first_n=0, sums=True)


def test_the_far_points_follow_from_gold_alone() -> None:
    tree = parse("n", variables=["n"])
    drawn = {gold: points(gold, tree, first_n=3, sums=False) for gold in ("2^n", "3^n", "n!")}
    assert len({str(found) for found in drawn.values()}) == 3
    for near, far in drawn.values():
        assert near[:30] == list(range(3, 33))
        assert len({*near, *far}) == 42
        assert max(far) < FARTHEST + 3
        assert max(far) > FARTHEST / 2
    code = (
        "from agentgym.environments.json_math.comparison import points;"
        "from agentgym.environments.json_math.language import parse;"
        "print(points('2^n', parse('n', variables=['n']), first_n=3, sums=False))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == str(drawn["2^n"])


def test_what_a_form_singles_out_is_tried() -> None:
    assert {1234, 1235} <= set(singled_out(parse("0^((n-617*2)^2)", variables=["n"])))
    assert 2000 in singled_out(parse("floor(n/2000)", variables=["n"]))
    assert singled_out(parse("9^9^9^9 + n^n", variables=["n"])) is not None


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        *[(text, []) for text in ("2^n", "n^n", "0^n", "H(n)/n", "floor(n/2)", "floor(n^2/4)", "sum(k, k, 0, n)")],
        *[(text, []) for text in ("binomial(2n, n)", "binomial(n, 5)", "sum(floor(n^2*k/10^6), k, 0, n)", "0^(1/0*n)")],
        ("sum(1, k, 1, 1 - (n^2 - 10^6)^2)", [1000, 1001]),
        ("floor(n/50)", [50, 100, 150, 200, 250, 300]),
        ("floor(n/1500) + floor(n/1500)", [1500]),
        ("binomial(300, n)", [301]),
        ("binomial(n + 1500, 2n)", [1501]),
        ("1/floor(n^2/10^6)", [1000, 1415, 1733, 2000]),
        ("floor(1/(n - 1500))", [1500, 1501, 1502]),
    ],
)
def test_the_steps_of_a_form_are_found(text: str, steps: list[int]) -> None:
    assert jumps(parse(text, variables=["n"], sums=True), 29, 2000) == steps


def test_the_search_for_steps_is_bounded() -> None:
    many = "+".join(f"C({i},n*n)" for i in range(3, 45))
    for text in (many, "floor(H(n)/n)", "floor(5000!/(5000! + n))", "floor(1/(1+n^200))", "0^(9^9^9*n)"):
        started = time.process_time()
        jumps(parse(text, variables=["n"]), 29, 2000)
        assert time.process_time() - started < 1.0


@pytest.mark.parametrize(("text", "gold"), [("0^(n^2)", "0^n"), ("2*floor(n^2/10^3)", "2floor(n^2/1000)")])
def test_an_honest_form_with_steps_is_right(text: str, gold: str) -> None:
    assert difference(text, gold, first_n=0, sums=False) == ""


def test_a_gold_without_a_value_is_no_verdict() -> None:
    with pytest.raises(ExpressionError, match="at n = 0: it divides by zero"):
        difference("1", "1/n", first_n=0, sums=False)
    with pytest.raises(ExpressionError):
        difference("1", "1/", first_n=0, sums=False)
    with pytest.raises(ExpressionError):
        difference("1", "(50n)!", first_n=0, sums=False)


def test_a_gold_without_a_value_where_an_answer_looks_is_no_verdict() -> None:
    gold = "n + 0*(1/(n - 1500))"
    assert difference("n", gold, first_n=0, sums=False) == ""
    with pytest.raises(ExpressionError, match="at n = 1500: it divides by zero"):
        difference("n + 0*1500", gold, first_n=0, sums=False)


def test_no_answer_can_make_gold_fail() -> None:
    variable = parse("n", variables=["n"])
    golds = [f"2^({factor}*n^2 + {shift})/2^({factor}*n^2)" for factor in range(10, 13) for shift in range(40)]
    drawn = {gold: max(points(gold, variable, first_n=0, sums=True)[0]) for gold in golds}
    gold = next(gold for gold in golds if 2 * int(gold[3:5]) * drawn[gold] ** 2 < 60_000)
    right = str(values_at(gold, [0])[0])
    for n in range(drawn[gold], 60):
        assert difference(f"{right} + 0*(n - {n})", gold, first_n=0, sums=True) == ""


def test_values_honour_sums() -> None:
    assert values_at("sum(k, k, 0, n)", [0, 3], sums=True) == [0, 6]
    with pytest.raises(ExpressionError, match="at n = 0: it divides by zero"):
        values_at("1/n", [1, 0])


def test_the_prompt_tells_of_sums_only_where_they_are_allowed() -> None:
    for sums in (True, False):
        text = prompt(Problem("", [closed_form("form", "S(n)", GOLD, sums=sums)]))
        assert ("\\sum_{k=a}^{b}" in text) is sums
        assert "closed form" in text


def test_three_thousand_hostile_inputs_find_nothing(tmp_path: Path) -> None:
    command = [sys.executable, str(FUZZ), "--inputs", "3000", "--slow", "10", "--json", "--save", str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True)
    results = json.loads(run.stdout)
    assert (run.returncode, [find for result in results for find in result["finds"]]) == (0, [])
    assert all(result["inputs"] >= 700 for result in results)


def test_the_fuzzer_finds_what_is_wrong(tmp_path: Path) -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(FUZZ.parent)!r}); import json_math as fuzz, json_math_inputs as inputs;"
        "fuzz.TARGETS = {'strict-json': fuzz.Target(inputs.document, lambda d: d.decode()[5])};"
        f"sys.exit(fuzz.main(['--inputs', '50', '--save', {str(tmp_path)!r}]))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 1
    assert "IndexError" in run.stdout or "UnicodeDecodeError" in run.stdout
    assert len(list(tmp_path.iterdir())) >= 1
