"""`agentgym report`: what a run came to, in the terminal and as a page."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from agentgym.cli.output import console, print_json
from agentgym.cli.run_page import REPORT, add_page_options, page_faults, page_of, write_page
from agentgym.cli.run_prices import add_price_options, read_prices
from agentgym.command_line import tell
from agentgym.errors import UsageError
from agentgym.pages.run import run_page
from agentgym.report.lines import print_report
from agentgym.runs.load import load_run
from agentgym.runs.summed import summed

SUMMARY = "say what a run came to, and write a page of it: success, cost, causes of failure, every episode"


def add_options(command: argparse.ArgumentParser) -> None:
    """Add the options to the parser of `agentgym report`."""
    command.add_argument("path", metavar="RUN", type=Path, help="folder that a rollout or a trainer has written")
    add_page_options(command, default=f"{REPORT} in the run's folder")
    add_price_options(command)
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Sum up, print, and write the page."""
    faults = list(page_faults(arguments, ["jinja2"]))
    run = load_run(arguments.path)
    prices = read_prices(arguments, [run.name], faults).get(run.name)
    if faults:
        raise UsageError(*faults)
    numbers, episodes, losses = summed(run, prices=prices)
    # The page first: whoever reads what is printed, as `head`, may leave before its end.
    if not arguments.no_page:
        page = arguments.out or page_of(run)
        write_page(page, run_page(numbers, episodes, losses))
        tell(f"page: {page}")
    if arguments.json:
        print_json(json.loads(numbers.model_dump_json()))
    else:
        print_report(console(), numbers)
    return 0
