"""Compiling a program in a box, running it there on random inputs, and judging here what it prints.

The box is told the program and the inputs, never what is right. The compiler is as little trusted as what it compiles:
both run as the box's plain user, within limits of the kernel's that say what was too much. Whatever they do is a
verdict; only a world that fails raises, as one whose boxes cannot compile the shortest of programs.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

from pydantic import JsonValue

from agentgym.environments.gauntlet.cpp.sequences import History, by_definition, by_moebius, large, small
from agentgym.environments.json_math import constraints
from agentgym.environments.json_math.checks import Check, Finding
from agentgym.errors import ImageNotFound, PathError, SandboxBroken, SandboxLost
from agentgym.sandbox import ExecReason, ExecResult, Sandbox, SandboxSpec

SPEC = SandboxSpec(image="cpp", memory_mib=1_024, pids=48, disk_mib=64, programs=("python3", "g++"))

SOURCE, PROGRAM, OUTPUT, ERRORS = "program.cpp", "program", "output", "errors"
COMPILE = "g++ -std=c++17 -O2 -w -fmax-errors=3 -fno-diagnostics-show-caret -fdiagnostics-color=never"
COMPILE_CPU_S, COMPILE_MIB = 20, 800
SHORTEST = b"int main() { }"
# The processor's time is what is limited. A machine that is busy with other things may take so many times longer.
PATIENCE = 6
MAX_OUTPUT = 4 << 20
SMALL_CASES, SAMPLED_QUERIES = 16, 30
SHOWN = 160


class Limits(NamedTuple):
    """What the program may take for one input."""

    cpu_s: int
    memory_mib: int


class Case(NamedTuple):
    """An input, and what is right of its output: the line of each answer that is checked, from 0."""

    history: History
    right: Mapping[int, int]


def checks(fresh_box: Callable[[], Sandbox]) -> Mapping[str, Check]:
    """Return the check of parts of kind `cpp`, which needs boxes."""
    return {"cpp": partial(judge, fresh_box=fresh_box)}


def judge(value: JsonValue, check: Mapping[str, Any], *, fresh_box: Callable[[], Sandbox]) -> Iterator[Finding]:
    """Judge a C++ program: its form, whether it compiles, what it prints, and that it keeps its limits."""
    for constraint in check["constraints"]:
        yield Finding(constraints.fault(constraint, str(value)), f"constraint:{constraint['kind']}")
    limits = Limits(check["cpu_s"], check["memory_mib"])
    with fresh_box() as box:
        require_compiler(box)
        box.write(f"{box.spec.workdir}/{SOURCE}", str(value).encode())
        try:
            fault = compile_fault(box)
            yield Finding(fault, "compiles")
            if fault:
                return
            fault = next(filter(None, (run_fault(box, case, limits) for case in small_cases(check))), "")
            yield Finding(fault)
            if not fault:
                yield Finding(run_fault(box, large_case(check), limits), "limits")
        except SandboxBroken as error:
            yield Finding(f"it broke the box that it ran in: {error}")


def small_cases(check: Mapping[str, Any]) -> Iterator[Case]:
    """Yield inputs whose every answer is checked."""
    rng = random.Random(check["seed"])
    for _ in range(SMALL_CASES):
        history = small(rng, check["divisor"])
        answers = (by_definition(window, check["divisor"]) for window in history.windows())
        yield Case(history, dict(enumerate(answers)))


def large_case(check: Mapping[str, Any]) -> Case:
    """Return an input that is too long for slow programs; answers that nobody can foretell are checked."""
    rng = random.Random(check["seed"] + 1)
    history = large(rng, check["divisor"], check["size"], check["largest"])
    sample = sorted(rng.sample(range(history.queries), min(SAMPLED_QUERIES, history.queries)))
    answers = (by_moebius(window, check["divisor"]) for window in history.windows(sample))
    return Case(history, dict(zip(sample, answers, strict=True)))


def require_compiler(box: Sandbox) -> None:
    """Compile the shortest program in a box where nothing of the policy's has been yet.

    Raises:
        ImageNotFound: there is no compiler in the box's image that does it.
        SandboxLost: the box is gone, or the compiler was ended.
    """
    command = ["sh", "-c", f"exec g++ -x c++ -o {PROGRAM} -"]
    try:
        result = box.exec(command, stdin=SHORTEST, timeout_s=COMPILE_CPU_S * PATIENCE)
    except SandboxBroken as error:
        raise SandboxLost(f"nothing of the policy's had run yet: {error}") from error
    if result.ok:
        return
    said = f"it cannot compile `{SHORTEST.decode()}`: {_ending(result)}"
    if result.reason is ExecReason.EXITED:
        raise ImageNotFound(f"image {box.spec.image!r} lacks a working g++: {said}. Add it to its recipe and rebuild.")
    raise SandboxLost(f"a fresh box of image {box.spec.image!r} failed: {said} ({result.reason})")


def compile_fault(box: Sandbox) -> str:
    """Compile the program; return why that failed, or nothing."""
    limits = f"ulimit -t {COMPILE_CPU_S}; ulimit -v {COMPILE_MIB << 10}; ulimit -f {16 << 11}"
    # What it says goes to a file of bounded size: a flood of messages would end the command for the wrong reason.
    command = f"{limits}; ulimit -c 0; exec {COMPILE} -o {PROGRAM} {SOURCE} 2>{ERRORS}"
    result = box.exec(["sh", "-c", command], timeout_s=COMPILE_CPU_S * PATIENCE)
    if result.ok:
        return ""
    said = _read(box, ERRORS).decode("utf-8", "replace")
    lines = [line for line in said.splitlines() if re.search(r"error|memory|limit|Killed|terminated", line)]
    why = (lines or said.splitlines() or [""])[0]
    if too_much := _too_much(result, COMPILE_CPU_S, COMPILE_MIB):
        why = f"{too_much}; {why}" if why else too_much
    return f"it does not compile: {why[:SHOWN]}"


def run_fault(box: Sandbox, case: Case, limits: Limits) -> str:
    """Run the program on an input; return what is wrong with what it does, or nothing."""
    kernel = f"ulimit -t {limits.cpu_s}; ulimit -v {limits.memory_mib << 10}; ulimit -s 65536"
    # No second process or thread: the limits are each process's own, and many would have many times as much.
    command = f"{kernel}; ulimit -f {MAX_OUTPUT >> 9}; ulimit -c 0; ulimit -p 1; exec ./{PROGRAM} >{OUTPUT}"
    stdin = case.history.text().encode()
    result = box.exec(["sh", "-c", command], stdin=stdin, timeout_s=limits.cpu_s * PATIENCE)
    where = f"for n = {len(case.history.values):,}, q = {len(case.history.operations):,}"
    if not result.ok:
        return f"{where} {_too_much(result, *limits) or _ending(result)}"
    try:
        output = box.read(f"{box.spec.workdir}/{OUTPUT}", max_bytes=MAX_OUTPUT)
    except PathError as error:
        return f"{where} its output cannot be read: {error}"
    fault = output_fault(output, case)
    return f"{where} {fault}" if fault else ""


def output_fault(output: bytes, case: Case) -> str:
    """Return how what was printed differs from what is right."""
    lines = output.split()
    if len(lines) != case.history.queries:
        return f"it prints {len(lines):,} numbers, not the {case.history.queries:,} answers that are asked for"
    for place, right in case.right.items():
        if lines[place] != str(right).encode():
            shown = lines[place][:40].decode("utf-8", "replace")
            return f"its answer to query {place + 1:,} is {shown!r}, where {right} is right"
    return ""


def _too_much(result: ExecResult, cpu_s: int, memory_mib: int) -> str:
    """Return which limit a command was ended by, as far as that can be told."""
    signal = result.signal or (result.exit_code or 128) - 128
    if result.reason is ExecReason.TIMEOUT:
        return f"it did not end within {cpu_s * PATIENCE} s"
    if result.reason is ExecReason.OOM:
        return f"it took more than {memory_mib} MiB"
    if signal in (9, 24):
        return f"it took more than {cpu_s} s of processor time"
    if signal == 25 or result.reason is ExecReason.OUTPUT_LIMIT:
        return f"it wrote more than {MAX_OUTPUT >> 20} MiB"
    return ""


def _ending(result: ExecResult) -> str:
    said = result.stderr.decode("utf-8", "replace").strip()[:SHOWN]
    ending = f"exit status {result.exit_code}" if result.signal is None else f"signal {result.signal}"
    return f"it ended with {ending}{': ' + said if said else ''}"


def _read(box: Sandbox, name: str) -> bytes:
    """Return the head of a file of the box, whatever lies there."""
    result = box.exec(["head", "-c", "20000", name], timeout_s=10)
    return result.stdout
