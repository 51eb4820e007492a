"""The family pseudocode: its algorithms, that each can be programmed in several ways, and what broken programs earn."""

import json
import re
from collections.abc import Mapping
from random import Random
from typing import Any

import pytest

from agentgym.environments.json_math import constraints
from agentgym.environments.json_math.families.algorithms import Algorithm, Pick
from agentgym.environments.json_math.families.pseudocode import ALGORITHMS, cases, draw
from agentgym.environments.json_math.families.pseudocode import constraints as constraints_of
from agentgym.environments.json_math.families.short_programs import SHORT_PROGRAMS
from agentgym.environments.json_math.problem import Problem
from agentgym.environments.json_math.pseudocode import names, padding, wrong_case
from agentgym.environments.json_math.pseudocode.judge import returned
from agentgym.environments.json_math.pseudocode.rewriting import broken, rewritten
from agentgym.environments.json_math.tasks import prompt, secret
from agentgym.environments.json_math.verify import verify
from agentgym.reward import Reward
from agentgym.task import Split, Task

SEEDS = range(3)


def algorithm(name: str, seed: int) -> tuple[Algorithm, list[Mapping[str, Any]]]:
    rng = Random(seed)
    made = ALGORITHMS[name](Pick(rng, held_out=seed % 2 == 1))
    return made, list(cases(rng, made))


def judged(problem: Problem, **changes: Any) -> Reward:
    task = Task(
        id="json-math/train/000000",
        split=Split.TRAIN,
        index=0,
        family="pseudocode",
        level=1,
        prompt=prompt(problem),
        secret=secret(problem),
    )
    answer = {part.key: part.gold for part in problem.parts} | changes
    return verify(task, json.dumps(answer).encode())


def test_there_are_enough_algorithms() -> None:
    assert len(ALGORITHMS) >= 12
    assert len(SHORT_PROGRAMS) >= 5


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ALGORITHMS)
def test_two_programs_of_as_many_lines_keep_every_rule(name: str, seed: int) -> None:
    made, hidden = algorithm(name, seed)
    assert 10 <= len(hidden) <= 20
    assert len(set(made.programs)) >= 2
    for text in made.programs:
        assert wrong_case(text, hidden) == ""
        assert padding(text, hidden) == ""
        assert [constraints.fault(rule, text) for rule in constraints_of(made, 5)] == [""] * 3


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ALGORITHMS)
def test_answers_differ_between_cases(name: str, seed: int) -> None:
    _, hidden = algorithm(name, seed)
    outputs = [case["output"] for case in hidden]
    assert len(set(outputs)) >= 3
    assert sum(output in (0, 1) for output in outputs) <= len(outputs) * 2 / 3


@pytest.mark.parametrize("name", ALGORITHMS)
def test_rewritten_programs_are_right_and_broken_ones_are_not(name: str) -> None:
    for seed in SEEDS:
        made, hidden = algorithm(name, seed)
        inputs = hidden[0]["inputs"]
        for text in made.programs:
            rng = Random(seed)
            other = rewritten(text, rng, keep=list(inputs))
            assert other != text
            assert wrong_case(other, hidden) == "", other
            assert padding(other, hidden) == "", other
            for _ in range(3):
                assert wrong_case(broken(text, rng, hidden), hidden)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_lines_added_to_a_program_are_padding(name: str) -> None:
    made, hidden = algorithm(name, 0)
    lines = made.programs[0].split("\n")
    for added in ("extra = 0", "if 1 = 2: extra = 1", "for extra = 1 to 3: other = extra"):
        padded = "\n".join([*lines[:-1], added, lines[-1]])
        assert wrong_case(padded, hidden) == ""
        assert padding(padded, hidden)


@pytest.mark.parametrize("level", range(1, 6))
@pytest.mark.parametrize("held_out", [False, True])
def test_gold_passes_and_near_misses_fail(level: int, held_out: bool) -> None:
    for seed in range(4):
        problem = draw(Random(seed), level, held_out=held_out)
        assert judged(problem).value == 1.0, judged(problem)
        for part in problem.parts:
            if isinstance(part.gold, int):
                assert judged(problem, **{part.key: part.gold + 1}).value == 0.0
        if level > 1:
            gold = str(problem.parts[0].gold)
            hidden: Any = problem.parts[0].check["cases"]
            assert judged(problem, program=broken(gold, Random(seed), hidden)).value == 0.0
            assert judged(problem, program=gold + "\nx = 1").value == 0.0
            assert judged(problem, program="return 0").value == 0.0


