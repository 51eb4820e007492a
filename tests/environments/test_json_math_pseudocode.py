"""The pseudocode language: what programs mean, that they cannot run away, and which lines are padding."""

import re
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest

import agentgym.environments.json_math as json_math
from agentgym.environments.json_math.pseudocode import (
    PROGRAM_RULE,
    PseudocodeError,
    names,
    padding,
    wrong_case,
)
from agentgym.environments.json_math.pseudocode.judge import returned
from agentgym.environments.json_math.pseudocode.values import WORK

PAGE = Path(json_math.__file__ or "").with_name("PSEUDOCODE.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("2 + 3 * 4", 14),
        ("-7 div 2", -4),
        ("-7 mod 3", 2),
        ("-2 ^ 2", -4),
        ("2 ^ 3 ^ 2", 512),
        ("0 ^ 0", 1),
        ("(-1) ^ 5", -1),
        ("8 / 2", 4),
        ("floor(7 / 2) + ceil(7 / 2)", 7),
        ("ceil(-7 / 2)", -3),
        ("1 < 2 < 3 and not 3 <= 2", True),
        ("1 <-1", False),
        ("1 = true", False),
        ("[1, [2]] == [1, [2]]", True),
        ("[1] = [true]", False),
        ('"ab" + "c" = "abc"', True),
        ("3 if 1 > 2 else 4", 4),
        ("2 in [1, 2] && true not in [1]", True),
        ("[1, 2, 3][0:2] + [0] * 2", [1, 2, 0, 0]),
        ("len({1: 2, 'a': 3})", 2),
        ("get({[1, 2]: 5}, (1, 2), 0)", 5),
        ("sqrt(99) + gcd(12, 18) + lcm(4, 6)", 27),
        ("sort([3, 1, 2]) + reversed([1, 2])", [1, 2, 3, 2, 1]),
        ("min(3, 1) + max([4, 9])", 10),
        ('int("12") + len(str(345))', 15),
        ("[[1, 2], [3, 4]][1, 0]", 3),
        ("range(2, 8, 3)", [2, 5]),
        ("1, 2", [1, 2]),
        ("null", None),
        ("3 ≤ 4 ∧ 2 ≠ 3", True),
    ],
)
def test_expressions_have_one_meaning(expression: str, value: Any) -> None:
    result = returned(f"return {expression}", {})
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "s = 0\nfor i = 1 to n:\n  s = s + i\nreturn s",
        "s <- 0\nfor i from n downto 1 do\n    s <- s + i\nRETURN s",
        "s := 0\nfor each i in range(n + 1)\n\ts += i\nreturn s",
        "s = 0\nfor i in 1..n: s += i\nreturn s",
        "s, i = 0, 1\nwhile true:\n  if i > n then break\n  s, i = s + i, i + 1\nreturn s",
        "def f(k):\n  if k == 0: return 0\n  return k + f(k - 1)\nreturn f(n)",
        "function f(k): return g(k) div 2\nfunction g(k): return k * (k + 1)\nreturn f(n)",
        "a = []\nfor i = 0 to n step 1: append i to a\nlet s = sum(a)\nreturn s",
        "a = [0]\nfor i = 1 to n:\n  a.append(a[a.length - 1] + i)\nreturn a[n]",
        "m = {}\nfor i = 1 to n: m[i] = i\ns = 0\nfor k in m:\n  if k mod 2 = 1:\n    s += m[k]\n  else if k > 0:\n"
        "    s += k\nreturn s",
        "q = [[n, 0]]\nwhile len(q) > 0:\n  k, s = pop(q, 0)\n  if k = 0: return s\n  append [k - 1, s + k] to q",
        "a = [n, 0]\nswap a[0] and a[1]\nwhile a[1] != 0:\n  a[0] += a[1]\n  a[1] -= 1\nreturn a[0]",
        "s = 0\nfor i = 1 to n: s += i\nif s = 0: s = n + s\nreturn s",
        "a = [[0, 0]]\nfor i = 1 to n: append [i, a[i - 1][1] + i] to a\nreturn a[n][1]",
        "s, i = 0, 0\nwhile i < n:\n  i += 1\n  s = s + i\nreturn s",
        "   x = n * (n + 1) # indented as a whole\n   return x / 2\n",
    ],
)
def test_many_writings_of_one_program(text: str) -> None:
    assert [returned(text, {"n": n}) for n in (0, 1, 6)] == [0, 1, 21]


