"""The command's parser, its errors, and `agentgym list`."""

from __future__ import annotations

import argparse
import ast
import importlib.util
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import agentgym
from agentgym import plugins
from agentgym.cli import (
    audit,
    bridge,
    compare,
    decontaminate,
    export,
    models,
    new_env,
    report,
    sandbox,
    serve,
    sweep,
    tasks,
)
from agentgym.cli.output import opened, print_json, print_rows
from agentgym.command_line import no_option, sigterm_interrupts, tell, tell_faults, tell_interrupt
from agentgym.errors import AgentGymError, UsageError, unknown
from agentgym.rollout import __main__ as rollout_command

DONE, COULD_NOT, BAD_USAGE = 0, 1, 2

DESCRIPTION = "What of AgentGym is installed, its tasks, and the boxes behind it."
EPILOG = "exit status: 0 done, 1 could not (infrastructure), 2 bad usage, 130 interrupted, 143 ended by SIGTERM"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 0 done, 1 could not, 2 bad usage, 130 interrupted, 143 terminated."""
    argv = list(sys.argv[1:] if argv is None else argv)
    if argv[:1] == ["rollout"]:
        return rollout_command.main(argv[1:])
    own, extra = _part(argv) if argv[:1] == ["serve"] else (argv, [])
    arguments = _parsed(own, extra)
    try:
        run: Callable[[argparse.Namespace], int] = arguments.run
        with sigterm_interrupts():
            return run(arguments)
    except UsageError as error:
        return tell_faults(error)
    except AgentGymError as error:
        tell(str(error))
        return COULD_NOT
    except BrokenPipeError:  # whoever read the output, as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except KeyboardInterrupt as interrupt:
        return tell_interrupt(interrupt, "")


def _parsed(own: list[str], extra: list[str]) -> argparse.Namespace:
    """Return the arguments; of `serve`, also those that are not its own, which it tells with all that is wrong."""
    arguments, strays = _parser().parse_known_args(own, argparse.Namespace(extra=extra))
    arguments.strays = strays
    return arguments


class _Parser(argparse.ArgumentParser):
    """A parser that tells all faults at once, and names the nearest choice where there is none of a name."""

    def __init__(self, **options: Any) -> None:
        super().__init__(epilog=EPILOG, allow_abbrev=False, **options)
        self._faults: list[str] = []

    def error(self, message: str) -> NoReturn:
        """Tell a fault, with those found before it, and exit with 2."""
        faults = "\n          ".join([*self._faults, *([message] if message else [])])
        self.exit(BAD_USAGE, f"agentgym: {faults}\n          (see {self.prog} --help)\n")

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse; what is not known ends it, but for `serve`, which tells it with all else that is wrong."""
        arguments, strays = super().parse_known_args(args, namespace)
        if strays and getattr(arguments, "run", None) is not serve.run:
            known = [option for action in self._actions for option in action.option_strings]
            options = [no_option(text, known) for text in strays if text.startswith("-")]
            self._faults += options or [f"more than it takes: {' '.join(strays)}"]
        if self._faults:
            self.error("")
        return arguments, strays

    def _get_value(self, action: argparse.Action, text: str) -> Any:
        try:
            return super()._get_value(action, text)
        except argparse.ArgumentError as error:
            self._faults.append(str(error).removeprefix("argument "))
            return None

    def _check_value(self, action: argparse.Action, value: str) -> None:
        if action.choices is None or value in action.choices:
            return
        if not isinstance(action, argparse._SubParsersAction):
            self.error(unknown(action.dest, value, action.choices))
        if self.prog == "agentgym" and value in sandbox.ACTIONS:
            self.error(f"there is no command named {value!r}: did you mean 'agentgym sandbox {value}'?")
        self.error(unknown("command", value, action.choices))


