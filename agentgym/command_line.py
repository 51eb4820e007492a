"""What the commands that play and train share: a parser that tells all faults at once, and how they end."""

from __future__ import annotations

import argparse
import difflib
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from types import FrameType
from typing import Any, NoReturn

from agentgym.errors import UsageError, unknown

DONE, COULD_NOT, BAD_USAGE, STOPPED, INTERRUPTED, TERMINATED = 0, 1, 2, 3, 130, 143


class Parser(argparse.ArgumentParser):
    """A parser that knows its options by name and raises, so that all faults can be told together.

    Attributes:
        known: the options.
    """

    def __init__(self, prog: str, description: str, epilog: str) -> None:
        self.known: list[str] = []
        super().__init__(
            prog=prog,
            description=description,
            epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )

    def add_argument(self, *names: str, **options: Any) -> argparse.Action:
        """Add an argument, as `argparse` does."""
        self.known += [name for name in names if name.startswith("-")]
        return super().add_argument(*names, **options)

    def error(self, message: str) -> NoReturn:
        """Raise `UsageError`."""
        raise UsageError(message)

    def read(self, argv: Sequence[str], positional: str) -> tuple[argparse.Namespace, list[str]]:
        """Return the arguments and a sentence for each option that is none.

        Args:
            argv: the command line without the program.
            positional: the name of the arguments without an option, a list.
        """
        arguments, strays = self.parse_known_args(argv)
        faults = [no_option(text, self.known) for text in strays if text.startswith("-")]
        # What follows an unknown option is most likely its value, and no fault of its own.
        values = {value for option, value in pairwise(argv) if option in strays and "=" not in option}
        setattr(arguments, positional, tuple(name for name in getattr(arguments, positional) if name not in values))
        return arguments, faults


def no_option(text: str, known: Sequence[str]) -> str:
    """Return the sentence for an option that is none, with the nearest of those that are."""
    near = difflib.get_close_matches(text.partition("=")[0], known, n=1)
    return f"there is no option {text}" + (f": did you mean {near[0]}?" if near else " (see --help)")


class Terminated(KeyboardInterrupt):
    """SIGTERM came: what is open is closed as after Ctrl-C."""


@contextmanager
def sigterm_interrupts() -> Iterator[None]:
    """Have SIGTERM raise `Terminated` for as long as this is open; signals are the main thread's alone."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise Terminated

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def signals_interrupt() -> Iterator[None]:
    """Take SIGTERM for Ctrl-C, and Ctrl-C for one also where a shell that runs this in the background ignores it.

    Signals are the main thread's: in any other, nothing is done.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def log_as_asked() -> None:
    """Log at the level that `AGENTGYM_LOG` names, else errors only; raises `UsageError` if it is none."""
    level = os.environ.get("AGENTGYM_LOG", "ERROR").upper()
    known = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
    if level not in known:
        raise UsageError(f"AGENTGYM_LOG: {unknown('level', level, known)}")
    logging.basicConfig(format="%(levelname)s %(message)s")
    logging.getLogger("agentgym").setLevel(level)


def tell(text: str) -> None:
    """Say something on standard error in the command's name, in one piece, as threads side by side may tell."""
    sys.stderr.write(f"agentgym: {text}\n")
    sys.stderr.flush()


def tell_faults(error: UsageError) -> int:
    """Say every fault on standard error, and return the exit status for it."""
    tell("\n          ".join(error.faults))
    return BAD_USAGE


def tell_interrupt(interrupt: KeyboardInterrupt, kept: str) -> int:
    """Say on standard error how the command ended and what is kept, and return the exit status for it."""
    terminated = isinstance(interrupt, Terminated)
    tell(f"{'ended by SIGTERM' if terminated else 'interrupted'}{kept}")
    return TERMINATED if terminated else INTERRUPTED


def printed(show: Callable[[], None], where: object) -> bool:
    """Print a result, and tell whether it is known to whoever wants it.

    Args:
        show: prints it.
        where: the folder in which it is kept, should it not be possible.
    """
    try:
        show()
        sys.stdout.flush()
    except OSError as error:
        # Whoever read this has gone, or the disk is full; what was done is kept all the same.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            tell(f"the result could not be printed: {error.strerror}; it is in {where}")
            return False
    return True
