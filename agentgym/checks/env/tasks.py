"""Which tasks there are: the same ones always and everywhere, each of one split, and a seed decides."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

from gymnasium.utils.env_checker import check_env as check_gymnasium_env

from agentgym.checks.env.elsewhere import hashes_elsewhere, hashes_of
from agentgym.checks.env.stage import Stage
from agentgym.checks.report import expect
from agentgym.env import AgentEnv
from agentgym.message import Message
from agentgym.task import Split, Task, TaskSet, canonical_json, split_of

COMPARED, COMPARED_ELSEWHERE = 100, 20
MOST_SEEDS = 8


def gymnasium_accepts_it(stage: Stage) -> None:
    """Gymnasium's own checker finds nothing wrong."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message=".*alternative render modes.*")
        check_gymnasium_env(stage.env)


def tasks_come_out_the_same(stage: Stage) -> None:
    """The same split and index give the same task, byte for byte."""
    for split in Split:
        first, second = (stage.env.tasks(split)[:COMPARED] for _ in range(2))
        for one, other in zip(first, second, strict=True):
            expect(one.to_bytes() == other.to_bytes(), f"{one.id} is another task the second time")
            expect(one.split is split, f"{one.id} says that it belongs to {one.split}")


def tasks_are_the_same_in_another_process(stage: Stage) -> None:
    """Processes that hash otherwise, on another day, make the same tasks, byte for byte."""
    here = hashes_of(type(stage.env), COMPARED_ELSEWHERE)
    for there, where in hashes_elsewhere(stage, COMPARED_ELSEWHERE):
        for split, hashes in here.items():
            other = there[split]
            expect(len(other) == len(hashes), f"{split} has {len(other)} tasks with {where}")
            wrong = [index for index, pair in enumerate(zip(hashes, other, strict=True)) if len(set(pair)) > 1]
            expect(not wrong, f"tasks {wrong[:5]} of {split} are others in a process with {where}")


def splits_share_no_task(stage: Stage) -> None:
    """No task belongs to two splits, and demo and eval hold none twice, nor one that differs in its `setup` alone."""
    seen: dict[str, Task] = {}
    for split in Split:
        tasks = _spread(stage.env.tasks(split))
        wrong = [task.index for task in tasks if split_of(task.content_hash) is not split]
        expect(not wrong, f"tasks {wrong[:5]} of {split} belong to another split by their content")
        if split is not Split.TRAIN:
            hashes = {task.content_hash for task in tasks}
            expect(len(hashes) == len(tasks), f"{len(tasks) - len(hashes)} tasks of {split} occur twice")
        for task in tasks:
            if task.secret:  # without one, what is asked for may be in the setup
                other = seen.setdefault(_asked(task), task)
                same_train = other.split is split is Split.TRAIN
                expect(
                    other is task or same_train,
                    f"{task.id} is {other.id} again: the same prompt, files and secret, with another setup",
                )


def _spread(tasks: TaskSet) -> list[Task]:
    """Return up to so many tasks as are compared, from the first to the last."""
    count = min(len(tasks), COMPARED)
    return [tasks[number * (len(tasks) - 1) // max(1, count - 1)] for number in range(count)]


def _asked(task: Task) -> str:
    """Return what a task shows, and what it is judged by."""
    return canonical_json((task.prompt, dict(task.files), dict(task.secret)))


def a_seed_decides_the_task(stage: Stage) -> None:
    """Reset with the same seed begins the same episode, in another environment too, and seeds differ."""
    first = _beginning(stage.env, stage.seed)
    expect(_beginning(stage.env, stage.seed) == first, f"reset(seed={stage.seed}) began another episode the next time")
    with stage.another() as other:
        told = f"reset(seed={stage.seed}) began another episode in a second environment"
        expect(_beginning(other, stage.seed) == first, told)
        if len(other.tasks(other.split)) == 1:
            return
        seeds = range(stage.seed + 1, stage.seed + MOST_SEEDS)
        expect(any(_beginning(other, seed) != first for seed in seeds), f"seeds up to {seeds[-1]} choose one task")


def _beginning(env: AgentEnv, seed: int) -> tuple[Sequence[Message], str]:
    observation, info = env.reset(seed=seed)
    return observation, info["task_id"]