PAIRS = {"a": [[1, 2], [30, 40], [500, 600]]}


@pytest.mark.parametrize("names", ["l, r", "[l, r]", "(l, r)", "[ l , r ]"])
@pytest.mark.parametrize("loop", ["for each", "for", "for all", "foreach"])
def test_pairs_are_unpacked_with_and_without_brackets(names: str, loop: str) -> None:
    assert returned(f"s = 0\n{loop} {names} in a:\n  s += r - l\nreturn s", PAIRS) == 111  # type: ignore[arg-type]
    assert returned(f"{names} = a[1]\nreturn l * r", PAIRS) == 1_200  # type: ignore[arg-type]
    assert returned(f"l = 1\nr = 2\n{names} = r, l\nreturn [l, r]", {}) == [2, 1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("for each [x] in a: y = x", "write for each x in"),
        ("for each [x, y) in a: y = x", "expected ]"),
        ("[x] = [1]", "write x = p[0] for one"),
        ("[] = []", "write x = p[0] for one"),
        ("[x, 1] = [1, 2]", "only a name or an element"),
        ("[[x, y], z] = [[1, 2], 3]", "only a name or an element"),
        ("for [i, j] = 1 to 2: x = i", "a loop over integers is written"),
    ],
)
def test_brackets_that_unpack_nothing_are_refused(text: str, message: str) -> None:
    assert message in wrong_case(text, [{"inputs": {}, "output": 0}])


def test_a_loop_takes_what_is_appended_to_its_list() -> None:
    search = """\
dist = [-1] * 10
dist[0] = 0
q = [0]
for each x in q:
    for each y in [(x + 1) mod 10, 2 * x mod 10]:
        if dist[y] < 0:
            dist[y] = dist[x] + 1
            append y to q
return dist"""
    assert returned(search, {}) == [0, 1, 2, 3, 3, 4, 4, 5, 4, 5]
    assert returned("a = [1, 2]\nfor each x in a: a = a + [x]\nreturn a", {}) == [1, 2, 1, 2]
    assert returned("m = {1: 2}\nfor each k in m: m[k + 1] = 0\nreturn len(m)", {}) == 2
    with pytest.raises(PseudocodeError):
        returned("a = [1]\nfor each x in a: append x to a\nreturn a", {})


def test_inputs_are_not_changed_and_lists_are_shared() -> None:
    inputs = {"a": [3, 1, 2]}
    assert returned("b = a\nsort(b)\nc = copy(a)\nc[0] = 9\nreturn [a, c]", inputs) == [[1, 2, 3], [9, 2, 3]]  # type: ignore[arg-type]
    assert inputs == {"a": [3, 1, 2]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the program is empty"),
        ("x = 1", "line 1: the program ends without return"),
        ("x = 7 / 2", "line 1: 7 / 2 is no integer; write div"),
        ("while 1: x = 2", "line 1: a condition is true or false, not 1"),
        ("if x = 1: y = 2", "line 1: x has no value here"),
        ("x = y = 2", "a second = in an assignment; write == to compare"),
        ("x = 1; y = 2", "one statement a line"),
        ("x = [1,\n2]", "line 1: expected a value, found the end of the line"),
        ("for i = 1 to 2:\nx = i", "line 1: the lines of its block must be indented"),
        ("x = 1\n  y = 2", "line 2: indented, but no line above opens a block"),
        ("x = 1\nend", "line 2: blocks end where their indentation does"),
        ("print(1)", "write return"),
        ("pass", "it would do nothing"),
        ("x + 1", "this line has no effect"),
        ("else:\n  x = 1", "else without an if"),
        ("break", "break stands outside any loop"),
        ("return [1][-1]", "index -1 of a list of length 1; the first index is 0"),
        ("return [1][1]", "index 1 of a list of length 1"),
        ("return {}[3]", "the map has no key 3"),
        ("return 1.5", "'1.5' is no integer"),
        ("return 1e9", "is no integer"),
        ("return f(1)", "there is no function f; the language has len"),
        ("return len(1, 2)", "len takes 1 to 1 arguments, not 2"),
        ("return inf", "there is no infinity"),
        ("len([1])", "len only has a value"),
        ("return true + 1", "true + 1 has no value"),
        ("return !x", "write not"),
        ("return {1: 2}", "it returns a map"),
        ("a, b = [1, 2, 3]\nreturn a", "2 names get a list of length 3"),
        ("function f(x):\n  return y\nreturn f(1)", "line 2: y has no value here"),
    ],
)
def test_errors_say_where_and_what_to_write(text: str, message: str) -> None:
    assert message in wrong_case(text, [{"inputs": {"n": 1}, "output": 0}])