def test_results_are_what_both_programs_return() -> None:
    for name in ALGORITHMS:
        for seed in SEEDS:
            rng = Random(seed)
            made = ALGORITHMS[name](Pick(rng, held_out=False))
            inputs: Any = made.draw(rng, 5)
            for scalar in (inputs[made.scalar], made.low, made.high):
                values = {**inputs, made.scalar: scalar}
                for text in made.programs:
                    assert returned(text, values) == made.solve(**values), (name, values)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_gold_is_right_on_all_that_the_task_allows(name: str) -> None:
    for seed in SEEDS:
        rng = Random(seed)
        made = ALGORITHMS[name](Pick(rng, held_out=seed % 2 == 1))
        low, high = made.limits
        assert re.search(rf"integer {made.scalar} from {low}\s+to {high}\b", made.task), made.task
        for _ in range(12):
            inputs: Any = made.anywhere(rng)
            for values in (inputs, {**inputs, made.scalar: low}, {**inputs, made.scalar: high}):
                assert low <= values[made.scalar] <= high
                for text in made.programs:
                    assert returned(text, values) == made.solve(**values), (name, values)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_inputs_are_never_outside_of_what_the_task_allows(name: str) -> None:
    for seed in SEEDS:
        rng = Random(seed)
        made = ALGORITHMS[name](Pick(rng, held_out=False))
        low, high = made.limits
        assert low <= made.low <= made.high <= high
        for size in (1, 2, 3, 5) * 10:
            inputs: Any = made.draw(rng, size)
            assert low <= inputs[made.scalar] <= high
            bound = re.search(r"at most (\d+) (?:integers|pairs)", made.task)
            assert bound is None or len(inputs["a"]) <= int(bound[1])


