"""What tests of the families share: answers to problems, and how they are judged."""

from collections.abc import Callable
from fractions import Fraction
from random import Random
from typing import Any

from agentgym.environments.json_math.problem import Problem
from agentgym.environments.json_math.tasks import prompt, secret
from agentgym.environments.json_math.verify import verify
from agentgym.reward import Reward
from agentgym.task import Split, Task, canonical_json


def judge(problem: Problem, answer: dict[str, Any]) -> Reward:
    """Return the verdict on an answer."""
    task = Task(
        id="json-math/train/000000",
        split=Split.TRAIN,
        index=0,
        family="any",
        level=1,
        prompt=prompt(problem),
        secret=secret(problem),
    )
    return verify(task, canonical_json(answer).encode())


def gold(problem: Problem) -> dict[str, Any]:
    """Return a right answer."""
    return {part.key: part.gold for part in problem.parts}


def near_misses(value: Any) -> list[Any]:
    """Return values that differ in one number."""
    if isinstance(value, list):
        return [[*value[:i], wrong, *value[i + 1 :]] for i, item in enumerate(value) for wrong in near_misses(item)]
    return [str(Fraction(value) + 1) if isinstance(value, str) else value + 1]


def check_parts(problem: Problem) -> None:
    """Assert that gold passes, and that no part is right whatever stands in it."""
    right = gold(problem)
    reward = judge(problem, right)
    assert reward.value == 1.0, reward
    for key, value in right.items():
        # Where any solution counts, changing a number may give another one; some change does not.
        changed = [*near_misses(value), *([[*value, 0], value[1:]] if isinstance(value, list) and value else [])]
        assert 0.0 in [judge(problem, right | {key: wrong}).value for wrong in changed], (key, value)


def check_draws(draw: Callable[..., Problem], parts: dict[int, int]) -> None:
    """Assert that prompts hardly repeat, and that levels have the number of parts that they should."""
    for held_out in (False, True):
        for level, count in parts.items():
            drawn = [draw(Random(seed), level, held_out=held_out) for seed in range(60)]
            assert len({prompt(problem) for problem in drawn}) >= 58, level
            assert {len(problem.parts) for problem in drawn} == {count}
            assert all(any(digit in canonical_json(gold(problem)) for digit in "0123456789") for problem in drawn)
