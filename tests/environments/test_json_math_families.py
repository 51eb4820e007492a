"""The generators: gold is right, splits are apart, and what is held out stays out."""

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from random import Random

import pytest

from agentgym.environments.json_math.checks import values_at
from agentgym.environments.json_math.env import JsonMathEnv
from agentgym.environments.json_math.families import FAMILIES, HELD_OUT_FAMILIES, LEVELS, sums
from agentgym.environments.json_math.families.runs import HELD_OUT_RULES
from agentgym.environments.json_math.families.sums import Sum
from agentgym.environments.json_math.problem import Problem
from agentgym.environments.json_math.tasks import plan_of
from agentgym.task import Split, Task

DEMO = list(JsonMathEnv.tasks(Split.DEMO))
EVAL = list(JsonMathEnv.tasks(Split.EVAL))
SOLVABLE = [task for task in EVAL if not task.canary]
TRAIN = JsonMathEnv.tasks(Split.TRAIN)
SUMS = [*sums.EASY, *sums.HARD, *sums.HELD_OUT]


def problems(family: str, level: int, *, count: int = 20, held_out: bool = False) -> list[Problem]:
    return [FAMILIES[family](Random(seed), level, held_out=held_out) for seed in range(count)]


def gold(problem: Problem) -> dict[str, object]:
    return {part.key: part.gold for part in problem.parts}