@pytest.mark.parametrize("name", ALGORITHMS)
def test_programs_that_stop_short_of_the_stated_bounds_are_refused(name: str) -> None:
    for seed in range(3):
        made, hidden = algorithm(name, seed)
        scalars: list[int] = [case["inputs"][made.scalar] for case in hidden]
        assert {min(scalars), max(scalars)} == set(made.limits)
        second = max(set(scalars) - {max(scalars)})
        for cap in (second, max(scalars) - 1, max(scalars) * 9 // 10):
            if agrees(made, cap):
                continue
            for text in made.programs:
                capped = f"{made.scalar} = min({made.scalar}, {cap})\n{text}"
                assert wrong_case(capped, hidden), capped
        if "a" not in hidden[0]["inputs"]:
            continue
        longest = max(len(case["inputs"]["a"]) for case in hidden)
        stated = re.search(r"(?:at most|1 to) (\d+) (?:integers|pairs)", made.task)
        assert stated
        assert longest == int(stated[1])
        cut = made.programs[0].replace("sort(a)", f"a = sort(a[0:{longest - 1}])")
        if name != "queries":  # where it would be the index that fails
            assert wrong_case(f"a = a[0:{longest - 1}]\n{cut}", hidden)


def agrees(made: Algorithm, cap: int) -> bool:
    """Tell whether it makes no difference to take no more than `cap`, as far as many random inputs show."""
    rng = Random(1)
    drawn: list[Any] = [*made.corners, *(made.anywhere(rng) for _ in range(300))]
    return all(
        made.solve(**{**values, made.scalar: min(values[made.scalar], cap)}) == made.solve(**values) for values in drawn
    )


@pytest.mark.parametrize("name", ALGORITHMS)
def test_a_program_with_another_constant_is_refused_unless_it_is_right_everywhere(name: str) -> None:
    for seed in range(2):
        made, hidden = algorithm(name, seed)
        rng = Random(seed)
        more: list[Any] = [{"inputs": v, "output": made.solve(**v)} for v in (made.anywhere(rng) for _ in range(60))]
        for text in made.programs:
            for match in re.finditer(r"(?<!\w)\d+", text):
                for step in (-1, 1):
                    other = text[: match.start()] + str(int(match[0]) + step) + text[match.end() :]
                    assert wrong_case(other, hidden) or not wrong_case(other, more), other


SHORT = [
    ("primes", "[true] * (n + 1)", "[true] * 301", "[true] * 300"),
    ("digit_sums", "1 to n", "1 to min(n, 500)", "1 to min(n, 380)"),
    ("compositions", "[0] * n", "[0] * 200", "[0] * 199"),
    ("recurrence", "1 to n", "1 to min(n, 300)", "1 to min(n, 299)"),
    ("least_solution", "low, high = 0, n", "low, high = 0, 250", "low, high = 0, 60"),
    ("circle", "2 to n", "2 to min(n, 120)", "2 to min(n, 119)"),
    ("covered", "0, -1000", "0, -104", "0, -1"),
    ("apart_choice", "[0] * (len(a) +", "[0] * (25 +", "[0] * (24 +"),
]


@pytest.mark.parametrize(("name", "bound", "enough", "too_little"), SHORT)
def test_bounds_in_programs_must_reach_as_far_as_the_stated_ones(
    name: str, bound: str, enough: str, too_little: str
) -> None:
    for seed in range(3):
        made, hidden = algorithm(name, seed)
        gold = made.programs[0]
        assert bound in gold
        assert wrong_case(gold.replace(bound, enough), hidden) == ""
        assert wrong_case(gold.replace(bound, too_little), hidden), (name, too_little)


def test_every_kind_of_residue_is_among_the_cases() -> None:
    for seed in range(20):
        made, hidden = algorithm("moves", seed)
        found = re.search(r"n mod (\d+)", made.task)
        assert found
        modulus = int(found[1])
        residues = {case["inputs"]["n"] % modulus for case in hidden}
        assert {0, 1, modulus - 1, modulus - 2} <= residues
        assert max(made.solve(place) for place in range(modulus)) in [case["output"] for case in hidden]
        short = made.programs[0].replace(f"[-1] * {modulus}", f"[-1] * {modulus - 1}")
        assert wrong_case(short, hidden)


def test_chains_of_results_are_as_the_prompt_says() -> None:
    for seed in range(30):
        problem = draw(Random(seed), 5, held_out=False)
        values = {part.key: part for part in problem.parts}
        gold = str(values["program"].gold)
        given = values["first"].ask.removeprefix("what it returns for ")
        inputs = {name: json.loads(text) for name, text in re.findall(r"(\w+) = (.*?)(?=, \w+ = |$)", given)}
        assert returned(gold, inputs) == values["first"].gold
        for key in ("second", "third"):
            match = re.search(r"for (\w+) = (\d+) \+ \((\w+) mod (\d+)\)", values[key].ask)
            assert match is not None
            before: Any = values[match[3]].gold
            inputs[match[1]] = int(match[2]) + before % int(match[4])
            assert returned(gold, inputs) == values[key].gold
        numbers: list[Any] = [values[key].gold for key in ("first", "second", "third")]
        assert values["total"].gold == sum(numbers)


def test_short_programs_return_what_they_are_said_to() -> None:
    for seed in range(60):
        problem = draw(Random(seed), 1, held_out=seed % 2 == 1)
        assert returned(problem.statement.partition("\n\n")[2], {}) == problem.parts[0].gold


@pytest.mark.parametrize("level", [1, 2, 5])
def test_there_are_thousands_of_tasks(level: int) -> None:
    count = 200
    statements = {prompt(draw(Random(seed), level, held_out=False)) for seed in range(count)}
    assert len(statements) > count * 0.9


def test_held_out_tasks_are_never_drawn_for_training() -> None:
    train = {draw(Random(seed), 2, held_out=False).statement for seed in range(100)}
    assert not train & {draw(Random(seed), 2, held_out=True).statement for seed in range(100)}


def test_names_of_programs_are_short() -> None:
    for name in ALGORITHMS:
        for text in algorithm(name, 0)[0].programs:
            assert max(map(len, names(text))) < 8
