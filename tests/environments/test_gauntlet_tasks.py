"""The gauntlet's tasks: frozen for evaluation, varied for training, and right."""

import os
import subprocess
import sys
from dataclasses import fields
from fractions import Fraction
from math import comb
from random import Random
from typing import Any

import pytest

from agentgym.environments.gauntlet.env import GauntletEnv
from agentgym.environments.gauntlet.parts import PARTS, alternating_sum, counting, pattern
from agentgym.environments.gauntlet.parts.alternating_sum import AlternatingSum
from agentgym.environments.gauntlet.parts.pseudocode import pseudocode_part
from agentgym.environments.gauntlet.tasks import TASK_SET
from agentgym.environments.json_math.checks import values_at
from agentgym.environments.json_math.language import ExpressionError
from agentgym.environments.json_math.pseudocode import wrong_case
from agentgym.task import Split, Task

DEMO, EVAL = list(GauntletEnv.tasks(Split.DEMO)), list(GauntletEnv.tasks(Split.EVAL))
TRAIN = GauntletEnv.tasks(Split.TRAIN)
WHOLE = EVAL[-1]
FROZEN = {
    "a-sum": "2a5f3c521812195ede49b1fb9e447e19e6bcf7fc7bfa65ad88303f83ee4a49ae",
    "b-count": "1aa51ed1e4368425e9ba9a961c8003a52cf09e1b691cacc5ec205785884d2f91",
    "c-queries": "aca1d0a3d9c215b409d86c4ff0bc8c55e4b82055462dae59fa7ad9e25f1d7d3c",
    "d-paragraph": "f35d74327f8bb4e602b1c1890f142bef3afa3b30b9aca7daca617890e916226f",
    "e-pattern": "f41a38f2ebbea46f9fc385a875e790c5cf57ecb6c4134033b0c7476dbd28834b",
    "all": "07d5f2c3f6b51b69c745e7436528a0efb56b6f67ffea01b3c6bc2b96245b8e59",
}


def gold(task: Task) -> dict[str, Any]:
    return dict(task.secret["gold"])  # type: ignore[arg-type]


def test_the_evaluation_is_each_part_alone_and_all_in_one_document() -> None:
    names = [part.name for part in PARTS.values()]
    assert [task.family for task in EVAL] == [*names, "all"]
    assert {key for task in EVAL[:-1] for key in gold(task)} == set(gold(WHOLE))
    assert {key[0] for key in gold(WHOLE)} == set(PARTS)
    assert all(task.setup["set"] == TASK_SET for task in EVAL)
    assert len(TRAIN) == 10**6
    assert 1 <= len(DEMO) <= 8


def test_the_frozen_tasks_stay_as_they_are() -> None:
    assert {task.family: task.content_hash for task in EVAL} == FROZEN


