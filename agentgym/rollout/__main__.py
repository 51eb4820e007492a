"""`python -m agentgym.rollout`: play tasks, print what came of it, keep everything in a run folder."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic_core import to_jsonable_python
from rich.console import Console

from agentgym.command_line import (
    COULD_NOT,
    DONE,
    Parser,
    log_as_asked,
    printed,
    sigterm_interrupts,
    tell,
    tell_faults,
    tell_interrupt,
)
from agentgym.errors import AgentGymError, UsageError
from agentgym.report.table import print_table
from agentgym.rollout.config import RolloutConfig, identity_of, load
from agentgym.rollout.folder import CONFIG, latest_folder, new_folder
from agentgym.rollout.progress import Progress
from agentgym.rollout.run import Events, RunResult, rollout

EPILOG = """\
exit status: 0 played, 1 could not play (infrastructure; --resume goes on), 2 bad usage, 130 interrupted,
143 ended by SIGTERM

examples:
  python -m agentgym.rollout                                    the demo split, with the embedded model
  python -m agentgym.rollout code-repair --split eval --tasks 50 --group-size 4 \\
      --policy openai:Qwen/Qwen3.5-4B --base-url http://127.0.0.1:8000/v1
  python -m agentgym.rollout --policy oracle --out runs/oracle  the same tasks, by one who knows the answers
"""


def parser() -> Parser:
    """Return the command's parser. Values stay text: the configuration validates them, all at once."""
    command = Parser(
        prog="python -m agentgym.rollout",
        description="Play tasks in sandboxes with a policy; print a table, keep trajectories.",
        epilog=EPILOG,
    )
    add = command.add_argument
    add("environments", nargs="*", metavar="ENV", help="code-repair, linux-config, json-math, …; default: all")
    add("--split", help="demo (default), train or eval")
    add("--tasks", metavar="N", help="tasks of each environment; default: all of demo, 20 of the others")
    add("--tasks-from", metavar="PATH", help="play tasks of your own: a .jsonl file, or a folder of task folders")
    add("--group-size", metavar="K", help="episodes of each task (default 1)")
    add("--policy", metavar="SPEC", help="smollm2 (default), vllm:MODEL, openai:MODEL, oracle, noop, cheater:NAME, …")
    add("--base-url", metavar="URL", help="the server for openai:MODEL or vllm:MODEL")
    add("--sandbox", metavar="NAME", help="auto (default), docker or bubblewrap")
    add("--concurrency", metavar="N", help="episodes at once (default 8)")
    add("--seed", metavar="S", help="chooses train tasks and seeds sampling (default 0)")
    add("--out", metavar="DIR", help="the run folder; default: a new one below runs/")
    add("--resume", action="store_true", help="go on with the run in --out, or with the latest run like this one")
    add("--config", metavar="FILE", help="a TOML file of settings; flags win over it")
    add(
        "--set",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="one setting, as sandbox.memory_mib=2048 or options.json-math.scratchpad=false",
    )
    add("--json", action="store_true", help="print the summary as JSON instead of the table")
    add("--quiet", action="store_true", help="no progress")
    return command


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    folder = None
    try:
        log_as_asked()
        arguments, config = _configuration(sys.argv[1:] if argv is None else argv)
        folder = _folder(arguments, config)
        if arguments.resume and not (folder / CONFIG).exists():
            tell(f"there is no run to go on with in {folder}: it is begun")
        with sigterm_interrupts():
            result = _played(config, folder, arguments)
    except UsageError as error:
        return tell_faults(error)
    except AgentGymError as error:
        tell(str(error))
        return COULD_NOT
    except KeyboardInterrupt as interrupt:
        return tell_interrupt(interrupt, _what_is_kept(folder))
    if not printed(lambda: _print(result, as_json=arguments.json), folder):
        return COULD_NOT
    return DONE if result.lost == 0 and result.stopped is None else COULD_NOT


def _played(config: RolloutConfig, folder: Path, arguments: argparse.Namespace) -> RunResult:
    if arguments.quiet:
        return rollout(config, folder, resume=arguments.resume, events=Events())
    with Progress() as progress:
        return rollout(config, folder, resume=arguments.resume, events=progress.events)


def _configuration(argv: Sequence[str]) -> tuple[argparse.Namespace, RolloutConfig]:
    """Return the parsed command line and the configuration.

    Raises:
        UsageError: lists all faults of both.
    """
    arguments, faults = parser().read(argv, "environments")
    flags = {
        "environments": arguments.environments or None,
        "split": arguments.split,
        "tasks": arguments.tasks,
        "tasks_from": arguments.tasks_from,
        "group_size": arguments.group_size,
        "policy.spec": arguments.policy,
        "policy.base_url": arguments.base_url,
        "sandbox.backend": arguments.sandbox,
        "concurrency": arguments.concurrency,
        "seed": arguments.seed,
    }
    config = None
    try:
        config = load(Path(arguments.config) if arguments.config else None, arguments.set, flags)
    except UsageError as error:
        faults += error.faults
    if faults or config is None:
        raise UsageError(*faults)
    return arguments, config


def _folder(arguments: argparse.Namespace, config: RolloutConfig) -> Path:
    """Return the run folder: the one asked for, the latest alike one when resuming, or a new one."""
    if arguments.out:
        return Path(arguments.out)
    if arguments.resume and (latest := latest_folder(lambda before: _is_alike(before, config))):
        return latest
    return new_folder(f"{config.policy.spec}-{config.split}")


def _is_alike(record: Any, config: RolloutConfig) -> bool:
    return isinstance(record, dict) and identity_of(record) == config.identity()


def _what_is_kept(folder: Path | None) -> str:
    if folder is None or not (folder / CONFIG).exists():
        return " before anything was played"
    return f"; the finished episodes are in {folder}: the same command with --resume --out {folder} goes on"


def _print(result: RunResult, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(result.to_json(), indent=2, ensure_ascii=False))
    else:
        console = Console(highlight=False, markup=False, emoji=False, width=None if sys.stdout.isatty() else 100)
        print_table(console, result.summaries, result.reference)
        if result.options:
            console.print(f"options: {', '.join(_options(result))}", soft_wrap=True)
        console.print(f"sandbox: {result.sandbox}\nrun folder: {result.folder}", soft_wrap=True)
    if result.stopped:
        tell(f"{result.stopped}\nAdd --resume to play what is missing.")
    elif result.lost:
        tell(
            f"{result.lost} episodes were lost to infrastructure and have no reward. The last one: "
            f"{result.last_loss}\nAll are in losses.jsonl in {result.folder}. Add --resume to play them again."
        )


def _options(result: RunResult) -> Iterator[str]:
    for name, chosen in result.options.items():
        for key, value in chosen.items():
            yield f"{name}.{key}={json.dumps(to_jsonable_python(value), ensure_ascii=False)}"


if __name__ == "__main__":
    sys.exit(main())
