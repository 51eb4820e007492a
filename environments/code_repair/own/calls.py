"""The calls that a program is compared by, and what the gold program answers, both made in boxes of their own."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from pydantic import JsonValue

from agentgym.environments.code_repair.checking import (
    Answers,
    answers_to,
    examine,
    examiner,
    framed,
    how_it_ended,
    in_jobs,
    same,
)
from agentgym.environments.code_repair.own.definition import Definition
from agentgym.environments.code_repair.own.stage import CODE, STAGE, program, put_code
from agentgym.environments.code_repair.tasks.call import Call
from agentgym.environments.code_repair.verify import in_words
from agentgym.errors import VerifierFault
from agentgym.reward import Component
from agentgym.sandbox import Sandbox

RANDOM_CALLS = 256
SECONDS_FOR_CALLS = 30.0

FreshBox = Callable[[], Sandbox]


class Behaviour(NamedTuple):
    """How a program answered, as a component, and whether the box's clock ran out on it."""

    component: Component
    out_of_time: bool


def compared(task: Definition, files: Mapping[str, bytes], fresh_box: FreshBox) -> Behaviour:
    """Compare a program with gold at the task's entry points, by the task's calls and new random ones.

    Raises:
        VerifierFault: the task's own inputs or gold program do not work.
    """
    seed = secrets.randbits(63)
    calls = [Call(name, arguments) for name, lists in task.calls.items() for arguments in lists]
    if task.inputs:
        with fresh_box() as box:
            calls += random_calls(box, task, seed)
    expected = _answers(task, task.solution, calls, fresh_box)
    if why := _gold_fault(calls, expected):
        raise VerifierFault(f"the gold program of {task.id} cannot be compared with: {why}")
    answers = _answers(task, files, calls, fresh_box)
    return Behaviour(_component(calls, expected, answers, seed), answers.out_of_time)


def _gold_fault(calls: Sequence[Call], expected: Answers) -> str | None:
    """Return why gold's answers tell nothing: what they are not compared by, a wrong program could return too."""
    if expected.fault:
        return expected.fault
    for number, call in enumerate(calls):
        if unusable := expected.answers[number].get("unusable"):
            return f"{_short(call)} gives no plain JSON value: {unusable}"
    for function in {call.function for call in calls}:
        answers = [expected.answers[number] for number, call in enumerate(calls) if call.function == function]
        if all("raised" in answer for answer in answers):
            return f"every call of {function} raises {answers[0]['raised']}"
    return None


def random_calls(box: Sandbox, task: Definition, seed: int) -> list[Call]:
    """Return random calls from the task's `inputs`, which runs in the box.

    Raises:
        VerifierFault: it does not make what it should.
    """
    box.put_tree({"make_calls.py": program("make_calls.py"), "inputs.py": task.inputs.encode()}, STAGE, user="root")
    nonce = secrets.token_hex(16)
    order = {"nonce": nonce, "program": f"{STAGE}/inputs.py", "seed": seed, "count": RANDOM_CALLS}
    argv = ["python3", "-I", "-B", f"{STAGE}/make_calls.py"]
    result = box.exec(argv, stdin=json.dumps(order).encode(), timeout_s=SECONDS_FOR_CALLS, user="agent")
    made = framed(result.stdout, nonce)
    pairs = [pair for pair in made if isinstance(pair, list) and len(pair) == 2 and pair[0] in task.entry_points]
    if strangers := {str(pair[0]) for pair in made if isinstance(pair, list) and pair} - set(task.entry_points):
        raise VerifierFault(
            f"inputs.py of {task.id} returns calls of {', '.join(sorted(strangers))}, which entry_points has not "
            f"({', '.join(task.entry_points)})"
        )
    if not result.ok or len(pairs) != RANDOM_CALLS:
        last = result.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise VerifierFault(
            f"inputs.py of {task.id} made {len(pairs)} of {RANDOM_CALLS} calls and {how_it_ended(result)}"
            + "".join(f": {line[:300]}" for line in last)
        )
    return [Call(function, arguments) for function, arguments in pairs]


def _answers(task: Definition, files: Mapping[str, bytes], calls: Sequence[Call], fresh_box: FreshBox) -> Answers:
    with fresh_box() as box:
        put_code(box, task, files)
        box.put_tree({"examine.py": examiner().encode()}, STAGE, user="root")
        jobs = in_jobs(calls, CODE)
        return answers_to(jobs, examine(box, jobs, program=[f"{STAGE}/examine.py"], results="/tmp/results"))


def _component(calls: Sequence[Call], expected: Answers, got: Answers, seed: int) -> Component:
    wrong = [i for i in range(len(calls)) if i in got.answers and not same(got.answers[i], expected.answers[i])]
    right = len(got.answers) - len(wrong)
    data: dict[str, JsonValue] = {"seed": seed, "calls": len(calls), "right": right, "fault": got.fault}
    evidence = f"same as the gold program on {right} of {len(calls)} calls"
    if wrong:
        number = wrong[0]
        evidence += f"; first: {_short(calls[number])} {in_words(got.answers[number])}, "
        evidence += f"expected {in_words(expected.answers[number]).removeprefix('gave ')}"
    if got.fault:
        evidence += f"; {got.fault}"
    value = float(right == len(calls) and not got.fault)
    return Component(name="behaviour", value=value, hard=True, evidence=evidence, data=data)


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 200 else text[:200] + "…"
