"""The modes: answering by a call or by the reply itself, with and without a scratchpad, with and without feedback."""

import json
from collections.abc import Iterable
from typing import Any, Literal

import pytest

from agentgym.checks import check_env
from agentgym.checks.environment import Stage
from agentgym.environments.json_math.cheats import gold, gold_text, wrong
from agentgym.environments.json_math.env import JsonMathEnv
from agentgym.environments.json_math.feedback import MAX_RETRIES, format_fault
from agentgym.errors import UsageError, VerifierFault
from agentgym.message import Message, call
from agentgym.plugins import open_policy
from agentgym.rollout.episode import run_episode
from agentgym.task import Split, Task
from agentgym.trajectory import StopReason

EVAL = JsonMathEnv.tasks(Split.EVAL)
# Six integers with reasons; a fraction and a closed form.
COUNTING = next(task for task in EVAL if task.family == "counting" and task.level == 5)
SUMS = next(task for task in EVAL if task.family == "sums" and task.level == 5)
MODES: list[dict[str, Any]] = [
    {"answer": answer, "scratchpad": scratchpad, "feedback": feedback}
    for answer in ("call", "reply")
    for scratchpad in (False, True)
    for feedback in (False, True)
]


def started(task: Task = COUNTING, **mode: Any) -> JsonMathEnv:
    env = JsonMathEnv(scratchpad=False, **mode)
    env.reset(options={"task": task})
    return env


def said(env: JsonMathEnv, text: str) -> tuple[str, bool, dict[str, Any]]:
    """Hand a document in as the mode has it; return the answer, whether the episode is over, and info."""
    action = call("submit", answer=text) if env.answer == "call" else text
    observation, _, terminated, truncated, info = env.step(action)
    return observation[0].content, terminated or truncated, info


def with_wrong_values(task: Task) -> str:
    return json.dumps({key: wrong(value) for key, value in gold(task).items()})


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: "-".join(map(str, mode.values())))
def test_the_system_prompt_says_what_the_mode_does(mode: dict[str, Any]) -> None:
    env = JsonMathEnv(**mode)
    prompt = env.system_prompt()
    assert ("`python`" in prompt) is mode["scratchpad"]
    assert ("`submit`" in prompt) is (mode["answer"] == "call")
    assert ("sent back" in prompt) is mode["feedback"]
    assert ("`submit` once" in prompt) is (mode["answer"] == "call" and not mode["feedback"])
    assert ("reply" in prompt) is (mode["answer"] == "reply")
    assert "{" not in prompt
    names = [function.__name__ for function in env.make_tools()]
    assert names == ["python"] * mode["scratchpad"] + ["submit"] * (mode["answer"] == "call")


def test_an_unknown_way_to_answer_is_refused() -> None:
    with pytest.raises(UsageError, match="answer: there is no way to answer named 'repyl': did you mean 'reply'"):
        JsonMathEnv(answer="repyl")  # type: ignore[arg-type]


def test_a_reply_is_the_answer_and_ends_the_episode() -> None:
    env = started(answer="reply")
    assert env.tools == ()
    answer, over, info = said(env, f"\n{gold_text(COUNTING)}\n")
    assert (answer, over) == ("Submitted.", True)
    assert (info["stop_reason"], info["malformed_calls"]) == (StopReason.SUBMITTED, 0)
    assert info["reward"].value == 1.0


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "empty"),
        ("The answer: {}", "text_before"),
        ('{"count": 1}\nDone.', "text_after"),
        ('```json\n{"count": 1}\n```', "fence"),
    ],
)
def test_a_reply_is_judged_as_strictly_as_any_other_answer(text: str, rule: str) -> None:
    _, over, info = said(started(answer="reply"), text)
    assert over
    assert info["reward"].value == 0.0
    assert info["reward"].components[0].data["rule"] == rule


def test_a_call_of_a_tool_that_is_not_there_is_no_reply() -> None:
    env = started(answer="reply")
    _, _, terminated, _, info = env.step(call("submit", answer=gold_text(COUNTING)))
    assert (terminated, info["malformed_calls"]) == (False, 1)


def test_without_that_mode_a_reply_is_no_answer() -> None:
    env = started()
    observation, _, terminated, _, info = env.step(gold_text(COUNTING))
    assert (terminated, info["malformed_calls"]) == (False, 1)
    assert "No tool was called" in observation[0].content


@pytest.mark.parametrize("answer", ["call", "reply"])
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"count": 007}', ["leading zero at line 1, column 11", '{"count": 007}', "^", "Write the number without"]),
        ('{"count": 7,\n "count": 8}', ["duplicate key at line 2, column 2"]),
        ("{}", ["$: missing: count, period, hits_per_period, "]),
        ('{"count": "7"}', ['$.count: write an integer in plain digits, as 7 (not 7.0 or "7"), not "7"']),
        ("[]", ["$: write an object in curly brackets, not a list"]),
    ],
)
def test_a_broken_format_is_sent_back_with_what_to_mend(
    answer: Literal["call", "reply"], text: str, told: list[str]
) -> None:
    env = started(answer=answer, feedback=True)
    said_back, over, info = said(env, text)
    assert not over
    assert info["malformed_calls"] == 0
    for part in told:
        assert part in said_back
    assert said_back.endswith("It can be sent 3 more times.")
    _, over, info = said(env, gold_text(COUNTING))
    assert (over, info["reward"].value) == (True, 1.0)


