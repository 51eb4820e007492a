"""Throw hostile text at the parsers of json-math: each must end soon, as documented, and leave nothing behind.

`python tests/fuzz/json_math.py --inputs 1000000` shows progress on stderr and a table on stdout. It exits with 1 if it
finds an exception that is not documented, an input that takes too long, or memory that grows; the inputs are saved.
Every input follows from the seed, its target and its number, so that `--only TARGET --first N --inputs 1` repeats one.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any

import json_math_inputs as inputs

from agentgym.environments.json_math import comparison, strict_json, verify
from agentgym.environments.json_math.language import Budget, ExpressionError, evaluate, parse

SLOW_S = 0.5
HANG_S = 20.0
GROWTH_MIB = 48.0
MAX_FINDS = 20


@dataclass(frozen=True)
class Target:
    """What is fuzzed.

    Attributes:
        make: writes an input, from chance alone.
        run: takes an input; it may raise what is documented, and nothing else.
        documented: the exceptions that say that an input is refused.
    """

    make: Callable[[Random], Any]
    run: Callable[[Any], None]
    documented: tuple[type[Exception], ...] = ()


@dataclass
class Result:
    """What came out for a target."""

    target: str
    inputs: int = 0
    accepted: int = 0
    refused: int = 0
    slowest_s: float = 0.0
    slowest_input: int = 0
    growth_mib: float = 0.0
    finds: list[str] = field(default_factory=list)


class Hang(BaseException):
    """An input takes so long that it is given up."""


def run_strict_json(document: bytes) -> None:
    """Parse a document, and see that the standard parser reads the same."""
    value = strict_json.parse(document)
    assert repr(value) == repr(json.loads(document)), "the standard parser reads something else"


def run_expression(text: str) -> None:
    """Read an expression and evaluate it at a few n."""
    tree = parse(text, variables=["n"], sums=True)
    budget = Budget()
    for n in (0, 1, 7, 100):
        evaluate(tree, {"n": n}, budget)


def run_closed_form(pair: tuple[str, str]) -> None:
    """Compare an expression with a right one."""
    text, gold = pair
    fault = comparison.difference(text, gold, first_n=1, sums=True)
    if fault:
        raise ExpressionError(fault)


def run_verify(pair: tuple[Any, bytes]) -> None:
    """Judge a document as a whole; whatever it is, there is a verdict."""
    verify.verify(*pair)


TARGETS: Mapping[str, Target] = {
    "strict-json": Target(inputs.document, run_strict_json, (strict_json.StrictJsonError,)),
    "expression": Target(inputs.expression, run_expression, (ExpressionError,)),
    "closed-form": Target(inputs.closed_form, run_closed_form, (ExpressionError,)),
    "verify": Target(inputs.answer, run_verify),
}


def fuzz(name: str, numbers: range, *, seed: int, until: float, slow_s: float, save: Path) -> Result:
    """Run a target on the inputs of these numbers, or on as many as there is time for."""
    target, result = TARGETS[name], Result(name)
    half = resident_mib()
    for number in numbers:
        if time.monotonic() > until:
            break
        if result.inputs == len(numbers) // 2:
            half = resident_mib()
        one(target, number, seed, result, slow_s=slow_s, save=save)
        if result.inputs % 1_000 == 0:
            print(f"\r{name}: {result.inputs:,} of {len(numbers):,}", end="", file=sys.stderr, flush=True)
        if len(result.finds) >= MAX_FINDS:
            break
    print(file=sys.stderr)
    result.growth_mib = round(resident_mib() - half, 1)
    if result.growth_mib > GROWTH_MIB:
        result.finds.append(f"memory grew by {result.growth_mib} MiB over the second half")
    return result


def one(target: Target, number: int, seed: int, result: Result, *, slow_s: float, save: Path) -> None:
    """Run one input and note what came of it."""
    made = target.make(Random(f"{seed} {result.target} {number}"))
    result.inputs += 1
    started = time.process_time()
    found = ""
    try:
        with deadline(HANG_S):
            target.run(made)
        result.accepted += 1
    except target.documented:
        result.refused += 1
    except Hang:
        found = f"does not end within {HANG_S:.0f} s"
    except Exception:
        found = traceback.format_exc(limit=-3)
    taken = time.process_time() - started
    if taken > result.slowest_s:
        result.slowest_s, result.slowest_input = round(taken, 4), number
    if taken > slow_s and not found:
        found = f"takes {taken:.2f} s"
    if found:
        save.mkdir(parents=True, exist_ok=True)
        path = save / f"{result.target}-{seed}-{number}.txt"
        path.write_text(f"{found}\n{made!r}\n", errors="backslashreplace")
        result.finds.append(f"input {number}: {found.strip().splitlines()[-1]} ({path})")


@contextlib.contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Raise `Hang` where the program is after so many seconds."""

    def give_up(_signal: int, _frame: FrameType | None) -> None:
        raise Hang

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def resident_mib() -> float:
    """Return the memory that this process holds now."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def table(results: Sequence[Result]) -> str:
    """Return the results as text."""
    lines = [f"{'target':12} {'inputs':>9} {'accepted':>9} {'refused':>9} {'slowest':>10} {'growth':>10} {'finds':>6}"]
    for r in results:
        slowest, growth = f"{r.slowest_s * 1000:.1f} ms", f"{r.growth_mib:.1f} MiB"
        lines.append(
            f"{r.target:12} {r.inputs:9,} {r.accepted:9,} {r.refused:9,} {slowest:>10} {growth:>10} {len(r.finds):6}"
        )
    return "\n".join([*lines, *(f"{r.target}: {find}" for r in results for find in r.finds)])


def main(arguments: Sequence[str] | None = None) -> int:
    """Fuzz; return 1 if something was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=100_000, help="how many, over all targets (default: 100000)")
    parser.add_argument("--seed", type=int, default=0, help="where the inputs come from (default: 0)")
    parser.add_argument("--first", type=int, default=0, help="the number of the first input (default: 0)")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after so long (default: never)")
    parser.add_argument(
        "--slow", type=float, default=SLOW_S, help=f"seconds of work that are a find (default: {SLOW_S})"
    )
    parser.add_argument("--only", choices=[*TARGETS], action="append", help="a target; may be given again")
    parser.add_argument("--save", type=Path, default=Path("runs/fuzz"), help="where finds go (default: runs/fuzz)")
    parser.add_argument("--json", action="store_true", help="print the results as JSON")
    options = parser.parse_args(arguments)
    names = options.only or [*TARGETS]
    numbers = range(options.first, options.first + max(1, options.inputs // len(names)))
    started = time.monotonic()
    results = []
    for place, name in enumerate(names, 1):
        until = started + options.seconds * place / len(names)
        results.append(fuzz(name, numbers, seed=options.seed, until=until, slow_s=options.slow, save=options.save))
    print(json.dumps([asdict(result) for result in results], indent=2) if options.json else table(results))
    return int(any(result.finds for result in results))


if __name__ == "__main__":
    sys.exit(main())
