"""`agentgym tasks`: what is to be known about an environment's tasks."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from agentgym import plugins
from agentgym.cli.output import print_json, print_rows
from agentgym.statistics import TaskStats, Value

SUMMARY = "how many tasks an environment has, of which kinds, and what its gate measured"


def add_actions(tasks: argparse.ArgumentParser) -> None:
    """Add the actions to the parser of `agentgym tasks`."""
    actions = tasks.add_subparsers(required=True, metavar="ACTION")
    add_stats(actions)


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
