"""Judging a task of the user's own: by its entry points against gold, and by its tests, each in fresh boxes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from agentgym.environments.code_repair.own.calls import compared
from agentgym.environments.code_repair.own.definition import Definition
from agentgym.environments.code_repair.own.paths import MAX_SOURCE_BYTES
from agentgym.environments.code_repair.own.suite import run_suite
from agentgym.errors import VerifierFault
from agentgym.reward import Component, Reward
from agentgym.sandbox import Sandbox

FreshBox = Callable[[], Sandbox]


class _Verdict(NamedTuple):
    reward: Reward
    out_of_time: bool


def judge(task: Definition, files: Mapping[str, bytes], fresh_box: FreshBox) -> Reward:
    """Return 1 if the files answer as gold does and every test passes, else 0.

    Args:
        task: what was asked.
        files: the declared files that were found in the policy's box, by path.
        fresh_box: opens a pristine box.

    Raises:
        VerifierFault: the gold program does not work, or is too slow here too.
    """
    missing = [path for path in task.declared if path in task.files and path not in files]
    if missing:
        limit = f"missing, no regular file, or over {MAX_SOURCE_BYTES:,} bytes"
        return Reward.zero("files", f"{limit}: {', '.join(missing)}")
    verdict = _judge_once(task, files, fresh_box)
    if verdict.out_of_time:
        # By its own clock a box cannot tell code that sleeps from a host that stalls.
        if _judge_once(task, task.solution, fresh_box).out_of_time:
            raise VerifierFault(f"the gold program of {task.id} ran out of time too: raise its timeout_s")
        verdict = _judge_once(task, files, fresh_box)
    return verdict.reward


def _judge_once(task: Definition, files: Mapping[str, bytes], fresh_box: FreshBox) -> _Verdict:
    components: list[Component] = []
    out_of_time = False
    if task.entry_points:
        behaviour = compared(task, files, fresh_box)
        components.append(behaviour.component)
        out_of_time |= behaviour.out_of_time
    if task.test_ids:
        suite = run_suite(task, files, fresh_box)
        components.append(suite.component)
        out_of_time |= suite.out_of_time
    return _Verdict(Reward.of(components), out_of_time)
