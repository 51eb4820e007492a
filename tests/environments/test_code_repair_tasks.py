"""What code-repair serves: frozen mutants, disjoint splits, the same bytes everywhere."""

import gc
import hashlib
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from agentgym.environments.code_repair.env import CodeRepairEnv
from agentgym.environments.code_repair.tasks.base import Base
from agentgym.environments.code_repair.tasks.bases import BASES
from agentgym.environments.code_repair.tasks.generate import plans
from agentgym.environments.code_repair.tasks.mutant import load_mutants
from agentgym.environments.code_repair.tasks.operators import OPERATORS
from agentgym.environments.code_repair.tasks.repair import repair
from agentgym.environments.code_repair.tasks.syntax import syntax_tree
from agentgym.task import Split, Task

SPLITS = tuple(Split)


def tasks(split: Split) -> list[Task]:
    return list(CodeRepairEnv.tasks(split))


def test_some_programs_and_operators_are_for_evaluation_only() -> None:
    held_out = {base.name for base in BASES if base.held_out} | {op.name for op in OPERATORS if op.held_out}
    assert len(held_out) >= 8
    for split in (Split.TRAIN, Split.DEMO):
        served = {name for plan in plans(split) for name in (plan.mutant.base, plan.mutant.operator)}
        assert served.isdisjoint(held_out)
    assert held_out <= {name for plan in plans(Split.EVAL) for name in (plan.mutant.base, plan.mutant.operator)}


@pytest.mark.parametrize("base", BASES, ids=lambda base: base.name)
def test_random_calls_are_plain_and_repeatable_and_answered(base: Base) -> None:
    calls = base.random_calls(7, 200)
    assert calls == base.random_calls(7, 200)
    assert len({str(call) for call in calls}) >= 60
    assert sum("returned" in base.answer(call) for call in calls) >= 100


def test_sizes() -> None:
    sizes = {split: len(CodeRepairEnv.tasks(split)) for split in SPLITS}
    assert sizes[Split.DEMO] == 8
    assert sizes[Split.EVAL] >= 100
    assert sizes[Split.TRAIN] >= 500


def test_no_task_and_no_faulty_program_is_in_two_splits_or_twice_in_one() -> None:
    hashes = [task.content_hash for split in SPLITS for task in tasks(split)]
    assert len(hashes) == len(set(hashes))
    programs = [{plan.mutant for plan in plans(split)} for split in SPLITS]
    assert sum(map(len, programs)) == len(set.union(*programs))


def test_demo_begins_with_the_easiest() -> None:
    demo = tasks(Split.DEMO)
    assert {task.level for task in demo} == {1}
    assert len({task.family for task in demo}) >= 4
    for task in demo:
        old, new = repair(task)
        assert "\n" not in old + new
        assert f"{old}\n" in task.prompt


def test_a_task_does_not_give_its_secret_away() -> None:
    for task in [*tasks(Split.DEMO), *tasks(Split.EVAL)[:100]]:
        sound = str(task.secret["before"])
        assert sound not in task.prompt.splitlines() or sound in "".join(task.files.values())
        assert str(task.secret["operator"]) not in task.prompt


@pytest.mark.parametrize("split", SPLITS)
def test_one_replacement_makes_every_task_sound(split: Split) -> None:
    bases = {base.name: base for base in BASES}
    for task in tasks(split):
        file = str(task.secret["file"])
        old, new = repair(task)
        assert task.files[file].count(old) == 1
        assert task.files[file].replace(old, new) == bases[task.family].sources[file]


def test_the_second_level_names_no_test_and_no_function() -> None:
    second = [task for task in tasks(Split.EVAL) if task.level == 2]
    assert len(second) >= 50
    assert all("def test_" not in task.prompt and "The fault is in" not in task.prompt for task in second)


def test_every_mutant_fits_the_program_it_was_made_from() -> None:
    for mutant in load_mutants():
        assert mutant.sources()[mutant.file] != mutant.program.sources[mutant.file]
        assert set(mutant.failing) <= set(mutant.program.test_names)
        assert mutant.differs >= 0.05


def test_another_process_makes_the_same_bytes() -> None:
    program = (
        "import hashlib; from agentgym.task import Split;"
        "from agentgym.environments.code_repair.env import CodeRepairEnv as E;"
        "print(hashlib.sha256(b''.join(t.to_bytes() for s in Split for t in E.tasks(s)[:40])).hexdigest())"
    )
    here = hashlib.sha256(b"".join(task.to_bytes() for split in SPLITS for task in tasks(split)[:40])).hexdigest()
    for seed in ("1", "2"):
        command = [sys.executable, "-c", program]
        there = subprocess.run(command, capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": seed})
        assert there.stdout.strip() == here


def test_examples_are_solved_train_tasks_of_other_programs() -> None:
    env = CodeRepairEnv()
    for task in tasks(Split.DEMO):
        examples = env.examples(task, 3)
        assert len(examples) == 3
        for other, messages in examples:
            assert other.split is Split.TRAIN
            assert other.family != task.family
            assert other.secret["operator"] == task.secret["operator"]
            assert [message.tool_calls[0].name for message in messages] == ["replace_in_file", "submit"]


def test_many_threads_may_ask_for_syntax_trees_at_once() -> None:
    text = "".join(f"def f{number}(a, b):\n    return [(a + {number}) * b, {{a: b}}]\n" for number in range(40))

    def let_others_go_on(phase: str, info: dict[str, int]) -> None:
        time.sleep(0)

    thresholds = gc.get_threshold()
    gc.callbacks.append(let_others_go_on)
    gc.set_threshold(200)
    try:
        with ThreadPoolExecutor(8) as threads:
            trees = list(threads.map(lambda number: syntax_tree(f"{text}# {number}\n"), range(100)))
    finally:
        gc.set_threshold(*thresholds)
        gc.callbacks.remove(let_others_go_on)
    assert {len(tree.body) for tree in trees} == {40}