def _parser() -> argparse.ArgumentParser:
    command = _Parser(prog="agentgym", description=DESCRIPTION)
    command.add_argument("--version", action="version", version=f"agentgym {agentgym.__version__}")
    commands = command.add_subparsers(required=True, metavar="COMMAND")
    commands.add_parser("rollout", help="the same as python -m agentgym.rollout", add_help=False)

    listing = commands.add_parser("list", help="environments, sandbox backends and policies, one line each")
    listing.add_argument("--json", action="store_true", help="print JSON")
    listing.set_defaults(run=_list)

    boxes = commands.add_parser("sandbox", help=sandbox.SUMMARY, description=_sentence(sandbox.SUMMARY))
    sandbox.add_actions(boxes)

    served = commands.add_parser("tasks", help=tasks.SUMMARY, description=_sentence(tasks.SUMMARY))
    tasks.add_actions(served)
    models.add_actions(commands.add_parser("models", help=models.SUMMARY, description=_sentence(models.SUMMARY)))
    serve.add_options(commands.add_parser("serve", help=serve.SUMMARY, description=_sentence(serve.SUMMARY)))
    report.add_options(commands.add_parser("report", help=report.SUMMARY, description=_sentence(report.SUMMARY)))
    compare.add_options(commands.add_parser("compare", help=compare.SUMMARY, description=_sentence(compare.SUMMARY)))
    decontaminate.add_options(
        commands.add_parser("decontaminate", help=decontaminate.SUMMARY, description=_sentence(decontaminate.SUMMARY))
    )
    audit.add_options(commands.add_parser("audit", help=audit.SUMMARY, description=_sentence(audit.SUMMARY)))
    bridge.add_actions(commands.add_parser("bridge", help=bridge.SUMMARY, description=_sentence(bridge.SUMMARY)))
    export.add_options(commands.add_parser("export", help=export.SUMMARY, description=_sentence(export.SUMMARY)))
    new_env.add_options(commands.add_parser("new-env", help=new_env.SUMMARY, description=_sentence(new_env.SUMMARY)))
    sweep.add_options(commands.add_parser("sweep", help=sweep.SUMMARY, description=_sentence(sweep.SUMMARY)))
    return command


def _sentence(summary: str) -> str:
    # Names such as vLLM keep their capitals, which `str.capitalize` takes from them.
    return f"{summary[0].upper()}{summary[1:]}."


def _part(argv: list[str]) -> tuple[list[str], list[str]]:
    """Return what stands before `--`, and what after it, which is another program's."""
    end = argv.index("--") if "--" in argv else len(argv)
    return argv[:end], argv[end + 1 :]


def _list(arguments: argparse.Namespace) -> int:
    listing = {
        "environments": {name: _environment_state(versioned) for name, versioned in plugins.environments().items()},
        "sandboxes": {name: _backend_state(name) for name in plugins.backends()},
        "bridges": {name: _module_line(point.value) for name, point in plugins.bridges().items()},
        "policies": {name: _first_line(point.value) for name, point in plugins.policies().items()},
    }
    if arguments.json:
        print_json(listing)
    else:
        for title, rows in listing.items():
            print_rows(title, rows.items())
    return DONE


def _environment_state(versioned_id: str) -> str:
    try:
        return str(plugins.environment_class(versioned_id).summary)
    except UsageError as error:
        return f"not here: {error}"


def _backend_state(name: str) -> str:
    try:
        with opened(name) as backend:
            controls = backend.capabilities().controls.values()
        enforced = sum(control.support == "enforced" for control in controls)
        return f"answers; enforces {enforced} of {len(controls)} controls (agentgym sandbox doctor)"
    except AgentGymError as error:
        return f"not here: {error}"


def _first_line(entry_point: str) -> str:
    """Return the first line of a class's docstring."""
    module, _, name = entry_point.partition(":")
    for node in _parsed_module(module).body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            return (ast.get_docstring(node) or "").partition("\n")[0]
    return ""


def _module_line(entry_point: str) -> str:
    """Return the first line of the docstring of an entry point's module."""
    return (ast.get_docstring(_parsed_module(entry_point.partition(":")[0])) or "").partition("\n")[0]


def _parsed_module(name: str) -> ast.Module:
    """Return a module's syntax, read from source so that nothing heavy is imported."""
    spec = importlib.util.find_spec(name)
    return ast.parse(Path(spec.origin).read_text(encoding="utf-8") if spec and spec.origin else "")
