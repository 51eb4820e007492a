"""`agentgym decontaminate`: whether what is served is also in an evaluation set of the user's."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from agentgym import plugins
from agentgym.cli.output import print_json, print_rows
from agentgym.command_line import tell
from agentgym.decontamination import LEAST_SHINGLES, THRESHOLD, Comparison, Match, Place, nearest
from agentgym.decontamination.reading import DATA_SUFFIXES, find_files, read_folder
from agentgym.errors import UsageError

SUMMARY = "find programs that are served and are nearly the same as one of your evaluation set"
LEAST_THRESHOLD = 0.1
MOST_MATCHES = 50
MOST_REASONS = 10
PROGRESS_EVERY_S = 5.0

Item = TypeVar("Item")


def add_options(command: argparse.ArgumentParser) -> None:
    """Add the options to the parser of `agentgym decontaminate`."""
    command.epilog = "exit status: 0 nothing is nearly the same, 1 something is (or could not), 2 bad usage"
    command.add_argument("--against", metavar="FOLDER", required=True, type=Path, help="Python and JSON files, or one")
    command.add_argument("--env", help="only this environment (default: all that have programs)")
    command.add_argument(
        "--threshold", type=float, default=THRESHOLD, help=f"similarity that is too much (default: {THRESHOLD})"
    )
    command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Compare and print; 1 if something is nearly the same, else 0."""
    if not LEAST_THRESHOLD <= arguments.threshold <= 1:
        raise UsageError(f"--threshold: a number from {LEAST_THRESHOLD} to 1, not {arguments.threshold}")
    against: Path = arguments.against
    files = _files(against)
    folder = against if against.is_dir() else against.parent
    programs = _programs(arguments.env)
    comparison = nearest(programs, read_folder(folder, _with_progress(files)), arguments.threshold)
    if not comparison.theirs.programs:
        reasons = [f"  {unreadable.name}: {unreadable.reason}" for unreadable in comparison.unreadable[:MOST_REASONS]]
        raise UsageError(f"--against: no Python that can be read in the {len(files):,} files of {against}", *reasons)
    if arguments.json:
        print_json(_as_json(comparison, arguments.threshold))
    else:
        _print(comparison, arguments.threshold)
    return 1 if comparison.matches else 0


def _files(against: Path) -> list[Path]:
    if against.is_file():
        return [against]
    if not against.is_dir():
        raise UsageError(f"--against: there is no folder {against}")
    files = find_files(against)
    if not files:
        raise UsageError(f"--against: {against} has no Python: no file ends in .py, {', '.join(DATA_SUFFIXES)}")
    return files


def _programs(name: str | None) -> Mapping[str, str]:
    """Return the programs of one environment, or of all, each name with its environment's."""
    found: dict[str, str] = {}
    ids = [plugins.find_environment(name)] if name else list(plugins.environments().values())
    for env_id in ids:
        served: Mapping[str, str] = plugins.environment_class(env_id).programs()
        found |= {f"{plugins.short_name(env_id)}/{path}": text for path, text in served.items()}
    if not found:
        whose = f"{name} has no" if name else "no environment that is installed has"
        raise UsageError(f"{whose} programs to compare: name another with --env, or none")
    return found


def _with_progress(items: Sequence[Item]) -> Iterator[Item]:
    told = time.monotonic()
    for number, item in enumerate(items):
        if time.monotonic() - told >= PROGRESS_EVERY_S:
            told = time.monotonic()
            tell(f"{number:,} of {len(items):,} files compared")
        yield item


def _print(comparison: Comparison, threshold: float) -> None:
    matches, ours, theirs = comparison.matches, comparison.ours, comparison.theirs
    rows = [(f"{match.similarity:.2f}", str(match.ours), str(match.theirs)) for match in matches[:MOST_MATCHES]]
    print_rows("", rows, headings=("alike", "served", "yours"))
    if len(matches) > MOST_MATCHES:
        print(f"  and {len(matches) - MOST_MATCHES:,} more: --json prints all")
    if matches:
        print()
    print_rows(
        "compared",
        [
            ("served", *_counts(ours.programs, ours.functions, ours.tiny)),
            ("yours", *_counts(theirs.programs, theirs.functions, theirs.tiny)),
        ],
        headings=("", "programs", "functions", f"too small (under {LEAST_SHINGLES} shingles)"),
        numbers=True,
    )
    _print_unreadable(comparison)
    number = f"{len(matches):,} pairs of programs are" if len(matches) != 1 else "1 pair of programs is"
    print(f"\n{number} alike by {threshold:g} or more.")


def _print_unreadable(comparison: Comparison) -> None:
    unreadable = comparison.unreadable
    if unreadable:
        print()
    print_rows(f"not read: {len(unreadable):,}", [(one.name, one.reason) for one in unreadable[:MOST_REASONS]])
    if len(unreadable) > MOST_REASONS:
        print(f"  and {len(unreadable) - MOST_REASONS:,} more: --json prints all")


def _counts(*numbers: int) -> list[str]:
    return [f"{number:,}" for number in numbers]


def _as_json(comparison: Comparison, threshold: float) -> dict[str, Any]:
    return {
        "threshold": threshold,
        "matches": [_match_as_json(match) for match in comparison.matches],
        "compared": {"served": comparison.ours._asdict(), "yours": comparison.theirs._asdict()},
        "unreadable": [unreadable._asdict() for unreadable in comparison.unreadable],
    }


def _match_as_json(match: Match) -> dict[str, Any]:
    def place(of: Place) -> dict[str, Any]:
        return of._asdict()

    return {"similarity": round(match.similarity, 4), "served": place(match.ours), "yours": place(match.theirs)}
