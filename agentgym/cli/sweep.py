"""`agentgym sweep FILE`: the same tasks under a grid of models, precisions and ways to sample."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import rich.table
from rich.text import Text

from agentgym.cli.output import console, print_json, print_rows
from agentgym.command_line import COULD_NOT, DONE, printed, tell, tell_interrupt
from agentgym.errors import UsageError, did_you_mean
from agentgym.rollout.folder import CONFIG, explained, new_folder, write_json
from agentgym.rollout.progress import Progress
from agentgym.rollout.run import Events
from agentgym.serving import cpu_install, installation
from agentgym.serving.installation import Installation
from agentgym.sweep.config import SweepConfig, load
from agentgym.sweep.grid import AXES, SERVER_AXES, Cell, told
from agentgym.sweep.numbers import SweepNumbers, sweep_numbers
from agentgym.sweep.page import write_page
from agentgym.sweep.plan import Plan, plan
from agentgym.sweep.play import CELLS, play
from agentgym.sweep.tables import Table, grouped, left_out, sentences, tables

SUMMARY = "play the same tasks under a grid of models, precisions and ways to sample, and compare"
EPILOG = """\
exit status: 0 every cell was played, 1 some could not be (--resume goes on), 2 bad usage, or cells that cannot be
served (--skip-refused plays the others), 130 interrupted, 143 ended by SIGTERM

examples:
  agentgym sweep sweep.toml --plan                     what would be served and played, and what cannot be
  agentgym sweep sweep.toml --out runs/precision       play it; sweep.html, sweep.json and a run folder for each cell
  agentgym sweep sweep.toml --out runs/precision --resume
"""
NUMBERS, PAGE = "sweep.json", "sweep.html"
BUILDS = ("gpu", "cpu")


def add_options(command: argparse.ArgumentParser) -> None:
    """Add the options to the parser of `agentgym sweep`."""
    command.epilog, command.formatter_class = EPILOG, argparse.RawDescriptionHelpFormatter
    add = command.add_argument
    add("file", metavar="FILE", type=Path, help="TOML: [play] as of a rollout, [grid], [[serve]], [[prices]]")
    add("--out", metavar="DIR", type=Path, help="the sweep's folder; default: a new one below runs/")
    add("--resume", action="store_true", help="go on with the sweep in --out")
    add("--plan", action="store_true", help="print cells, servers, episodes and refusals, and start nothing")
    add("--for", dest="build", metavar="BUILD", help="with --plan: gpu or cpu, for vLLM's build on another machine")
    add("--skip-refused", action="store_true", help="play the cells that can be served, and tell what was left out")
    add("--set", metavar="KEY=VALUE", action="append", default=[], help="one setting, as play.tasks=50")
    add("--python", metavar="PATH", type=Path, help=f"the Python that has vLLM (or {installation.VARIABLE})")
    add("--quiet", action="store_true", help="no progress")
    add("--json", action="store_true", help="print JSON")
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Plan or play; return the exit status."""
    _check(arguments)
    config = load(arguments.file, arguments.set)
    planned = plan(config, _vllm(arguments, config))
    if arguments.plan:
        if arguments.json:
            print_json(planned.to_json())
        else:
            _print_plan(planned)
        return DONE
    if planned.refused and not arguments.skip_refused:
        raise UsageError(*_refusal(planned))
    if not planned.playable:
        raise UsageError("no cell can be played:", *_refusal(planned)[1:])
    folder: Path = arguments.out or new_folder(f"sweep-{arguments.file.stem}")
    return _play(planned, folder, arguments)


def _check(arguments: argparse.Namespace) -> None:
    faults = []
    if arguments.resume and arguments.out is None:
        faults.append("--resume: name the sweep's folder with --out")
    elif arguments.resume and not (arguments.out / CONFIG).exists():
        faults.append(f"--resume: there is no sweep in {arguments.out}{_nearest(arguments.out)} Without it, one begins")
    if arguments.plan:
        idle = {"--out": arguments.out, "--resume": arguments.resume, "--skip-refused": arguments.skip_refused}
        faults += [f"{name}: --plan plays and writes nothing: leave one of them out" for name in idle if idle[name]]
    if arguments.build is not None and arguments.python is not None:
        faults.append(f"--for {arguments.build}: it is about another machine; leave away --python, or it")
    if arguments.build is not None and arguments.build not in BUILDS:
        faults.append(f"--for {arguments.build}: it is one of {', '.join(BUILDS)}")
    if arguments.build is not None and not arguments.plan:
        faults.append(f"--for {arguments.build}: it goes with --plan; what runs here is what is installed here")
    if faults:
        raise UsageError(*faults)


def _nearest(folder: Path) -> str:
    beside = [path.parent for path in folder.parent.glob(f"*/{CONFIG}") if (path.parent / CELLS).is_dir()]
    return did_you_mean(folder.name, [path.name for path in beside])