@pytest.mark.parametrize(
    "text",
    [
        "while true: x = 1",
        "function f(n): return f(n + 1)\nreturn f(0)",
        "function f(n):\n  return f(n + 1) + f(n + 2)\nreturn f(0)",
        "function f(n): return 1 if n = 0 else f(n - 1) + f(n - 1)\nreturn f(60)",
        "x = 2\nwhile true: x = x * x",
        "return 9 ^ 9 ^ 9 ^ 9",
        "x = 2\nwhile true: x = x + x",
        "a = [0] * 9999\nwhile true: a = a + a",
        "a = [1]\nwhile true: append 1 to a",
        "a = []\nwhile true: append a to a",
        "a = []\nappend a to a\nreturn a",
        "a = []\nappend a to a\nreturn a = [a]",
        "a = []\nfor i = 1 to 60: a = [a, a]\nreturn a",
        "a = []\nfor i = 1 to 60: a = [a, a]\nb = []\nfor i = 1 to 60: b = [b, b]\nreturn a = b",
        'return "ab" * 10 ^ 9',
        "return range(10 ^ 12)",
        "return range(10 ^ 40, 10 ^ 41)",
        "s = 0\nfor i = 1 to 10 ^ 100: s = s + 1",
        "a = [0] * 9000\nwhile true: a = sorted(a)",
        "m = {}\nx = 0\nwhile true:\n  m[x] = x\n  x = x + 1",
        "return " + "(" * 5_000,
        "return " + "-" * 140 + "1",
        "return " + "not " * 140 + "true",
        "return " + "1 + " * 2_000 + "1",
        "x = " + "9" * 5_000,
        "".join(f"{' ' * i}while true:\n" for i in range(50)) + " " * 50 + "x = 1",
        "x = 1\n" * 5_000,
        "for i = 1 to 60: b = [0] * 9000\nreturn 1",
        "x = 2 ^ 4000\na = [x] * 10000\nreturn a * 9",
        "x = 'ab' * 5000\nreturn [[x] * 1000] * 90",
    ],
)
def test_no_program_runs_away(text: str) -> None:
    with pytest.raises(PseudocodeError):
        returned(text, {})


def test_how_deep_the_caller_is_makes_no_difference() -> None:
    text = "function f(n): return 0 if n = 0 else 1 + f(n - 1)\nreturn f(90)"

    def deep(levels: int) -> Any:
        return returned(text, {}) if levels == 0 else deep(levels - 1)

    assert deep(0) == 90
    assert deep(sys.getrecursionlimit() - 250) == 90


