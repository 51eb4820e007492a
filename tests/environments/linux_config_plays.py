"""Draw a ticket of a kind, and work on it by shell commands."""

import os
import random
from collections.abc import Sequence
from datetime import date

from agentgym.environments.linux_config.env import FAMILIES, LinuxConfigEnv
from agentgym.message import call
from agentgym.reward import Reward
from agentgym.sandbox import SandboxBackend
from agentgym.task import Split, Task

# Samples change from day to day; `AGENTGYM_DAY=739941` plays those of that day (`date.toordinal`).
DAY = int(os.environ.get("AGENTGYM_DAY", date.today().toordinal()))


def draw(family: str, name: str, seed: int = 1) -> Task:
    """Return a task of a kind."""
    kind = next(kind for kind in FAMILIES[family].kinds if kind.name == name)
    draft = kind.draw(random.Random(seed))
    return Task(
        id="linux-config/train/000001",
        split=Split.TRAIN,
        index=1,
        family=family,
        level=kind.level,
        prompt=draft.prompt,
        setup={"kind": kind.name, "state": draft.state.as_json(), "roots": list(draft.roots)},
        secret={"gold": list(draft.gold), "plan": dict(draft.plan)},
    )


def solve(backend: SandboxBackend, task: Task, *commands: str) -> Reward:
    """Run commands in the task's box, submit, and return the reward."""
    env = LinuxConfigEnv(sandbox=backend)
    try:
        env.reset(options={"task": task})
        for command in commands:
            env.step(call("bash", command=command))
        reward: Reward = env.step(call("submit"))[-1]["reward"]
        return reward
    finally:
        env.close()


def gold(task: Task) -> list[str]:
    """Return the commands that do the work."""
    commands = task.secret["gold"]
    assert isinstance(commands, list)
    return [str(command) for command in commands]


def faults(reward: Reward) -> Sequence[str]:
    """Return what failed, and why."""
    return [f"{component.name}: {component.evidence}" for component in reward.components if component.value < 1]


def names(task: Task, key: str) -> list[str]:
    """Return the names of the task's `users` or `groups`, in the order in which they were made."""
    state = task.setup["state"]
    assert isinstance(state, dict)
    return [str(entry["name"]) for entry in state[key]]  # type: ignore[union-attr,index,call-overload]
