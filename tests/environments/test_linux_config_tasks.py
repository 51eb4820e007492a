"""The tickets: the same everywhere, different from one another, and silent about their answers."""

import hashlib
import subprocess
import sys
from collections import Counter
from functools import cache
from itertools import islice

import pytest

from agentgym.environments.linux_config.env import DEMO, FAMILIES, LinuxConfigEnv, _train_choices
from agentgym.message import call
from agentgym.task import Split, Task

KINDS = {(family.name, kind.name): kind for family in FAMILIES.values() for kind in family.kinds}

# Demo and eval are frozen: tasks of other bytes are another version of the environment.
FROZEN = {Split.DEMO: "ba695f2e25db7b06", Split.EVAL: "88932748f836ff72"}


@cache
def some(split: Split, count: int | None = None) -> list[Task]:
    tasks = LinuxConfigEnv.tasks(split)
    return list(islice(tasks, count or (100 if split is Split.TRAIN else None)))


def kind(task: Task) -> tuple[str, object]:
    return task.family, task.setup["kind"]


def test_a_task_has_the_same_bytes_in_another_process() -> None:
    tasks = [task for split in Split for task in some(split, 8)]
    here = hashlib.sha256(b"".join(task.to_bytes() for task in tasks)).hexdigest()
    program = (
        "import hashlib; from itertools import islice\n"
        "from agentgym.environments.linux_config.env import LinuxConfigEnv; from agentgym.task import Split\n"
        "tasks = [task for split in Split for task in islice(LinuxConfigEnv.tasks(split), 8)]\n"
        "print(hashlib.sha256(b''.join(task.to_bytes() for task in tasks)).hexdigest())"
    )
    there = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert there.stdout.strip() == here


def test_no_two_tasks_are_the_same_and_no_split_shares_one() -> None:
    hashes = [task.content_hash for split in Split for task in some(split)]
    assert len(set(hashes)) == len(hashes)


def test_tasks_that_look_the_same_are_the_same() -> None:
    task = LinuxConfigEnv.tasks(Split.TRAIN)[3]
    assert task.model_copy(update={"secret": {}}).content_hash == task.content_hash


def test_demo_begins_with_what_one_short_command_does() -> None:
    tasks = some(Split.DEMO)
    assert len(tasks) == len(DEMO) == 8
    assert [task.level for task in tasks] == sorted(task.level for task in tasks)
    short = [task for task in tasks if KINDS[kind(task)].short]  # type: ignore[index]
    assert len(short) >= 4
    for task in short:
        gold = task.secret["gold"]
        assert isinstance(gold, list)
        assert len(gold) == 1
        assert len(str(gold[0])) < 120


def test_eval_has_every_kind_and_train_none_that_is_held_out() -> None:
    held_out = {name for name, its in KINDS.items() if its.held_out}
    assert {family for family, _ in held_out} == set(FAMILIES)
    assert len(some(Split.EVAL)) >= 300
    assert {kind(task) for task in some(Split.EVAL)} == set(KINDS)
    # A first draw that belongs to another split is followed by another one, of kinds chosen alike.
    chosen = {pair for _, pair in _train_choices()}
    assert {(family.name, its.name) for family, its in chosen} == {
        name for name in KINDS if not KINDS[name].canary
    } - held_out
    assert not {kind(task) for task in some(Split.TRAIN)} & held_out
    assert not {kind(task) for task in some(Split.DEMO)} & held_out


def test_each_family_has_each_level() -> None:
    levels = Counter((family, its.level) for (family, _), its in KINDS.items())
    assert set(levels) == {(family, level) for family in FAMILIES for level in (1, 2, 3, 4, 5)}


def test_prompts_and_setup_hold_no_gold() -> None:
    for task in some(Split.EVAL):
        gold = task.secret["gold"]
        assert isinstance(gold, list)
        assert not any(str(command) in task.prompt or str(command) in str(task.setup) for command in gold)


def test_examples_are_of_the_same_kind_and_from_train() -> None:
    env = LinuxConfigEnv()
    for task in some(Split.DEMO):
        examples = env.examples(task, 3)
        assert [other.split for other, _ in examples] == [Split.TRAIN] * 3
        assert {kind(other) for other, _ in examples} == {kind(task)}
        assert all(messages[-1] == call("submit") for _, messages in examples)


def test_a_few_tasks_cannot_be_solved_and_do_not_say_so() -> None:
    apart = [task for task in some(Split.EVAL) if task.canary]
    assert {kind(task) for task in apart} == {name for name, its in KINDS.items() if its.canary}
    assert [task.index for task in apart] == list(range(len(some(Split.EVAL)) - len(apart), len(some(Split.EVAL))))
    assert not any("canary" in task.prompt + str(task.setup) for task in apart)
    assert not any(task.canary for task in some(Split.DEMO))


@pytest.mark.parametrize("split", FROZEN)
def test_demo_and_eval_are_what_they_were(split: Split) -> None:
    assert hashlib.sha256(b"".join(task.to_bytes() for task in some(split))).hexdigest()[:16] == FROZEN[split]
