"""What happened in an episode tells why it failed, whatever was judged."""

from __future__ import annotations

import pytest
from autopsy_plays import causes, main_cause, played, text

from agentgym.environments.json_math.env import JsonMathEnv
from agentgym.message import Message, ToolCall, call
from agentgym.policy import Completion, Usage
from agentgym.report.autopsy import Cause, findings
from agentgym.report.autopsy.calls import Call
from agentgym.report.autopsy.loops import Cycle, longest_cycle
from agentgym.task import Split, Task

WRONG = call("submit", answer='{"answer": 0}')


@pytest.fixture(scope="module")
def env() -> JsonMathEnv:
    return JsonMathEnv(scratchpad=False)


@pytest.fixture(scope="module")
def task() -> Task:
    return JsonMathEnv.tasks(Split.EVAL)[0]


def written(name: str, arguments: str) -> Message:
    return Message(role="assistant", tool_calls=(ToolCall(id="1", name=name, arguments=arguments),))


@pytest.mark.parametrize(
    ("message", "detail"),
    [
        (written("sbmit", "{}"), "unknown tool"),
        (written("submit", '{"answer": '), "malformed arguments"),
        (written("submit", "[1]"), "malformed arguments"),
        (written("submit", '{"answer": {"answer": 5}}'), "wrong arguments"),
        (written("submit", '{"reply": "5"}'), "wrong arguments"),
    ],
)
def test_misused_tools(env: JsonMathEnv, task: Task, message: Message, detail: str) -> None:
    stuck = played(env, task, [message, text("Let me see."), message, call("submit", answer="{")])
    assert main_cause(stuck) == (Cause.TOOL_MISUSE, detail)
    first = findings(stuck)[0]
    assert first.turn == 0
    assert message.tool_calls[0].arguments[:10] in first.evidence


def test_what_was_mended_comes_after_what_was_not(env: JsonMathEnv, task: Task) -> None:
    mended = played(env, task, [written("sbmit", "{}"), WRONG])
    assert causes(mended) == [(Cause.VALUE, "answer"), (Cause.TOOL_MISUSE, "unknown tool")]
    talked = played(env, task, [text("The answer is 5."), WRONG])
    assert causes(talked) == [(Cause.VALUE, "answer"), (Cause.TOOL_MISUSE, "no call")]


def test_a_call_that_was_left_in_the_text(env: JsonMathEnv, task: Task) -> None:
    left = Completion(message=text('<tool_call>{"name": "submit"'), unparsed_calls=1)
    lost = played(env, task, [left] * 10)
    assert main_cause(lost) == (Cause.UNPARSED_CALL, "left in the text")
    assert (Cause.TOOL_MISUSE, "no call") not in causes(lost)
    read = Completion(message=WRONG, unparsed_calls=1, recovered_calls=1)
    assert causes(played(env, task, [read])) == [(Cause.VALUE, "answer")]


def test_nothing_called_up_to_the_end_is_giving_up(env: JsonMathEnv, task: Task) -> None:
    silent = played(env, task, [written("sbmit", "{}"), *(text(f"Thought {n}.") for n in range(20))])
    assert causes(silent)[:2] == [(Cause.GAVE_UP, "no action"), (Cause.OVER_LONG, "max turns")]
    assert findings(silent)[0].evidence == "no call in the last 9 of 10 turns: Thought 8."
    assert (Cause.TOOL_MISUSE, "no call") not in causes(silent)


def test_saying_that_it_cannot_be_done(env: JsonMathEnv, task: Task) -> None:
    beside = Message(role="assistant", content="I cannot prove it.", tool_calls=WRONG.tool_calls)
    assert causes(played(env, task, [beside])) == [(Cause.VALUE, "answer"), (Cause.GAVE_UP, "says it cannot")]
    alone = played(env, task, [text("I'm sorry, I cannot solve this.")], max_tokens=0)
    assert causes(alone)[:2] == [(Cause.GAVE_UP, "no action"), (Cause.GAVE_UP, "says it cannot")]