@pytest.mark.parametrize("change", ["values", "reasons", "relations"])
def test_nothing_is_ever_told_of_values(change: str) -> None:
    changed = gold(COUNTING)
    for key in changed if change == "values" else COUNTING.secret["reasons"]:  # type: ignore[union-attr]
        changed[str(key)] = wrong(changed[str(key)])
    assert format_fault(COUNTING, json.dumps(changed).encode()) == ""
    answer, over, info = said(started(feedback=True), json.dumps(changed))
    assert (answer, over, info["reward"].value) == ("Submitted.", True, 0.0)


@pytest.mark.parametrize("answer", ["call", "reply"])
def test_a_schema_that_is_none_is_the_verifiers_fault(answer: Literal["call", "reply"]) -> None:
    broken = COUNTING.model_copy(update={"secret": {**COUNTING.secret, "schema": {"type": 7}}})
    env = started(broken, answer=answer, feedback=True)
    with pytest.raises(VerifierFault, match="json-math/eval/"):
        said(env, "{}")


@pytest.mark.parametrize("task", [COUNTING, SUMS], ids=lambda task: task.family)
def test_what_is_told_depends_on_the_prompt_and_the_document_alone(task: Task) -> None:
    other = task.model_copy(
        update={"secret": {**task.secret, "gold": {key: wrong(value) for key, value in gold(task).items()}}}
    )
    for cheat in JsonMathEnv.cheats.values():
        for message in cheat(task):
            for made in message.tool_calls:
                document = json.loads(made.arguments)["answer"].encode("utf-8", "surrogatepass")
                assert format_fault(task, document) == format_fault(other, document)


def test_the_first_document_with_the_right_format_counts() -> None:
    env = started(feedback=True)
    assert not said(env, "{")[1]
    _, over, info = said(env, with_wrong_values(COUNTING))
    assert (over, info["reward"].value) == (True, 0.0)


def test_after_the_last_retry_a_document_counts_whatever_its_format() -> None:
    env = started(feedback=True)
    for left in range(MAX_RETRIES, 0, -1):
        answer, over, _ = said(env, "{")
        assert not over
        assert (f"{left} more times" if left > 1 else "once more, and then it counts") in answer
    _, over, info = said(env, "{")
    assert over
    assert info["reward"].components[0].data["rule"] == "syntax"


def test_the_last_document_counts_if_turns_run_out() -> None:
    env = JsonMathEnv(scratchpad=False, feedback=True, max_turns=2)
    env.reset(options={"task": COUNTING})
    said(env, "{")
    _, over, info = said(env, "[1,]")
    assert (over, info["stop_reason"]) == (True, StopReason.MAX_TURNS)
    assert info["reward"].components[0].data["rule"] == "trailing_comma"


def test_retries_and_documents_do_not_outlive_their_episode() -> None:
    env = started(feedback=True)
    for _ in range(MAX_RETRIES):
        said(env, "{")
    env.reset(options={"task": COUNTING})
    assert not said(env, "{")[1]
    env.reset(options={"task": COUNTING})
    assert env.conclude(StopReason.MAX_TURNS).components[0].evidence == "nothing was submitted"


@pytest.mark.parametrize(
    "mode", [{"answer": "reply"}, {"feedback": True}, {"answer": "reply", "feedback": True}], ids=str
)
def test_the_panel_gains_nothing_in_any_mode(mode: dict[str, Any]) -> None:
    env = JsonMathEnv(**{**mode, "scratchpad": False})
    stage = Stage(env, 1)
    for task in (COUNTING, SUMS):
        assert stage.play(task, env.oracle).value == 1.0
        assert stage.play(task, env.noop).value == 0.0
        for name, script in env.cheats_for(task).items():
            assert stage.play(task, script).value == 0.0, name
            messages: Iterable[Message] = script(task)
            assert not any(message.tool_calls for message in messages) or env.answer == "call"


@pytest.mark.parametrize("answer", ["call", "reply"])
@pytest.mark.parametrize("feedback", [False, True])
def test_doing_nothing_ends_once_its_document_counts(answer: Literal["call", "reply"], feedback: bool) -> None:
    env = JsonMathEnv(scratchpad=False, answer=answer, feedback=feedback)
    episode = run_episode(env, open_policy("noop"), COUNTING)
    assert len(episode.turns) == (1 + MAX_RETRIES if feedback else 1)
    assert episode.stop_reason is StopReason.SUBMITTED
    assert not any(turn.malformed_calls for turn in episode.turns)


def test_an_example_answers_as_the_mode_has_it() -> None:
    env = started(answer="reply")
    example, messages = env.examples(COUNTING, 1)[0]
    assert [message.content for message in messages] == [gold_text(example)]


def test_the_contract_holds_in_the_mode_without_calls() -> None:
    check_env(lambda **options: JsonMathEnv(scratchpad=False, answer="reply", **options), tasks=1).raise_for_failures()
