"""`agentgym new-env`: a folder with a working environment to make one's own."""

from __future__ import annotations

import argparse
from pathlib import Path

from agentgym.cli.output import print_json
from agentgym.command_line import tell
from agentgym.scaffold import write_environment

SUMMARY = "write a folder with a working environment, to make your own of"


def add_options(command: argparse.ArgumentParser) -> None:
    """Add the options to the parser of `agentgym new-env`."""
    command.epilog = "exit status: 0 written, 1 could not, 2 the name or the folder cannot be taken"
    command.add_argument("name", metavar="NAME", help="its short name, as in ledger-totals")
    command.add_argument(
        "--out", metavar="DIR", type=Path, default=Path(), help="the folder to make its folder in (default: here)"
    )
    command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the folder and say what to do next."""
    folder: Path = arguments.out / arguments.name
    try:
        written = write_environment(arguments.name, folder)
    except OSError as error:
        tell(f"{folder} cannot be written: {error}")
        return 1
    if arguments.json:
        print_json({"folder": str(folder), "files": [str(path) for path in written]})
        return 0
    for path in written:
        print(path)
    print(
        f"""
It works as it is. Next:
  python -m agentgym.rollout folder:{folder} --policy oracle
  agentgym audit {folder} --quick    # a few minutes: some attacks wait for time limits
  cd {folder} && pytest
  pip install -e {folder}    # it is then {arguments.name} everywhere
Make it yours: begin with the README.md."""
    )
    return 0