def test_an_answer_that_was_judged_may_say_that_something_cannot_be(task: Task) -> None:
    reply = JsonMathEnv(scratchpad=False, answer="reply")
    found = played(reply, task, [text('{"answer": "we cannot divide by it"}')])
    assert main_cause(found) is not Cause.GAVE_UP


@pytest.mark.parametrize(
    ("name", "arguments", "runs"),
    [
        ("bash", {"command": "cd x && FOO=1 timeout 60 python3 -m pytest -q"}, True),
        ("bash", {"command": "cat > t.py <<'E'\n" + "x = 1\n" * 900 + "E\npython3 -m unittest"}, True),
        ("bash", {"command": "python3 tests/test_a.py"}, True),
        ("run_tests", {}, True),
        ("bash", {"command": "pip install pytest; cat pytest.ini; grep -r unittest ."}, False),
        ("write_file", {"path": "a.py", "content": "import unittest\npytest.main()"}, False),
        ("search", {"text": "pytest"}, False),
    ],
)
def test_tests_are_run_by_commands_that_begin_with_them(name: str, arguments: dict[str, str], runs: bool) -> None:
    assert Call(0, name, arguments, "", "").runs_tests is runs


def test_the_same_turn_and_cycles_of_turns(env: JsonMathEnv, task: Task) -> None:
    same = played(env, task, [written("sbmit", "{}"), *[text("Hm.")] * 3, *[written("sbmit", '{"a": 1}')] * 6])
    assert (Cause.LOOP, "same turn") in causes(same)
    cycle = played(env, task, [text("Yes."), text("No."), text("Or?")] * 4)
    assert main_cause(cycle) == (Cause.LOOP, "cycle of 3")
    assert findings(cycle)[0].evidence == "3 times from turn 1 on: Yes."
    overcome = played(env, task, [*[text("Hm.")] * 3, text("So?"), text("Then."), text("Now."), WRONG])
    assert causes(overcome)[-1] == (Cause.LOOP, "same turn")


def test_other_answers_to_the_same_call_are_no_loop() -> None:
    assert longest_cycle("xaayz") is None
    assert longest_cycle("xababyz") is None
    assert longest_cycle([("run", 1), ("run", 2), ("run", 3)]) is None
    assert longest_cycle("xaaay") == Cycle(1, 1, 3)
    assert longest_cycle("ababab") == Cycle(0, 2, 6)
    assert longest_cycle("abababc" + "d" * 9) == Cycle(7, 1, 9)
    assert longest_cycle("abcdefg" * 3) is None


@pytest.mark.parametrize(
    ("limits", "detail"), [({"max_tokens": 5}, "max tokens"), ({"wall_time_s": 0.0}, "wall time"), ({}, "max turns")]
)
def test_limits(env: JsonMathEnv, task: Task, limits: dict[str, float], detail: str) -> None:
    said = (Completion(message=written("sbmit", f'{{"a": {n}}}'), usage=Usage(completion_tokens=9)) for n in range(20))
    assert (Cause.OVER_LONG, detail) in causes(played(env, task, said, **limits))


def test_answers_that_were_cut_off(env: JsonMathEnv, task: Task) -> None:
    cut = Completion(message=text("Let me think about"), finish_reason="length", usage=Usage(completion_tokens=1024))
    assert main_cause(played(env, task, [cut], max_tokens=1000)) == (Cause.OVER_LONG, "max tokens")
    ended = played(env, task, [cut], max_tokens=1000)
    assert (Cause.OVER_LONG, "answer cut off") in causes(ended)
    assert (Cause.TOOL_MISUSE, "no call") not in causes(ended)
    assert causes(played(env, task, [cut, WRONG])) == [(Cause.VALUE, "answer"), (Cause.OVER_LONG, "answer cut off")]
    full = played(env, task, [Completion(message=text(""), finish_reason="length")])
    assert causes(full) == [(Cause.OVER_LONG, "context full"), (Cause.OTHER, "nothing submitted")]
