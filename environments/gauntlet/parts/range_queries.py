"""Part C: counting the pairs of a range with a given gcd, with point updates: as pseudocode and as C++17."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from agentgym.environments.gauntlet.cpp.judge import COMPILE_CPU_S, COMPILE_MIB, MAX_OUTPUT
from agentgym.environments.gauntlet.parts.pseudocode import LINES, pseudocode_part
from agentgym.environments.json_math.constraints import constraint
from agentgym.environments.json_math.problem import Part, Problem

MAX_SOURCE = 20_000
SOLUTION = Path(__file__).parent.parent / "cpp" / "solution.cpp"

STATEMENT = """\
An array a[1..n] of positive integers is given, and a list of operations that is known beforehand. A query (l, r) asks
how many pairs i, j with l <= i < j <= r have gcd(a[i], a[j]) = {divisor}. An update (p, x) sets a[p] = x for all later
operations."""

ASK = """\
a C++17 program for g++ and Linux. From standard input it reads n and q on the first line, a[1] ... a[n] on the second,
  then q lines, "1 l r" for a query (1 <= l <= r <= n) and "2 p x" for an update (1 <= p <= n). It prints the answer to
  each query, in order, one a line. There are n, q <= {size:,} and values from 1 to {largest:,}; of the operations, half
  are updates. For each input it may take {cpu_s} s of processor time and {memory_mib} MiB of memory, its whole address
  space counted; compiling it with g++ -std=c++17 -O2 may take {compile_s} s and {compile_mib} MiB. It runs as
  one process with one thread, without a network, and writes at most {output_mib} MiB."""


@dataclass(frozen=True)
class RangeQueries:
    """Range queries for pairs with a given gcd.

    Attributes:
        divisor: the gcd that is counted.
        size: the most values, and the most operations.
        largest: the largest value.
        cpu_s: seconds of processor time that the program may take for one input.
        memory_mib: memory that it may take.
        cpp_lines: the most lines of the C++ program.
        lines: the lines of the pseudocode.
        line_characters: the most characters of one of them.
        name_characters: the most characters of a name in it.
    """

    divisor: int
    size: int
    largest: int
    cpu_s: int
    memory_mib: int
    cpp_lines: int
    lines: int
    line_characters: int
    name_characters: int

    def problem(self, rng: random.Random) -> Problem:
        """Return the problem; `rng` draws the seed of the inputs, which nobody is told."""
        written = pseudocode_part(rng, self.divisor, self.lines, self.line_characters, self.name_characters)
        return Problem(STATEMENT.format(divisor=self.divisor), [written, self._cpp(rng.getrandbits(48))])

    def _cpp(self, seed: int) -> Part:
        ask = ASK.format(
            size=self.size,
            largest=self.largest,
            cpu_s=self.cpu_s,
            memory_mib=self.memory_mib,
            compile_s=COMPILE_CPU_S,
            compile_mib=COMPILE_MIB,
            output_mib=MAX_OUTPUT >> 20,
        )
        constraints: list[JsonValue] = [constraint("lines", at_most=self.cpp_lines)]
        check: dict[str, JsonValue] = {
            "kind": "cpp",
            "seed": seed,
            "divisor": self.divisor,
            "size": self.size,
            "largest": self.largest,
            "cpu_s": self.cpu_s,
            "memory_mib": self.memory_mib,
            "constraints": constraints,
        }
        schema: dict[str, JsonValue] = {"type": "string", "minLength": 1, "maxLength": MAX_SOURCE}
        return Part("cpp", ask, schema, solution(self.divisor), check)


def solution(divisor: int) -> str:
    """Return a right program."""
    return SOLUTION.read_text("utf-8").replace("const int G = 1;", f"const int G = {divisor};")


V1 = RangeQueries(
    divisor=1,
    size=40_000,
    largest=200_000,
    cpu_s=6,
    memory_mib=256,
    cpp_lines=219,
    lines=14,
    line_characters=70,
    name_characters=7,
)


def draw(rng: random.Random, *, small: bool) -> RangeQueries:
    """Draw a problem; there are no small ones."""
    divisor = rng.randint(2, 6)
    return RangeQueries(
        divisor,
        size=rng.randrange(36_000, 40_000, 1_000),
        # Nine in ten values are multiples of the divisor: what is left after dividing by it is to be as large as ever.
        largest=divisor * rng.randrange(150_000, 200_000, 10_000),
        cpu_s=rng.choice([4, 5]),
        memory_mib=rng.choice([192, 320, 384]),
        cpp_lines=rng.choice([199, 209, 229, 239]),
        lines=rng.choice(LINES),
        line_characters=rng.choice([60, 64, 76, 80]),
        name_characters=rng.choice([5, 6, 8]),
    )
