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
