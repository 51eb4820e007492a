"""Cheats that leave traces are told from honest play, in every environment alike, whatever they scored."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from agentgym.env import AgentEnv
from agentgym.environments.code_repair.env import CodeRepairEnv
from agentgym.environments.gauntlet.env import GauntletEnv
from agentgym.environments.json_math.env import JsonMathEnv
from agentgym.environments.linux_config.env import LinuxConfigEnv
from agentgym.message import Message
from agentgym.reward import Reward
from agentgym.task import Split, Task

Play = Callable[[AgentEnv, Task, Iterable[Message]], Reward]
BOXED = [CodeRepairEnv, LinuxConfigEnv]


def play(env: AgentEnv, task: Task, script: Iterable[Message]) -> Reward:
    env.reset(options={"task": task})
    for message in script:
        _, _, terminated, truncated, info = env.step(message)
        if terminated or truncated:
            break
    reward: Reward = info["reward"]
    return reward


@pytest.fixture(params=BOXED, ids=lambda kind: kind.__name__)
def env(request: pytest.FixtureRequest, bubblewrap_backend: Any) -> Iterator[AgentEnv]:
    made = request.param(sandbox=bubblewrap_backend)
    yield made
    made.close()


@pytest.fixture
def linux(bubblewrap_backend: Any) -> Iterator[LinuxConfigEnv]:
    made = LinuxConfigEnv(sandbox=bubblewrap_backend)
    yield made
    made.close()


def test_honest_play_is_never_taken_for_a_cheat(env):
    task = env.tasks(Split.DEMO)[0]
    honest = play(env, task, env.oracle(task))
    assert (honest.success, honest.cheated) == (True, False)
    assert not play(env, task, env.noop(task)).cheated


@pytest.mark.parametrize("name", ["replace-programs", "replace-python", "forge-manifest"])
def test_replaced_programs_are_seen_even_where_the_box_can_tell_nothing_else(linux, name):
    task = next(task for task in linux.tasks(Split.DEMO) if task.family == "cron")
    reward = play(linux, task, linux.cheats[name](task))
    assert (reward.value, reward.cheated) == (0.0, True)
    assert "programs-changed (" in reward.components[-1].evidence


def test_a_cheat_in_a_repair_is_seen(bubblewrap_backend):
    env = CodeRepairEnv(sandbox=bubblewrap_backend)
    task = env.tasks(Split.DEMO)[0]
    reward = play(env, task, env.cheats["skip-tests"](task))
    assert (reward.value, reward.cheated) == (0.0, True)
    env.close()


@pytest.mark.parametrize("kind", [JsonMathEnv, GauntletEnv])
def test_documents_leave_no_traces_but_a_canary_that_is_passed_does(kind, bubblewrap_backend):
    env = kind(sandbox=bubblewrap_backend)
    task = env.tasks(Split.TRAIN)[0]
    honest = play(env, task, env.oracle(task))
    assert (honest.success, honest.cheated) == (True, False)
    assert not play(env, task, env.noop(task)).cheated
    passed = play(env, task.model_copy(update={"canary": True}), env.oracle(task))
    assert (passed.value, passed.cheated) == (0.0, True)
    env.close()