def _vllm(arguments: argparse.Namespace, config: SweepConfig) -> Installation | None:
    """Return the vLLM that serves the models: that of another machine, or the one that is found here."""
    if not config.grid.model:
        if given := [name for name, value in (("--python", arguments.python), ("--for", arguments.build)) if value]:
            raise UsageError(*(f"{name}: it is about vLLM, and the grid has no model: leave it out" for name in given))
        return None
    if arguments.build is not None:
        return installation.elsewhere(cpu_install.VERSION, cpu=arguments.build == "cpu")
    try:
        return installation.find(arguments.python)
    except installation.NoneFound:
        if not arguments.plan:
            raise
        tell(f"no vLLM was found here: this is for vLLM {cpu_install.VERSION} with a GPU (--for cpu: without)")
        return installation.elsewhere(cpu_install.VERSION, cpu=False)


def _play(planned: Plan, folder: Path, arguments: argparse.Namespace) -> int:
    """Play what is missing, and tell and keep what came of the whole."""
    try:
        with _watch(quiet=arguments.quiet) as watch:
            broken = play(planned, folder, resume=arguments.resume, watch=watch, say=tell)
    except KeyboardInterrupt as interrupt:
        return tell_interrupt(interrupt, _kept(folder))
    numbers = sweep_numbers(planned, folder, broken)
    with explained(folder):
        write_json(folder / NUMBERS, numbers.model_dump(mode="json"))
    try:
        write_page(numbers, folder / PAGE)
    except UsageError as error:
        tell(str(error))
    if not printed(lambda: _print(numbers, folder, as_json=arguments.json), folder):
        return COULD_NOT
    return COULD_NOT if broken else DONE


@contextmanager
def _watch(*, quiet: bool) -> Iterator[Callable[[Cell], Events]]:
    if quiet:
        yield lambda cell: Events()
        return
    with Progress() as progress:
        yield lambda cell: progress.events


def _kept(folder: Path) -> str:
    if not (folder / CONFIG).exists():
        return " before anything was played"
    return f"; what was played is in {folder}: the same command with --resume --out {folder} goes on"


def _print_plan(planned: Plan) -> None:
    varied = [axis for axis in AXES if len({cell.values[axis] for cell in planned.cells}) > 1] or ["model"]
    rows = [
        (str(number), *(_told(cell, axis) for axis in varied), "refused" if cell.name in planned.refused else "")
        for number, cell in enumerate(planned.cells, 1)
    ]
    print_rows("cells", rows, headings=("", *(axis.replace("_", " ") for axis in varied), ""))
    print()
    print(f"servers, one after another: {', '.join(server.name for server in planned.servers) or 'none'}")
    cells, each = len(planned.playable), sum(planned.episodes.values())
    print(f"{cells} of {len(planned.cells)} cells × {each:,} episodes = {cells * each:,} episodes")
    if planned.refused:
        print()
        _print_reasons("refused", _refused(planned))


def _told(cell: Cell, axis: str) -> str:
    applies = cell.server is not None or axis not in SERVER_AXES
    return told(axis, cell.values[axis]) if applies else "–"


def _refused(planned: Plan) -> list[tuple[str, str]]:
    return grouped([(name, reason) for name, reasons in planned.refused.items() for reason in reasons])


def _refusal(planned: Plan) -> list[str]:
    count = f"{len(planned.refused)} of {len(planned.cells)} cells"
    return [
        f"{count} cannot be played; --skip-refused plays the others, --plan shows all:",
        *(f"  {cells}: {reason}" for cells, reason in _refused(planned)),
    ]


def _print(numbers: SweepNumbers, folder: Path, *, as_json: bool) -> None:
    if as_json:
        print_json(numbers.model_dump(mode="json"))
        return
    for table in tables(numbers):
        _print_table(table)
    for line in (*sentences(numbers), *numbers.warnings):
        print(f"{line[0].upper()}{line[1:]}")
    _print_reasons("missing", left_out(numbers))
    print(f"sweep: {folder}" + (f", page: {folder / PAGE}" if (folder / PAGE).exists() else ""))


def _print_reasons(title: str, reasons: Sequence[tuple[str, str]]) -> None:
    """Print what cells share a reason, and the reason below them: names are long, and a terminal may be narrow."""
    if reasons:
        print(title)
    for cells_alike, reason in reasons:
        print(f"  {cells_alike}")
        print(textwrap.fill(reason, console().width, initial_indent=" " * 4, subsequent_indent=" " * 4))


def _print_table(table: Table) -> None:
    """Print numbers whole; what names a row is wrapped where there is no room."""
    drawn = rich.table.Table(box=None, pad_edge=False, header_style="dim", title=table.title, title_justify="left")
    drawn.title_style = "bold"
    for number, heading in enumerate(table.headings):
        if number == 0:
            drawn.add_column(heading, overflow="fold")
        else:
            drawn.add_column(heading, justify="right", no_wrap=True)
    for row in table.rows:
        drawn.add_row(*map(Text, row))
    target = console()
    with target.capture() as shown:
        target.print(drawn)
    print("\n".join(line.rstrip() for line in shown.get().splitlines()), end="\n\n")
