"""Command lines of pages that aren't run: read by the parsers of what they call, which refuse what they don't know."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator, Sequence
from importlib import import_module

from blocks import ROOT

from agentgym.cli import command
from agentgym.rollout import __main__ as rollout

_BREAKS = re.compile(r"[();|&]+")
_OTHERS = {"rm", "sed", "python", "python3", "git", "cd", ".", "accelerate", "vf-eval", "pytest"}


def command_lines(text: str) -> Iterator[list[str]]:
    """Yield every command of a script as its words, without settings of variables."""
    for line in re.sub(r"\\\n\s*", " ", text).splitlines():
        words: list[str] = []
        reader = shlex.shlex(line, posix=True, punctuation_chars="();|&")
        reader.whitespace_split = True
        for word in [*reader, ";"]:
            if not _BREAKS.fullmatch(word):
                words.append(word)
                continue
            while words and re.fullmatch(r"\w+=.*", words[0]):
                words.pop(0)
            if words:
                yield words
            words = []


def check(words: Sequence[str]) -> None:
    """Read a command line; raise, or exit, as its program would where it is wrong."""
    program, *arguments = words
    if program != "vf-eval" and "-m" in arguments and (place := arguments.index("-m")) + 1 < len(arguments):
        _check_module(arguments[place + 1], arguments[place + 2 :])
    elif program == "agentgym":
        _check_agentgym(arguments)
    elif program.startswith("--"):
        _check_rollout(words)  # options alone: a rollout's
    elif program == "make":
        targets = re.findall(r"^(\w[\w-]*):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
        assert {word for word in arguments if "=" not in word} <= {*targets}, words
    elif program.endswith("pip"):
        _check_extras(arguments)
    elif program.startswith("python") and arguments and arguments[0].endswith(".py"):
        _check_script(arguments)
    else:
        assert program in _OTHERS, f"no parser for {program}: {shlex.join(words)}"


def _check_module(name: str, arguments: Sequence[str]) -> None:
    if name == "agentgym.rollout":
        _check_rollout(arguments)
    elif name in ("agentgym.trainers.grpo", "agentgym.trainers.sft"):
        trainer = import_module(name)
        import_module("agentgym.trainers.command")._configuration(trainer.COMMAND, arguments)
    else:
        assert name in ("venv", "agentgym.trainers.merge", "agentgym.environments.code_repair.gate"), name


def _check_agentgym(arguments: Sequence[str]) -> None:
    if arguments[0] == "rollout":
        _check_rollout(arguments[1:])
    else:
        command._parsed(*command._part(list(arguments)))


def _check_rollout(arguments: Sequence[str]) -> None:
    asked, faults = rollout.parser().read(arguments, "environments")
    assert not faults, faults
    if not any(":" in name for name in asked.environments):  # what a bridge brings may not be there
        rollout._configuration(arguments)


def _check_extras(arguments: Sequence[str]) -> None:
    known = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    for extras in re.findall(r"(?:agentgym-rl|\.)\[([\w,-]+)\]", " ".join(arguments)):
        assert {*extras.split(",")} <= known.keys(), extras


def _check_script(arguments: Sequence[str]) -> None:
    if "/" not in arguments[0]:
        return  # the reader's own, which the page has told to write
    source = (ROOT / arguments[0]).read_text()
    assert [
        word for word in arguments[1:] if word.startswith("--") and f'"{word.partition("=")[0]}"' not in source
    ] == []
