"""`agentgym compare`: who is better on the same tasks, by how much, at what cost, and how sure that is."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path

from agentgym.cli.output import console, print_json
from agentgym.cli.run_names import Named, open_named
from agentgym.cli.run_page import add_page_options, page_faults, page_of, write_page
from agentgym.cli.run_prices import add_price_options, read_prices
from agentgym.command_line import tell
from agentgym.errors import UsageError
from agentgym.pages.comparison import comparison_page
from agentgym.report.comparison import Comparison, compare
from agentgym.report.comparison_lines import print_comparison
from agentgym.runs.summed import summed

SUMMARY = "compare runs on the same tasks: difference, cost of a success, what each gets wrong, and a verdict"
PAGE = "comparison.html"
PAGE_TAKES = ("jinja2", "matplotlib")
TRIES, MOST_TRIES, LEAST_RUNS = 4, 100, 2


def add_options(command: argparse.ArgumentParser) -> None:
    """Add the options to the parser of `agentgym compare`."""
    command.epilog = "exit status: 0 compared, 1 nothing to compare (no task in common), 2 bad usage"
    command.add_argument(
        "runs", metavar="[NAME=]RUN", nargs="+", help="run folders, the first of them the one to compare with"
    )
    add_price_options(command)
    command.add_argument(
        "--max-tries",
        metavar="R",
        type=int,
        default=TRIES,
        help=f"what a success costs if a task that failed is tried again, R tries at most (default: {TRIES})",
    )
    add_page_options(command, default=PAGE)
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Compare, print, and write the page; 1 if no two runs share a task, else 0."""
    faults = list(_option_faults(arguments))
    named = open_named(arguments.runs, faults)
    prices = read_prices(arguments, [each.name for each in named], faults)
    if faults:
        raise UsageError(*faults)
    read = [
        summed(each.run, name=each.name, prices=prices.get(each.name), most_tries=arguments.max_tries) for each in named
    ]
    comparison = compare(
        [(each.numbers, each.episodes) for each in read],
        conditions={each.name: each.run.conditions for each in named},
    )
    # The page first: whoever reads what is printed, as `head`, may leave before its end.
    if not arguments.no_page:
        _write(arguments.out or Path(PAGE), comparison, named)
    if arguments.json:
        # So an end that is infinite is the text "Infinity": JSON has no number for it.
        print_json(json.loads(comparison.model_dump_json()))
    else:
        print_comparison(console(), comparison)
    return 0 if comparison.pairs else 1


def _option_faults(arguments: argparse.Namespace) -> Sequence[str]:
    faults = []
    if len(arguments.runs) < LEAST_RUNS:
        faults.append("name two runs or more: agentgym report tells of one")
    if not 1 <= arguments.max_tries <= MOST_TRIES:
        faults.append(f"--max-tries: 1 to {MOST_TRIES}, not {arguments.max_tries}")
    return [*faults, *page_faults(arguments, PAGE_TAKES)]


def _write(file: Path, comparison: Comparison, named: Sequence[Named]) -> None:
    reports = {each.name: page_of(each.run) for each in named}
    links = {
        name: Path(os.path.relpath(page, file.resolve().parent)).as_posix()
        for name, page in reports.items()
        if page.is_file()
    }
    html = comparison_page(comparison, reports=links)
    write_page(file, html)
    tell(f"page: {file}")