WORDS = [
    *re.findall(
        r"\S+", "if else elif while for each in to downto step function return break continue and or not mod div"
    ),
    *re.findall(
        r"\S+", "true null ( ) [ ] { } , : . .. = == := <- < <= != + - * / // % ^ += 0 1 2 17 x y f a n len append"
    ),
    *("swap", "pop", "sort", '"s"', "#", "\n", "\n", "\n", "\n  ", "\n    "),
]


@pytest.mark.parametrize("seed", range(12))
def test_random_tokens_raise_nothing_but_pseudocode_errors(seed: int) -> None:
    rng = Random(seed)
    for _ in range(40):
        text = " ".join(rng.choices(WORDS, k=rng.randint(1, 40)))
        wrong_case(text, [{"inputs": {"n": 3, "a": [1, 2]}, "output": 1}])
        padding(text, [{"inputs": {"n": 3, "a": [1, 2]}, "output": 1}])
        characters = "".join(chr(rng.choice((rng.randrange(32, 127), rng.randrange(0x110000)))) for _ in range(20))
        wrong_case(f"return {characters}", [{"inputs": {}, "output": 1}])


def test_outputs_are_compared_as_exact_json() -> None:
    def judged(text: str, output: Any) -> str:
        return wrong_case(text, [{"inputs": {}, "output": output}])

    assert not judged("return 1", 1)
    assert judged("return 1", True)
    assert judged("return true", 1)
    assert judged("return [1, true]", [1, 1])
    assert not judged("return [1, true, null, []]", [1, True, None, []])


def test_the_first_failing_case_is_told_without_what_is_right() -> None:
    cases = [{"inputs": {"n": 1}, "output": 1}, {"inputs": {"n": 2}, "output": 4321}]
    assert wrong_case("return n", cases) == "with n = 2 it returns 2, which is wrong"
    assert wrong_case("return 1 div (n - 2)", [*cases[1:]]) == "line 1: 1 div 0 (with n = 2)"


def test_names_are_those_a_program_makes_up() -> None:
    text = "function go(x, y):\n  far = x\n  return far\nfor i = 1 to n:\n  s, a[i] = go(i, n), len(b)\nreturn s"
    assert names(text) == ("i", "s", "go", "x", "y", "far")


HONEST = """\
function fib(k):
    if k < 2: return k
    if k in memo: return memo[k]
    memo[k] = fib(k - 1) + fib(k - 2)
    return memo[k]
memo = {}
if len(a) = 0: return 0
best, i = 0, 0
while i < len(a):
    j, s = i, 0
    while j < len(a):
        s = s + a[j]
        best = max(best, s)
        j = j + 1
    i = i + 1
    if best > 40: break
    best = best mod 17
return best + fib(k)"""
CASES: list[dict[str, Any]] = [
    {"inputs": {"a": a, "k": k}, "output": 0}
    for a, k in (([], 0), ([1], 1), ([3, -1, 4], 2), ([-1, -2], 6), ([2, -5, 30, -1, 17], 5), ([20, 2], 7))
]


def test_honest_lines_are_not_padding() -> None:
    assert padding(HONEST, CASES) == ""


def test_an_early_exit_matters_though_it_costs_more_than_it_saves() -> None:
    text = """\
best = 0
for each x in a:
    if x * x * x - x * x * x + x > 9: break
    best = max(best, min(x, 3))
return best"""
    cases = [{"inputs": {"a": a}, "output": 3} for a in ([1, 2, 3, 10, 1], [3, 1, 1, 1, 10], [], [2])]
    assert padding(text, cases) == ""


