"""Episodes of the oracle, timed: what benchmarks of environments share."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from agentgym.env import AgentEnv
from agentgym.plugins import open_backend
from agentgym.sandbox import SandboxBackend
from agentgym.task import Task

READY = 4
THINK_S = 0.5


def timed(env_class: type[AgentEnv]) -> type[AgentEnv]:
    """Return the environment's class with `graded`, a list of the seconds that each verdict took."""

    class Timed(env_class):  # type: ignore[misc, valid-type]
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            self.graded: list[float] = []

        def verify(self, *arguments: Any) -> Any:
            began = time.perf_counter()
            try:
                return super().verify(*arguments)
            finally:
                self.graded.append(time.perf_counter() - began)

    return Timed


@contextmanager
def ready_backend(name: str, boxes: int = READY) -> Iterator[SandboxBackend]:
    """Open a backend that makes boxes ahead, as a rollout does."""
    backend = open_backend(name)
    keep_ready: Callable[[int], None] = backend.keep_ready
    keep_ready(boxes)
    try:
        yield backend
    finally:
        backend.close()


def play_oracle(env: AgentEnv, task: Task) -> float:
    """Play the oracle's episode and return the seconds it took.

    Before it submits there is a pause, not counted, as of a model that thinks, in which the pool makes boxes.
    """
    began = time.perf_counter()
    env.reset(options={"task": task})
    for message in env.oracle(task):
        if message.tool_calls[0].name == "submit":
            time.sleep(THINK_S)
        *_, info = env.step(message)
    took = time.perf_counter() - began - THINK_S
    if not info["reward"].success:
        raise ValueError(f"the oracle fails {task.id}: {info['reward']}")
    return took
