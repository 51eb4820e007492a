"""Linux configuration: what an episode of the oracle takes on each backend, family by family, and how much is grading.

    python benchmarks/linux_config.py [--tasks N] [--only NAME ...]
    python benchmarks/linux_config.py --gate [--panel N] [--only NAME ...]    # instead: all of eval through the gate

One episode after the other, of eval tasks; a warm pool makes boxes ahead, as in a rollout, and before each submission
there is a pause (not counted) as of a model that thinks, in which it can. The gate plays the solution three times,
doing nothing, and the family's own cheats on each eval task, and the panel of all families on some of each family.
"""

from __future__ import annotations

import argparse
import threading
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from common import OUT, machine, say, summarise, text_table, write_json
from episodes import play_oracle, ready_backend, timed

from agentgym.checks.tasks import TaskReport, check_task
from agentgym.environments.linux_config.env import FAMILIES, LinuxConfigEnv
from agentgym.errors import AgentGymError
from agentgym.sandbox import SandboxBackend
from agentgym.task import Split, Task

BACKENDS = ("bubblewrap", "docker")
GATES_AT_ONCE = 3


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tasks", type=positive, default=10, help="tasks of each family (default 10)")
    parser.add_argument("--only", nargs="+", choices=BACKENDS, default=BACKENDS, help="these backends")
    parser.add_argument("--gate", action="store_true", help="put every eval task through the gate instead")
    parser.add_argument("--panel", type=int, default=1, help="tasks of each family for the whole panel (default 1)")
    options = parser.parse_args()
    return gate(options.only, options.panel) if options.gate else measure(options.only, options.tasks)


def positive(text: str) -> int:
    """Return a number of one or more."""
    if (number := int(text)) < 1:
        raise ValueError
    return number


def measure(backends: Sequence[str], tasks: int) -> int:
    """Time the oracle's episodes and print them by family."""
    chosen = {family: tasks_of(family)[:tasks] for family in FAMILIES}
    found: dict[str, Any] = {}
    for name in backends:
        try:
            found[name] = measured(name, chosen)
        except AgentGymError as error:
            say(f"{name} is left out: {error}")
    rows = [["family", *(f"{name}, {part}" for name in found for part in ("episode ms", "grading ms"))]]
    for family in (*FAMILIES, "all"):
        parts = [f"{found[name][family][part]['p50']:.0f}" for name in found for part in ("episode", "grading")]
        rows.append([family, *parts])
    print(text_table(rows))
    write_json(OUT / "linux_config.json", {"machine": machine(backends), "tasks": tasks, "backends": found})
    return 0 if found else 1


def tasks_of(family: str) -> list[Task]:
    """Return a family's eval tasks that can be solved."""
    return [task for task in LinuxConfigEnv.tasks(Split.EVAL) if task.family == family and not task.canary]


def measured(name: str, chosen: dict[str, list[Task]]) -> dict[str, dict[str, Any]]:
    """Return the times of episodes and verdicts on one backend, by family and in all."""
    found: dict[str, dict[str, Any]] = {}
    episodes: list[float] = []
    graded: list[float] = []
    with ready_backend(name) as backend:
        env: Any = timed(LinuxConfigEnv)(sandbox=backend)
        play_oracle(env, next(iter(chosen.values()))[0])
        for family, tasks in chosen.items():
            say(f"{name}, {family}")
            env.graded.clear()
            took = [play_oracle(env, task) for task in tasks]
            found[family] = {"episode": summarise(took), "grading": summarise(env.graded)}
            episodes += took
            graded += env.graded
        env.close()
    return found | {"all": {"episode": summarise(episodes), "grading": summarise(graded)}}


def gate(backends: Sequence[str], panel: int) -> int:
    """Put the eval split through the gate, print what came of it by family, and name each fault."""
    faults: list[str] = []
    for name in backends:
        with ready_backend(name, boxes=2 * GATES_AT_ONCE) as backend:
            reports = all_reports(backend, panel)
        rows = [["family", "tasks", "fit", "solution 1", "nothing 0", "cheats", "scored"]]
        rows += [summary_row(family, its) for family, its in sorted(reports.items())]
        every = [report for its in reports.values() for report in its]
        rows.append(summary_row("all", every))
        print(f"{name}\n{text_table(rows)}\n", flush=True)
        faults += [f"{name}: {report.task_id}: {fault}" for report in every for fault in report.faults]
    print("\n".join(faults) or "no fault")
    return int(bool(faults))


def all_reports(backend: SandboxBackend, panel: int) -> dict[str, list[TaskReport]]:
    """Return what came of the gate for each eval task, by family."""
    own = threading.local()
    whole = {task.id for family in FAMILIES for task in tasks_of(family)[:panel]}

    def check(task: Task) -> tuple[str, TaskReport]:
        if not hasattr(own, "env"):
            own.env = LinuxConfigEnv(sandbox=backend)
        every = LinuxConfigEnv.cheats_for(task) if task.id in whole else LinuxConfigEnv.family_cheats(task)
        report = check_task(own.env, task, lambda line: None, cheats=every)
        say(f"{task.id} {task.family}/{task.setup['kind']}: {'fit' if report.fit else report.faults}")
        return task.family, report

    reports: dict[str, list[TaskReport]] = defaultdict(list)
    with ThreadPoolExecutor(GATES_AT_ONCE) as pool:
        solvable = [task for task in LinuxConfigEnv.tasks(Split.EVAL) if not task.canary]
        for family, report in pool.map(check, solvable):
            reports[family].append(report)
    return reports


def summary_row(family: str, reports: Sequence[TaskReport]) -> list[str]:
    """Return how many of a family's tasks are fit, and how many episodes of which script scored what."""
    gold = [score for report in reports for score in report.gold]
    cheats = [score for report in reports for score in report.cheats.values()]
    return [
        family,
        str(len(reports)),
        str(sum(report.fit for report in reports)),
        f"{gold.count(1)}/{len(gold)}",
        f"{[report.noop for report in reports].count(0)}/{len(reports)}",
        str(len(cheats)),
        str(sum(score != 0 for score in cheats)),
    ]


if __name__ == "__main__":
    raise SystemExit(main())
