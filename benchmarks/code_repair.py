"""Code repair: what an episode of the oracle takes on each backend, level by level, and how much of it is grading.

    python benchmarks/code_repair.py [--tasks N] [--only NAME ...]

One episode after the other, of eval tasks; a warm pool makes boxes ahead, as in a rollout, and before each submission
there is a pause (not counted) as of a model that thinks, in which it can.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

from common import OUT, machine, say, summarise, text_table, write_json

from agentgym.environments.code_repair.env import CodeRepairEnv
from agentgym.errors import AgentGymError
from agentgym.plugins import open_backend
from agentgym.task import Split, Task

BACKENDS = ("bubblewrap", "docker")
LEVELS = range(1, 7)
READY = 4
THINK_S = 0.5


class Timed(CodeRepairEnv):
    """The environment, which keeps the seconds that each verdict took."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.graded: list[float] = []

    def verify(self, *arguments: Any) -> Any:
        began = time.perf_counter()
        try:
            return super().verify(*arguments)
        finally:
            self.graded.append(time.perf_counter() - began)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tasks", type=int, default=20, help="tasks of each level (default 20)")
    parser.add_argument("--only", nargs="+", choices=BACKENDS, default=BACKENDS, help="these backends")
    options = parser.parse_args()
    chosen = {level: tasks_of(level, options.tasks) for level in LEVELS}
    found: dict[str, Any] = {}
    for name in options.only:
        try:
            found[name] = measured(name, chosen)
        except AgentGymError as error:
            say(f"{name} is left out: {error}")
    rows = [["level", *(f"{name}, {part}" for name in found for part in ("episode ms", "grading ms"))]]
    for level in LEVELS:
        parts = [f"{found[name][level][part]['p50']:.0f}" for name in found for part in ("episode", "grading")]
        rows.append([str(level), *parts])
    print(text_table(rows))
    facts = {"machine": machine(options.only), "tasks": options.tasks}
    write_json(OUT / "code_repair.json", {**facts, "backends": found})
    return 0 if found else 1


def tasks_of(level: int, count: int) -> list[Task]:
    """Return the first eval tasks of a level."""
    served = (task for task in CodeRepairEnv.tasks(Split.EVAL) if task.level == level and not task.canary)
    return [task for task, _ in zip(served, range(count), strict=False)]


def measured(name: str, chosen: dict[int, list[Task]]) -> dict[int, dict[str, Any]]:
    """Return the times of episodes and verdicts on one backend, by level."""
    backend = open_backend(name)
    keep_ready: Callable[[int], None] = backend.keep_ready  # type: ignore[attr-defined]
    keep_ready(READY)
    env = Timed(sandbox=backend)
    found = {}
    try:
        play(env, chosen[1][0])
        for level, tasks in chosen.items():
            say(f"{name}, level {level}")
            env.graded.clear()
            episodes = [play(env, task) for task in tasks]
            found[level] = {"episode": summarise(episodes), "grading": summarise(env.graded)}
    finally:
        env.close()
        backend.close()
    return found


def play(env: Timed, task: Task) -> float:
    """Play the oracle's episode and return the seconds it took."""
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


if __name__ == "__main__":
    raise SystemExit(main())
