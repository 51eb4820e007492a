"""The gauntlet as it is played: gold scores, and nobody else does."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from agentgym.environments.gauntlet.env import GauntletEnv
from agentgym.message import Message, call
from agentgym.reward import Reward
from agentgym.task import Split, Task
from agentgym.trajectory import StopReason

DEMO, EVAL = list(GauntletEnv.tasks(Split.DEMO)), list(GauntletEnv.tasks(Split.EVAL))
WITHOUT_A_BOX = [task for task in [*DEMO[:3], *EVAL]]


@pytest.fixture
def env() -> Iterator[GauntletEnv]:
    env = GauntletEnv(scratchpad=False)
    yield env
    env.close()


def play(env: GauntletEnv, task: Task, script: Iterable[Message]) -> Reward:
    env.reset(options={"task": task})
    for message in script:
        *_, terminated, truncated, info = env.step(message)
        if terminated or truncated:
            reward = info["reward"]
            assert isinstance(reward, Reward)
            return reward
    return env.conclude(StopReason.MAX_TURNS)


def failed(reward: Reward) -> set[str]:
    return {component.name for component in reward.components if not component.value}


def answered(task: Task, **changes: Any) -> list[Message]:
    return [call("submit", answer=json.dumps(dict(task.secret["gold"]) | changes))]  # type: ignore[arg-type]


@pytest.mark.parametrize("task", WITHOUT_A_BOX, ids=lambda task: task.id)
def test_gold_scores_and_doing_nothing_does_not(env: GauntletEnv, task: Task) -> None:
    reward = play(env, task, env.oracle(task))
    assert reward.value == 1.0, failed(reward)
    assert play(env, task, env.noop(task)).value == 0.0
    assert play(env, task, []).value == 0.0


@pytest.mark.parametrize("name", sorted(GauntletEnv.cheats))
def test_a_cheat_scores_nothing(env: GauntletEnv, name: str) -> None:
    for task in WITHOUT_A_BOX:
        assert play(env, task, env.cheats[name](task)).value == 0.0


def test_components_tell_the_parts_apart(env: GauntletEnv) -> None:
    reward = play(env, EVAL[-1], answered(EVAL[-1], a_base="2", b_count=839, e_result="CCC"))
    assert failed(reward) == {"reason:a_base", "value:b_count", "relation:b_count", "value:e_result"}


def test_an_example_is_of_the_same_parts_and_scores(env: GauntletEnv) -> None:
    for task in [DEMO[0], EVAL[1], EVAL[-1]]:
        for example, messages in env.examples(task, 2):
            assert (example.family, example.split) == (task.family, Split.TRAIN)
            assert play(env, example, messages).value == 1.0