def test_the_same_index_gives_the_same_bytes_in_another_process() -> None:
    code = (
        "import hashlib; from agentgym.environments.gauntlet.env import GauntletEnv as E;"
        "tasks = [*E.tasks('eval'), *E.tasks('demo'), *E.tasks('train')[123_456:123_462]];"
        "print(hashlib.sha256(b''.join(task.to_bytes() for task in tasks)).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1
    assert len(digests.pop()) == 65


@pytest.mark.parametrize("letter", PARTS)
@pytest.mark.parametrize("small", [False, True])
def test_a_sibling_has_none_of_the_frozen_parameters(letter: str, small: bool) -> None:
    part = PARTS[letter]
    for seed in range(12):
        sibling = part.sibling(Random(seed), small=small)
        assert not {f.name for f in fields(part.v1) if getattr(sibling, f.name) == getattr(part.v1, f.name)}


def test_training_is_of_all_parts_and_shares_nothing_with_the_evaluation() -> None:
    sample = TRAIN[:30]
    assert {task.family for task in sample} == {task.family for task in EVAL}
    assert len({task.content_hash for task in [*sample, *DEMO, *EVAL]}) == len(sample) + len(DEMO) + len(EVAL)
    assert not {task.prompt for task in sample} & {task.prompt for task in EVAL}


def test_the_frozen_answers_are_those_that_are_known() -> None:
    right = gold(WHOLE)
    assert (right["b_count"], right["b_full_periods"], right["b_hits_per_period"], right["b_tail_hits"]) == (
        838,
        69,
        12,
        10,
    )
    assert right["b_count"] == sum((17 * k + 8) // 29 - (17 * k - 4) // 29 == 1 for k in range(1, 2027))
    assert Fraction(right["a_value"]) == sum(Fraction(1, k) for k in range(1, 2028)) / 2027
    assert right["e_result"] == "CCC100Q5554"


def by_terms(total: AlternatingSum, n: int) -> Fraction:
    terms = (Fraction((-1) ** k * comb(n, k) * total.weight, (k + total.shift) ** 2) for k in range(n + 1))
    return sum(terms, Fraction(0))


@pytest.mark.parametrize(
    "total", [alternating_sum.V1, *(PARTS["a"].sibling(Random(seed)) for seed in range(4))], ids=str
)
def test_a_sum_and_its_reasons_are_right(total: AlternatingSum) -> None:
    parts = {part.key: part.gold for part in total.problem(Random(0)).parts}
    sums = [by_terms(total, n) for n in range(40)]
    assert values_at(str(parts["closed_form"]), range(40)) == sums
    steps = [(n + total.shift) * sums[n] - n * sums[n - 1] for n in range(1, 40)]
    assert values_at(str(parts["step"]), range(1, 40)) == steps
    assert Fraction(str(parts["base"])) == sums[0]
    # The integral by its own expansion: -ln(x) x^j integrates to 1/(j+1)^2.
    assert Fraction(str(parts["integral"])) == sums[total.early] / total.weight
    assert len(str(parts["value"])) <= alternating_sum.MAX_FRACTION
    with pytest.raises(ExpressionError):
        values_at("S(n)", [1])


def test_a_count_is_right() -> None:
    for seed in range(5):
        steps = counting.draw(Random(seed), small=False)
        a, m = steps.factor, steps.modulus
        marked = [k for k in range(1, steps.last + 1) if (a * k + steps.plus) // m - (a * k - steps.minus) // m == 1]
        parts = {part.key: part.gold for part in steps.problem(Random(0)).parts}
        assert parts["count"] == len(marked)
        assert parts["residues"] == [k for k in marked if k <= parts["period"]]  # type: ignore[operator]


def test_the_published_examples_fit_two_rules_that_agree() -> None:
    puzzle = pattern.V1
    shown = [pattern.apply(puzzle.rule, text) for text in puzzle.examples]
    assert shown == ["118885", "99755", "ABUU"]
    assert pattern.apply("floor(c/2)", puzzle.examples[0]) == "1188885"
    assert puzzle.fitting() == ["floor(log2(c))", "d(c) - 1"]


@pytest.mark.parametrize("small", [False, True])
def test_a_puzzle_has_one_answer_under_every_rule_that_fits(small: bool) -> None:
    puzzles = [pattern.draw(Random(seed), small=small) for seed in range(60)]
    for puzzle in puzzles:
        assert puzzle.rule in puzzle.fitting()
        assert {pattern.apply(rule, puzzle.query) for rule in puzzle.fitting()} == puzzle.answers()
        assert len(puzzle.answers()) == 1
        assert puzzle.answers() != {""}
        assert puzzle.decoy not in puzzle.fitting()
    assert len({puzzle.rule for puzzle in puzzles}) > 5


@pytest.mark.parametrize("divisor", [1, 2, 6])
def test_pseudocode_is_judged_at_the_bounds_of_its_inputs(divisor: int) -> None:
    part = pseudocode_part(Random(divisor), divisor, 14, 70, 7)
    gold = str(part.gold)
    hidden: Any = part.check["cases"]
    largest = 12 * divisor
    assert f"from 1 to {largest}" in part.ask
    assert wrong_case(gold, hidden) == ""
    for case in hidden:
        a, ops = case["inputs"]["a"], case["inputs"]["ops"]
        assert 1 <= len(a) <= 10
        assert 1 <= len(ops) <= 10
        assert all(1 <= value <= largest for value in [*a, *(x for kind, _, x in ops if kind == 2)])
    for cap in (
        "ops = ops[0:9]",
        "for each op in ops: op[2] = min(op[2], 9)",
        f"for i = 0 to len(a) - 1: a[i] = min(a[i], {largest - 1})",
        f"for each op in ops:\n  if op[0] == 2 and op[2] >= {largest}: op[2] = {largest - 1}",
        "a = a + [1]\na = a[0:9] + [1] * max(0, len(a) - 9)",
    ):
        assert wrong_case(f"{cap}\n{gold}", hidden), cap
