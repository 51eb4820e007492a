"""What code-repair serves: frozen mutants, disjoint splits, the same bytes everywhere."""

import gc
import hashlib
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import pytest

from agentgym.environments.code_repair.env import CodeRepairEnv
from agentgym.environments.code_repair.tasks.bases import BASES, find_base
from agentgym.environments.code_repair.tasks.generate import plans
from agentgym.environments.code_repair.tasks.mutant import called_modules, load_mutants
from agentgym.environments.code_repair.tasks.operators import OPERATORS
from agentgym.environments.code_repair.tasks.repair import faults_of, repairs
from agentgym.environments.code_repair.tasks.syntax import syntax_tree
from agentgym.task import Split, Task

SPLITS = tuple(Split)


@cache
def tasks(split: Split) -> list[Task]:
    return list(CodeRepairEnv.tasks(split))


def test_some_programs_and_operators_are_for_evaluation_only() -> None:
    held_out = {base.name for base in BASES if base.held_out} | {op.name for op in OPERATORS if op.held_out}
    assert len(held_out) >= 8
    for split in (Split.TRAIN, Split.DEMO):
        served = {name for plan in plans(split) for name in (plan.mutant.base, *plan.mutant.operators)}
        assert served.isdisjoint(held_out)
    assert held_out <= {name for plan in plans(Split.EVAL) for name in (plan.mutant.base, *plan.mutant.operators)}


def test_sizes() -> None:
    sizes = {split: len(CodeRepairEnv.tasks(split)) for split in SPLITS}
    assert sizes[Split.DEMO] == 8
    assert sizes[Split.EVAL] >= 500
    assert sizes[Split.TRAIN] >= 2_000


@pytest.mark.parametrize("split", [Split.TRAIN, Split.EVAL])
def test_every_level_is_served_from_the_first_tasks_on(split: Split) -> None:
    counts = Counter(plan.level for plan in plans(split))
    assert set(counts) == {1, 2, 3, 4, 5, 6}
    assert min(counts.values()) >= 15
    first = Counter(plan.level for plan in plans(split)[: len(plans(split)) // 5])
    for level, count in counts.items():
        assert abs(first[level] - count / 5) <= 2


def test_no_task_and_no_fault_is_in_two_splits_or_twice_in_one() -> None:
    hashes = [task.content_hash for split in SPLITS for task in tasks(split)]
    assert len(hashes) == len(set(hashes))
    faults = [{(plan.mutant.base, fault) for plan in plans(split) for fault in plan.mutant.faults} for split in SPLITS]
    assert sum(map(len, faults)) == len(set.union(*faults))
    served = [(plan.mutant, plan.level) for split in SPLITS for plan in plans(split)]
    assert len(served) == len(set(served))


def test_demo_begins_with_the_easiest() -> None:
    demo = tasks(Split.DEMO)
    assert {task.level for task in demo} == {1}
    assert len({task.family for task in demo}) >= 4
    for task in demo:
        ((_, old, new),) = repairs(task)
        assert "\n" not in old + new
        assert f"{old}\n" in task.prompt


def test_a_task_does_not_give_its_secret_away() -> None:
    for task in [*tasks(Split.DEMO), *tasks(Split.EVAL)[:300]]:
        for fault in faults_of(task):
            for sound in fault.before:
                assert sound not in task.prompt.splitlines() or sound in "".join(task.files.values())
            # A comment may quote what a line "was", but never the sound form of a faulty one.
            if fault.is_one_line:
                assert f"# was: {fault.before[0].strip()}" not in task.files[fault.file]
            assert fault.operator not in task.prompt


@pytest.mark.parametrize("split", SPLITS)
def test_the_oracles_replacements_make_every_task_sound(split: Split) -> None:
    for task in tasks(split):
        files = dict(task.files)
        for file, old, new in repairs(task):
            assert files[file].count(old) == 1
            files[file] = files[file].replace(old, new)
        for file, sound in find_base(task.family).sources.items():
            text = files[file] if task.level != 5 else without_added_comments(files[file], sound)
            assert text == sound


def without_added_comments(text: str, sound: str) -> str:
    """Return a text without the comments on lines of their own that the sound one has not."""
    own = {line for line in sound.splitlines() if line.strip().startswith("#")}
    kept = [line for line in text.splitlines() if not line.strip().startswith("# ") or line in own]
    return "".join(f"{line}\n" for line in kept)


def some(level: int) -> list[Task]:
    return [task for task in tasks(Split.EVAL) if task.level == level and not task.canary][:100]


def test_the_second_level_names_no_test_and_no_function() -> None:
    assert all("def test_" not in task.prompt and "The fault is in" not in task.prompt for task in some(2))


def test_the_third_and_sixth_levels_have_two_faults() -> None:
    assert {len(faults_of(task)) for task in [*some(3), *some(6)]} == {2}
    assert {len(faults_of(task)) for level in (1, 2, 4, 5) for task in some(level)} == {1}


def test_what_fails_at_the_fourth_level_calls_another_module() -> None:
    for plan in plans(Split.EVAL):
        if plan.level == 4:
            for name in plan.mutant.failing:
                assert plan.mutant.faults[0].file not in called_modules(plan.mutant.program, name)


def test_the_fifth_level_shows_no_failing_test_but_a_call_that_goes_wrong() -> None:
    served = [plan for plan in plans(Split.EVAL) if plan.level == 5]
    for plan, task in zip(served, some(5), strict=False):
        tests = "".join(text for path, text in task.files.items() if path.startswith("test_"))
        assert not any(f"def {name}(" in tests for name in plan.mutant.failing)
        assert plan.mutant.symptom.call in task.prompt
        assert "```" not in task.prompt
        faulty, text = ("".join(files.values()) for files in (plan.mutant.sources(), task.files))
        added = Counter(text.splitlines()) - Counter(faulty.splitlines())
        assert sum(line.strip().startswith("# ") for line in added) >= 2


def test_every_mutant_fits_the_program_it_was_made_from() -> None:
    for mutant in load_mutants():
        assert mutant.sources() != mutant.program.sources
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
            assert other.secret["operators"] == task.secret["operators"]
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
