"""`agentgym tasks`: what an environment's tasks are like, and whether tasks of one's own are fit."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from agentgym import plugins
from agentgym.checks.tasks import TaskReport, check_tasks
from agentgym.cli.output import MOST_COLUMNS, opened, print_json, print_rows
from agentgym.command_line import tell
from agentgym.env import AgentEnv
from agentgym.errors import UsageError
from agentgym.statistics import TaskStats, Value

SUMMARY = "what an environment's tasks are like, and whether tasks of your own are fit to be played"
FIT, UNFIT = 0, 1
CHECK_EPILOG = (
    "exit status: 0 all fit, 1 some are not (or no boxes can be had), 2 they cannot be read, 130 interrupted, "
    "143 ended by SIGTERM"
)


def add_actions(tasks: argparse.ArgumentParser) -> None:
    """Add the actions to the parser of `agentgym tasks`."""
    actions = tasks.add_subparsers(required=True, metavar="ACTION")
    add_check(actions)
    add_stats(actions)


def add_check(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `agentgym tasks check`."""
    check = actions.add_parser("check", help="play the solution, nothing, and every cheat on each task")
    check.epilog = CHECK_EPILOG
    check.add_argument("path", type=Path, help="a .jsonl file, a task's folder, or a folder of task folders")
    check.add_argument("--env", metavar="ENV", help="the environment that plays them, if several read their form")
    check.add_argument("--sandbox", default="auto", metavar="NAME", help="auto (default), docker or bubblewrap")
    check.add_argument("--json", action="store_true", help="print JSON")
    check.set_defaults(run=run_check)


def add_stats(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `agentgym tasks stats`."""
    stats = actions.add_parser("stats", help="the splits by level and family, and what the gate measured")
    stats.add_argument("env", metavar="ENV", help="an environment, by short name or id")
    stats.add_argument("--json", action="store_true", help="print JSON")
    stats.set_defaults(run=_stats)


def _stats(arguments: argparse.Namespace) -> int:
    env_id = plugins.find_environment(arguments.env)
    stats: TaskStats = plugins.environment_class(env_id).task_stats()
    if arguments.json:
        print_json({"environment": env_id, **asdict(stats)})
        return 0
    print_rows(env_id, [(name, shown(value)) for name, value in stats.totals.items()])
    for table in stats.tables:
        print()
        print_rows(
            table.title, [[shown(cell) for cell in row] for row in table.rows], headings=table.headings, numbers=True
        )
    for note in stats.notes:
        print(f"\n{note}")
    return 0


def shown(value: Value) -> str:
    """Return a value as people read it: floats are shares."""
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, int) else f"{value:.1%}".replace("%", " %")


def run_check(arguments: argparse.Namespace) -> int:
    """Check the tasks at a path; 0 if all are fit, else 1."""
    cls = reader(arguments.env, arguments.path)
    plugins.check_backend_name(arguments.sandbox)
    tasks = cls.read_tasks(arguments.path)
    with opened(arguments.sandbox) as backend:
        env = cls(sandbox=backend)
        try:
            env.preflight(tasks)
            reports = list(check_tasks(env, tasks, tell))
        finally:
            env.close()
    if arguments.json:
        print_json({"fit": all(r.fit for r in reports), "tasks": [asdict(r) | {"fit": r.fit} for r in reports]})
    else:
        _print(reports)
    return FIT if all(report.fit for report in reports) else UNFIT


def reader(name: str | None, path: Path) -> type[AgentEnv]:
    """Return the environment that reads the tasks at a path: the named one, or the only one that reads their form.

    Raises:
        UsageError: the name is none, or several environments read such tasks, or none does.
    """
    if name is not None:
        named: type[AgentEnv] = plugins.environment_class(plugins.find_environment(name))
        return named
    known: dict[str, type[AgentEnv]] = {}
    for short, versioned in plugins.environments().items():
        try:
            cls: type[AgentEnv] = plugins.environment_class(versioned)
        except UsageError:
            continue
        if cls.may_read(path):
            known[short] = cls
    if len(known) != 1:
        raise UsageError(f"--env: name the environment that plays these tasks: {', '.join(known) or 'none reads any'}")
    return next(iter(known.values()))


def _print(reports: Sequence[TaskReport]) -> None:
    headings = ("task", "gold", "nothing", "cheats", "as served")
    rows = [(r.task_id, _scores(r.gold), _scores([r.noop]), _cheats(r), r.served) for r in reports]
    print_rows("", rows, headings=headings)
    faults = [(report.task_id, fault) for report in reports for fault in report.faults]
    if faults:
        print()
        print_rows("Faults", faults)
    for caution, names in _by_caution(reports).items():
        print()
        print(textwrap.fill(f"Caution: {caution}: {', '.join(names)}", MOST_COLUMNS, break_on_hyphens=False))
    unfit = sum(not report.fit for report in reports)
    print(f"\n{len(reports) - unfit} of {len(reports)} tasks are fit." + (" Mend the faults above." if unfit else ""))


def _by_caution(reports: Sequence[TaskReport]) -> dict[str, list[str]]:
    cautions: dict[str, list[str]] = {}
    for report in reports:
        for caution in report.cautions:
            cautions.setdefault(caution, []).append(report.task_id)
    return cautions


def _scores(scores: Sequence[float | None]) -> str:
    return " ".join("?" if score is None else f"{score:g}" for score in scores)


def _cheats(report: TaskReport) -> str:
    if not report.cheats:
        return "not played"
    held = sum(score is not None and score < 1 for score in report.cheats.values())
    return f"{held} of {len(report.cheats)} fail"
