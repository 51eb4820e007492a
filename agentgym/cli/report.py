"""`agentgym report`: what a run came to, in the terminal and as a page."""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
from pathlib import Path

from agentgym.cli.output import console, print_json
from agentgym.cli.run_prices import add_price_options, read_prices
from agentgym.errors import UsageError
from agentgym.pages.episodes import without_tokens
from agentgym.pages.run import run_page
from agentgym.pages.template import LACKING
from agentgym.report.lines import print_report
from agentgym.report.numbers import run_numbers
from agentgym.rollout.folder import explained, write_atomically
from agentgym.rollout.store import TRAJECTORIES
from agentgym.runs.load import load_run

SUMMARY = "say what a run came to, and write a page of it: success, cost, causes of failure, every episode"
REPORT, EPISODES_REPORT = "report.html", "episodes.html"


def add_options(command: argparse.ArgumentParser) -> None:
    """Add the options to the parser of `agentgym report`."""
    command.add_argument("path", metavar="RUN", type=Path, help="folder that a rollout or a trainer has written")
    command.add_argument("--out", metavar="FILE", type=Path, help=f"the page (default: {REPORT} in the run's folder)")
    command.add_argument("--no-page", action="store_true", help="write no page")
    command.add_argument("--json", action="store_true", help="print JSON")
    add_price_options(command)
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Sum up, print, and write the page."""
    if arguments.no_page and arguments.out:
        raise UsageError("--out names a page, and --no-page asks for none: leave one of them out")
    if not arguments.no_page and importlib.util.find_spec("jinja2") is None:
        raise UsageError(f"{LACKING}; or leave the page out with --no-page")
    faults: list[str] = []
    run = load_run(arguments.path)
    prices = read_prices(arguments, [run.name], faults).get(run.name)
    if faults:
        raise UsageError(*faults)
    episodes = [without_tokens(episode) for episode in run.episodes()]
    losses = [without_tokens(loss) for loss in run.losses()]
    numbers = run_numbers(
        episodes, losses, name=run.name, policy=run.policy, planned=run.planned, prices=prices, faults=run.faults
    )
    # The page first: whoever reads what is printed, as `head`, may leave before its end.
    if not arguments.no_page:
        page = arguments.out or run.folder / _page_name(run.folder)
        _write(page, run_page(numbers, episodes, losses))
        print(f"agentgym: page: {page}", file=sys.stderr)
    if arguments.json:
        print_json(json.loads(numbers.model_dump_json()))
    else:
        print_report(console(), numbers)
    return 0


def _page_name(folder: Path) -> str:
    """Return the page's name; beside the page that a trainer has written of its run, another."""
    return REPORT if (folder / TRAJECTORIES).exists() else EPISODES_REPORT


def _write(page: Path, html: str) -> None:
    with explained(page.parent):
        page.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(page, html)
