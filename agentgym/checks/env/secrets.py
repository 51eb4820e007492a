"""Whether anything that only the verifier knows can be found by who plays."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from agentgym.checks.env.calls import malformed_calls, plain_message, simple_calls, varied_calls
from agentgym.checks.env.needles import Needle, needles_of
from agentgym.checks.env.search import search
from agentgym.checks.env.short import given_away, holds_token, short_gold
from agentgym.checks.env.stage import Stage
from agentgym.checks.report import expect, skip
from agentgym.message import Message
from agentgym.task import Split, Task
from agentgym.tool import Tool

SHOWN_CHARS, MOST_SHOWN = 40, 3
MOST_READ = 100
MOST_OPENED = 8
FRAMES = ("the system prompt", "a tool's description")


class Sought(NamedTuple):
    """A task, and what of its secret is looked for."""

    task: Task
    hidden: Sequence[Needle]
    short: Sequence[Needle]


class Heard(NamedTuple):
    """What a policy is told, and which of its messages did not end the episode."""

    texts: dict[str, str]
    messages: Sequence[Message]


def nothing_secret_is_within_reach(stage: Stage) -> str:
    """What is distinctive of a task's secret is in no prompt, tool, answer of a tool, file, process of the box.

    The prompts and files of up to 100 tasks of each split are read. One task of each split and of each further family,
    eight in all, is begun: its tools are called twice, and with each of a few values of booleans and enumerations;
    mistakes are made, and a word is said without a call. Its box is searched before and after. Short gold is looked for
    in prompts and tool descriptions alone. What is not seen: see `search` and `given_away`.

    Returns:
        How much was looked for.
    """
    read = [_read(stage, task) for split in Split for task in stage.chosen(split, MOST_READ)]
    longer, short = (sum(map(len, each)) for each in zip(*((one.hidden, one.short) for one in read), strict=True))
    if not longer + short:
        skip(f"the secrets of {len(read)} tasks have nothing that would be known again: no text or number to look for")
    if leak := given_away([(each.task, each.short) for each in read]):
        expect(False, f"the prompt of {leak.task.id} gives {_listed([leak.needle])} away. {_disclose()}")
    _expect_quiet_episodes(stage, read)
    return f"looked for {longer} long and {short} short texts of the secrets of {len(read)} tasks"


def _read(stage: Stage, task: Task) -> Sought:
    """Return what to look for of a task whose prompt and files hold nothing of it."""
    told, hidden = needles_of(task, stage.env.disclosed)
    where = f"the prompt or the files of {task.id}"
    expect(not told, f"{where} hold what only its secret should: {_listed(told)}. {_disclose()}")
    return Sought(task, hidden, short_gold(task, stage.env.disclosed))


def _disclose() -> str:
    return "If they are meant to, name the entry of the secret in the environment's `disclosed`"


def _expect_quiet_episodes(stage: Stage, read: Sequence[Sought]) -> None:
    frames: list[tuple[Sought, Heard]] = []
    for each in _opened(stage, read):
        heard = _heard(stage, each.task)
        frames.append((each, heard))
        for where, text in heard.texts.items():
            seen = [needle for needle in each.hidden if needle.is_in(text)]
            expect(not seen, f"{where} of {each.task.id} holds {_listed(seen)}")
        _expect_clean_box(stage, each, heard.messages)
    for each, heard in frames:
        others = [other.texts for one, other in frames if one is not each]
        _expect_no_short_gold(each, heard.texts, others)


def _opened(stage: Stage, read: Sequence[Sought]) -> Iterable[Sought]:
    """Return one task of each split, then one of each family that is not among them."""
    firsts = {task.id for task in stage.firsts()}
    chosen = {each.task.family: each for each in read if each.task.id not in firsts}
    known = [each for each in read if each.task.id in firsts]
    families = {each.task.family for each in known}
    return [*known, *(each for family, each in chosen.items() if family not in families)][:MOST_OPENED]


def _heard(stage: Stage, task: Task) -> Heard:
    """Return what a policy is told that only tries its tools out; where an episode ends, the rest is for another."""
    observation, info = stage.begin(task)
    texts = {
        "the system prompt": _text(observation[:1]),
        "the user message": _text(observation[1:]),
        "a tool's description": json.dumps([tool.schema() for tool in stage.env.tools], ensure_ascii=False),
        "what reset tells": json.dumps({key: str(value) for key, value in info.items()}, ensure_ascii=False),
    }
    unending: list[Message] = []
    turns = 0
    for where, messages in _tried(stage.env.tools):
        if turns + len(messages) >= stage.env.max_turns:
            turns = _begin_again(stage, task)
        ended: list[Message] = []
        for message in messages:
            if message in ended:
                continue
            observation, _, terminated, truncated, _ = stage.env.step(message)
            texts[where] = f"{texts.get(where, '')}\n{_text(observation)}"
            (ended if terminated else unending).append(message)
            turns = _begin_again(stage, task) if terminated or truncated else turns + 1
    return Heard(texts, unending)


def _begin_again(stage: Stage, task: Task) -> int:
    """Begin another episode of a task and return how many turns it has had."""
    stage.begin(task)
    return 0


def _tried(tools: Sequence[Tool]) -> Iterator[tuple[str, Sequence[Message]]]:
    """Yield what is said to try each tool twice and with other values, to make mistakes, and without a call."""
    for tool, simple in zip(tools, simple_calls(tools), strict=True):
        yield f"the answer to {tool.name}", [simple, simple, *varied_calls(tool)]
    mistakes = [each for message in malformed_calls(tools) for each in message.tool_calls]
    yield "the answer to malformed calls", [Message(role="assistant", tool_calls=tuple(mistakes))]
    yield "the answer to a message without a call", [plain_message()]


def _expect_no_short_gold(sought: Sought, texts: dict[str, str], others: Sequence[dict[str, str]]) -> None:
    """See that what is said to all is said of no answer: where other tasks' have the same word, it is no secret."""
    for where in FRAMES:
        seen = [
            needle
            for needle in sought.short
            if holds_token(texts[where], needle.text)
            and others
            and not any(holds_token(other[where], needle.text) for other in others)
        ]
        expect(not seen, f"{where} of {sought.task.id} holds {_listed(seen)}")


def _expect_clean_box(stage: Stage, sought: Sought, messages: Sequence[Message]) -> None:
    if not sought.hidden or stage.env.spec_for(sought.task) is None:
        return
    stage.begin(sought.task)
    _search(stage, sought, "")
    most = max(1, stage.env.max_turns - 1)
    for first in range(0, len(messages), most):
        stage.begin(sought.task)
        for message in messages[first : first + most]:
            stage.env.step(message)
        _search(stage, sought, ", once its tools are called,")


def _search(stage: Stage, sought: Sought, when: str) -> None:
    found = search(stage.env.box, sought.hidden)
    told = [f"{_listed([hit.needle])} in {hit.where}" for hit in found[:MOST_SHOWN]]
    expect(not found, f"the box of {sought.task.id}{when} holds {'; '.join(told)}")


def _text(messages: Sequence[Message]) -> str:
    return "\n".join(message.content for message in messages)


def _listed(needles: Sequence[Needle]) -> str:
    return ", ".join(f"secret.{needle.place} ({needle.text[:SHOWN_CHARS]!r})" for needle in needles[:MOST_SHOWN])