def numbers(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", text)]


def test_sizes_and_easiest_first() -> None:
    assert len(DEMO) == 8
    assert len(SOLVABLE) == 6 * LEVELS * len(FAMILIES)
    assert len(TRAIN) == 10**6
    assert [task.family for task in DEMO].count("arithmetic") == 4
    assert all('"required":["answer"]' in task.prompt for task in DEMO if task.family == "arithmetic")
    assert [task.level for task in DEMO] == sorted(task.level for task in DEMO)


def test_all_demo_and_eval_tasks_are_different() -> None:
    hashes = [task.content_hash for task in [*DEMO, *EVAL]]
    assert len(set(hashes)) == len(hashes)


def test_train_shares_no_task_with_demo_and_eval() -> None:
    sample = {TRAIN[index].content_hash for index in TRAIN.choose(400, seed=1)}
    assert not sample & {task.content_hash for task in [*DEMO, *EVAL]}


def test_every_family_and_level_is_evaluated_alike() -> None:
    cells = Counter((task.family, task.level) for task in SOLVABLE)
    assert len(cells) == len(FAMILIES) * LEVELS
    assert set(cells.values()) == {6}


def test_training_never_sees_what_is_held_out() -> None:
    plans = [plan_of(Split.TRAIN, index) for index in TRAIN.choose(2_000, seed=2)]
    assert not any(plan.held_out or plan.family in HELD_OUT_FAMILIES for plan in plans)
    held_out = [task for task in EVAL if task.secret["held_out"]]
    assert len(held_out) > len(EVAL) / 2


@pytest.mark.parametrize(
    ("family", "is_held_out"),
    [
        ("arithmetic", lambda problem: numbers(problem.statement)[0] >= 1_000),
        ("counting", lambda problem: numbers(re.sub(r".*(mod |/)", "", problem.statement, count=1))[0] >= 29),
        ("recurrences", lambda problem: numbers(problem.statement.partition("\na(n) = ")[2])[0] >= 5),
        ("congruences", lambda problem: numbers(problem.statement.partition("(mod ")[2])[0] >= 41),
        ("runs", lambda problem: any(rule in problem.statement for rule in HELD_OUT_RULES)),
    ],
)
def test_held_out_ranges_are_apart(family: str, is_held_out: Callable[[Problem], bool]) -> None:
    assert all(is_held_out(problem) for problem in problems(family, 1, held_out=True))
    assert not any(is_held_out(problem) for problem in problems(family, 1))


@pytest.mark.parametrize("family", FAMILIES)
def test_levels_ask_for_more_and_more(family: str) -> None:
    counts = [len(problems(family, level, count=1)[0].parts) for level in range(1, LEVELS + 1)]
    assert counts == sorted(counts)
    assert counts[0] == 1
    assert 4 <= counts[-1] <= 6


def test_the_same_index_gives_the_same_bytes_in_another_process() -> None:
    code = (
        "import hashlib; from agentgym.task import Split;"
        "from agentgym.environments.json_math.env import JsonMathEnv as E;"
        "tasks = [*E.tasks(Split.EVAL)[::9], *E.tasks(Split.TRAIN)[123_456:123_486]];"
        "print(hashlib.sha256(b''.join(task.to_bytes() for task in tasks)).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1
    assert len(digests.pop()) == 65


@pytest.mark.parametrize("task", [*DEMO, *EVAL[:35]], ids=lambda task: task.id)
def test_the_prompt_shows_the_schema_and_not_the_gold(task: Task) -> None:
    assert '"additionalProperties":false' in task.prompt
    assert "gold" not in task.prompt
    assert not task.files
    assert not task.setup


@pytest.mark.parametrize("make", SUMS, ids=lambda make: make.__name__)
def test_closed_forms_equal_the_sums(make: Callable[[Random], Sum]) -> None:
    for seed in range(5):
        total = make(Random(seed))
        points = list(range(25))
        assert values_at(total.closed, points) == [total(n) for n in points]


def test_counts_follow_from_their_cycle() -> None:
    for problem in [*problems("counting", 5), *problems("counting", 5, held_out=True)]:
        parts = gold(problem)
        last = numbers(problem.statement)[-1]
        marked = [k for k in range(1, last + 1) if (k - 1) % parts["period"] + 1 in parts["residues"]]  # type: ignore
        assert parts["count"] == len(marked)
        assert parts["count"] == parts["full_periods"] * parts["hits_per_period"] + parts["tail_hits"]  # type: ignore


def test_marks_are_as_the_condition_says() -> None:
    for problem in problems("counting", 4):
        condition = problem.statement.partition("when ")[2].partition(". Consider")[0]
        last = numbers(problem.statement)[-1]
        values = numbers(condition)
        if condition.startswith("floor"):
            a, plus, m, _, minus, _, _ = values
            marked = [(a * k + plus) // m - (a * k - minus) // m == 1 for k in range(1, last + 1)]
        else:
            a, shift, m, width = values
            marked = [(a * k + shift) % m < width for k in range(1, last + 1)]
        assert gold(problem)["count"] == sum(marked)


def test_late_residues_are_those_of_the_terms_themselves() -> None:
    for problem in problems("recurrences", 4):
        first, second, lead, sign, tail = _recurrence(problem.statement)
        late, modulus = numbers(problem.parts[1].ask)[:2]
        terms = [first, second]
        while len(terms) <= late:
            terms.append(lead * terms[-1] + sign * tail * terms[-2])
        parts = gold(problem)
        period = parts["period"]
        assert isinstance(period, int)
        assert parts["late_residue"] == terms[late] % modulus
        residues = [term % modulus for term in terms]
        assert all(x == y for x, y in zip(residues, residues[period:], strict=False))


def _recurrence(statement: str) -> tuple[int, int, int, int, int]:
    match = re.search(r"a\(0\) = (\d+) and a\(1\) = (\d+), .*\na\(n\) = (\d+) a\(n-1\) ([+-]) (\d+)", statement)
    assert match is not None
    return int(match[1]), int(match[2]), int(match[3]), 1 if match[4] == "+" else -1, int(match[5])


def test_solutions_of_congruences_solve_them() -> None:
    for problem in problems("congruences", 5):
        parts = gold(problem)
        bound = numbers(problem.parts[2].ask)[-1]
        lines = re.findall(r"(\d*)x ≡ (\d+) \(mod (\d+)\)", problem.statement)
        step = max(int(modulus) for *_, modulus in lines)
        assert isinstance(parts["x"], int)
        assert isinstance(parts["modulus"], int)
        solutions = list(range(parts["x"], bound + 1, parts["modulus"]))
        assert all((int(a or 1) * x - int(r)) % int(m) == 0 for x in solutions[:3] for a, r, m in lines)
        assert not any(
            all((int(a or 1) * x - int(r)) % int(m) == 0 for a, r, m in lines)
            for x in range(parts["x"] % step, parts["x"], step)
        )
        assert (parts["solutions"], parts["largest"], parts["total"]) == (len(solutions), solutions[-1], sum(solutions))


def test_markov_answers_satisfy_the_equations_of_the_chain() -> None:
    for problem in problems("markov", 2):
        rows = [re.findall(r"to (\w+) with probability ([\d/]+)", line) for line in problem.statement.splitlines()[1:]]
        shares = [{name: Fraction(share) for name, share in row} for row in rows]
        assert all(sum(row.values()) == 1 for row in shares)
        # Follow the token long enough that hardly anything of it is still moving.
        place, win, moves = {"A": Fraction(1)}, 0.0, 0.0
        place_f = {name: float(share) for name, share in place.items()}
        for _ in range(400):
            moves += sum(place_f.values())
            following: dict[str, float] = {}
            for name, weight in place_f.items():
                for to, share in shares["AB".index(name)].items():
                    following[to] = following.get(to, 0.0) + weight * float(share)
            win += following.pop("WIN", 0.0)
            following.pop("LOSS", None)
            place_f = following
        parts = gold(problem)
        assert float(Fraction(str(parts["win"]))) == pytest.approx(win)
        assert float(Fraction(str(parts["moves"]))) == pytest.approx(moves)


def test_a_pattern_puzzle_shows_enough_to_find_its_rule() -> None:
    for problem in problems("runs", 3):
        shown = re.findall(r"(\d+) -> (\d+|\(empty\))", problem.statement)
        assert len(shown) == 3
        assert str(gold(problem)["rule"]) in problem.statement
        assert gold(problem)["result"]
