"""Calls that could not be carried out: left in the text, no call at all, unknown tools, wrong arguments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from agentgym.report.autopsy.calls import Call
from agentgym.report.autopsy.causes import Cause
from agentgym.report.autopsy.seen import Seen, is_much, seen
from agentgym.trajectory import Trajectory, Turn

# As `agentgym.tool` answers such calls.
_UNKNOWN = re.compile(r"There is no tool named ")
_NOT_JSON = re.compile(r"\w+: arguments are (?:not valid JSON|nested|a JSON |\d)")
_MISFIT = re.compile(r"\nArguments must be one JSON object: \{")


def unparsed_calls(trajectory: Trajectory) -> Iterator[Seen]:
    """Yield that calls were left in the text, unless all of them could be read there."""
    turns = [
        number
        for number, turn in enumerate(trajectory.turns)
        if turn.completion.unparsed_calls > turn.completion.recovered_calls
    ]
    if turns:
        message = trajectory.turns[turns[0]].completion.message
        overcome = not is_much(turns, len(trajectory.turns))
        evidence = message.content or message.reasoning
        yield seen(Cause.UNPARSED_CALL, "left in the text", evidence, turn=turns[0], overcome=overcome)


def tool_misuse(trajectory: Trajectory, calls: Sequence[Call]) -> Iterator[Seen]:
    """Yield each way in which tools were misused, with where it was first; overcome unless in most of the turns.

    Turns without a call up to the end are no misuse: nothing was tried any more.
    """
    found: dict[str, tuple[int, str]] = {}
    turns = trajectory.turns[: idle_from(trajectory)]
    for call in calls:
        if trajectory.turns[call.turn].malformed_calls and (detail := _misuse(call)):
            found.setdefault(detail, (call.turn, f"{call.shown} → {call.answer}"))
    for number, turn in enumerate(turns):
        if is_idle(turn):
            found.setdefault("no call", (number, said(turn)))
    bad = [number for number, turn in enumerate(turns) if turn.malformed_calls]
    overcome = not is_much(bad, len(trajectory.turns))
    for detail, (number, evidence) in found.items():
        yield seen(Cause.TOOL_MISUSE, detail, evidence, turn=number, overcome=overcome)


def _misuse(call: Call) -> str:
    if _UNKNOWN.match(call.answer):
        return "unknown tool"
    if _NOT_JSON.match(call.answer):
        return "malformed arguments"
    return "wrong arguments" if _MISFIT.search(call.answer) else ""


def is_idle(turn: Turn) -> bool:
    """Tell whether nothing was called where something had to be, and neither a limit nor the parser is to blame."""
    completion = turn.completion
    lost = completion.finish_reason == "length" or completion.unparsed_calls
    return bool(turn.malformed_calls) and not completion.message.tool_calls and not lost


def idle_from(trajectory: Trajectory) -> int:
    """Return the turn from which on nothing was called up to the end; the number of turns if that is not so."""
    first = len(trajectory.turns)
    while first and is_idle(trajectory.turns[first - 1]):
        first -= 1
    return first


def said(turn: Turn) -> str:
    """Return what was said in a turn."""
    message = turn.completion.message
    return message.content or message.reasoning or "nothing was said"
