"""Code repair: what an episode of the oracle takes on each backend, level by level, and how much of it is grading.

    python benchmarks/code_repair.py [--tasks N] [--only NAME ...]
    python benchmarks/code_repair.py --cheats N      # instead: the whole panel on N tasks of each level

One episode after the other, of eval tasks; a warm pool makes boxes ahead, as in a rollout, and before each submission
there is a pause (not counted) as of a model that thinks, in which it can.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from typing import Any

from common import OUT, machine, say, summarise, text_table, write_json
from episodes import play_oracle, ready_backend, timed

from agentgym.environments.code_repair import checking
from agentgym.environments.code_repair.env import CodeRepairEnv
from agentgym.errors import AgentGymError
from agentgym.message import Message
from agentgym.plugins import open_backend
from agentgym.task import Split, Task

BACKENDS = ("bubblewrap", "docker")
LEVELS = range(1, 7)
# A cheat that sleeps need not do so for long.
PANEL_SECONDS_A_JOB = 4.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tasks", type=int, default=20, help="tasks of each level (default 20)")
    parser.add_argument("--only", nargs="+", choices=BACKENDS, default=BACKENDS, help="these backends")
    parser.add_argument("--cheats", type=int, metavar="N", help="play every cheat on N tasks of each level instead")
    options = parser.parse_args()
    if options.cheats:
        return panel(options.only, {level: tasks_of(level, options.cheats) for level in LEVELS})
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
    found = {}
    with ready_backend(name) as backend:
        env: Any = timed(CodeRepairEnv)(sandbox=backend)
        play_oracle(env, chosen[1][0])
        for level, tasks in chosen.items():
            say(f"{name}, level {level}")
            env.graded.clear()
            episodes = [play_oracle(env, task) for task in tasks]
            found[level] = {"episode": summarise(episodes), "grading": summarise(env.graded)}
        env.close()
    return found


def panel(backends: Sequence[str], chosen: dict[int, list[Task]]) -> int:
    """Play every cheat on some tasks of each level, and print how many episodes scored."""
    checking.SECONDS_A_JOB = PANEL_SECONDS_A_JOB
    counts: dict[str, dict[int, list[int]]] = {}
    for name in backends:
        backend = open_backend(name)
        env = CodeRepairEnv(sandbox=backend)
        counts[name] = {level: [0, 0] for level in LEVELS}
        for cheat, script in CodeRepairEnv.cheats.items():
            say(f"{name}: {cheat}")
            for level, tasks in chosen.items():
                for task in tasks:
                    counts[name][level][0] += 1
                    counts[name][level][1] += scored(env, script(task), task)
        env.close()
        backend.close()
    rows = [["level", *(f"{name}, {part}" for name in counts for part in ("episodes", "scored"))]]
    rows += [[str(level), *(str(count) for found in counts.values() for count in found[level])] for level in LEVELS]
    print(text_table(rows))
    return int(any(count[1] for found in counts.values() for count in found.values()))


def scored(env: CodeRepairEnv, script: Iterable[Message], task: Task) -> bool:
    """Play a script and tell whether it got anything."""
    env.reset(options={"task": task})
    for message in script:
        *_, terminated, _, info = env.step(message)
        if terminated:
            return bool(info["reward"].value > 0)
    raise ValueError(f"a cheat does not submit: {task.id}")


if __name__ == "__main__":
    raise SystemExit(main())