@pytest.mark.parametrize(
    ("at", "line"),
    [
        (7, ""),
        (7, "   # a comment"),
        (7, "x = 0"),
        (8, "best = best + 0"),
        (8, "best = best"),
        (17, "best = best * 1"),
        (8, "if best > 99: best = 1"),
        (8, "if true: best = 0"),
        (8, "if best = 0: best = 0"),
        (8, "for q = 1 to 3: z = q"),
        (8, "best = 5\nbest = best - 5"),
        (17, "best = best + 1\nbest = best - 1"),
        (17, "best = best mod 1000"),
        (7, "x = 0\nwhile x < 5: x = x + 1"),
        (14, "        continue"),
        (10, "    s = 0"),
        (18, "return 0"),
        (5, "function g(x): return x"),
        (3, "    if false: return 1"),
        (17, "a = a"),
        (17, "best = best + 1\nbest = best + 1\nbest = best - 2"),
        (17, "best = best + 1\nbest = best + 1\nbest = best + 1\nbest = best - 3"),
        (17, "best = best + 1\nx = best\nbest = x + 1\nx = 3\nbest = best - 2"),
        (17, "best += 1\nbest += 1\nbest += 1\nbest += 1\nbest += 1\nbest -= 5"),
    ],
)
def test_padding_is_found(at: int, line: str) -> None:
    lines = HONEST.split("\n")
    padded = "\n".join([*lines[:at], line, *lines[at:]])
    assert padding(padded, CASES)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("x = n\nreturn x * x", "line 1"),
        ("s = n * n\nb = s\nc = b\nreturn c", "line 2"),
        ("x, y = n, n\nreturn x * y", "line 1"),
        ("function f(k):\n  j = k\n  return j * j\nreturn f(n)", "line 2"),
        ("s = 0\nfor i = 1 to n:\n  j = i\n  s = s + 2 * j - 1\nreturn s", "line 3"),
        ("function f(k): return m * k\nm = n\nreturn f(n)", "line 2"),
    ],
)
def test_copies_are_padding(text: str, line: str) -> None:
    cases = [{"inputs": {"n": n}, "output": n * n} for n in range(5)]
    assert wrong_case(text, cases) == ""
    assert f"{line} only copies" in padding(text, cases)


@pytest.mark.parametrize(
    "text",
    [
        "x, s = n, 0\nwhile x > 0:\n  s = s + 2 * x - 1\n  x = x - 1\nreturn s",
        "x = n\ns = 0\nwhile x > 0:\n  s = s + 2 * x - 1\n  x = x - 1\nreturn s",
        "x, s = n, 0\nwhile x > 0:\n  old = x\n  x = x - 1\n  s = s + old + x\nreturn s",
        "a, b = n, 2 * n\nt = a\na = b\nb = t\nreturn (a - b) * b",
        "function f(n):\n  n = n + 1\n  return n * m - m\nm = n\nreturn f(n)",
    ],
)
def test_values_kept_while_their_name_gets_another_are_no_copies(text: str) -> None:
    cases = [{"inputs": {"n": n}, "output": n * n} for n in range(5)]
    assert wrong_case(text, cases) == ""
    assert padding(text, cases) == ""


def test_a_loop_around_everything_is_padding() -> None:
    inner = "s = 0\nfor i = 1 to n: s = s + i\nreturn s"
    cases = [{"inputs": {"n": n}, "output": n * (n + 1) // 2} for n in range(4)]
    assert padding(inner, cases) == ""
    for opening in ("for z = 1 to 1:", "while true:", "if n >= 0:", "for each z in [1]:"):
        wrapped = "\n".join([opening, *(f"  {line}" for line in inner.split("\n"))])
        assert wrong_case(wrapped, cases) == ""
        assert "line 1" in padding(wrapped, cases)


def test_the_page_says_what_is_so() -> None:
    programs = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    assert returned(programs[0], {"n": 5}) == 243
    cases = [{"inputs": {"n": n}, "output": pow(3, n, 1000)} for n in (0, 1, 2, 5, 40)]
    assert wrong_case(programs[0], cases) == ""
    assert padding(programs[0], cases) == ""
    lists = [{"inputs": {"a": a}, "output": max([0, *a])} for a in ([], [2], [1, 5, 3])]
    assert wrong_case(programs[2], lists) == ""
    assert padding(programs[2], lists) == "line 3 changes nothing"
    assert f"{WORK:,} units" in PAGE
    assert f"{WORK:,} operations" in PROGRAM_RULE
    assert PROGRAM_RULE.count("\n") < 25
