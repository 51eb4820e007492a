"""Problems in exact mathematics whose answer must be exactly one JSON document of a given schema."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field

from agentgym.env import AgentEnv, Artefacts, Script
from agentgym.environments.json_math import verify
from agentgym.environments.json_math.cheats import CHEATS, gold_text
from agentgym.environments.json_math.tasks import similar_train_indices, task_set
from agentgym.message import Message, call
from agentgym.reward import Reward
from agentgym.sandbox import ExecReason, ExecResult, Sandbox, SandboxSpec
from agentgym.task import Split, Task, TaskSet
from agentgym.tool import clip

ANSWER = "answer.json"
SCRIPT_TIMEOUT_S = 10.0
MAX_OUTPUT_CHARS = 4_000

SYSTEM_PROMPT = """\
Solve problems in exact arithmetic. {scratchpad}Call `submit` once, with the answer as the text of one JSON document.
It must fit the given JSON Schema and stand alone: no code block, comment or other text around it. Give every key once,
write integers as plain digits (7, not 7.0 or "7"), and use no invisible characters."""
SCRATCHPAD_PROMPT = "Use `python` to compute; it prints what your script prints. "


def _document_text(value: Any) -> Any:
    """Answer a document that was passed as a JSON value with the text that should have been passed."""
    if isinstance(value, str):
        return value
    shown = clip(json.dumps(json.dumps(value)), limit=400, how_to_see_more="write all of yours like this")
    raise ValueError(f"must be the JSON document as text, in quotes, not a JSON value: {shown}")


Document = Annotated[
    str,
    BeforeValidator(_document_text),
    Field(description='the JSON document as text, for example "{\\"answer\\": 5}"'),
]


class JsonMathEnv(AgentEnv):
    """Exact mathematics with a strict answer: one JSON document, judged part by part."""

    id = "agentgym/JsonMath-v1"
    summary = "solve multi-part mathematics exactly and answer with one strict JSON document"
    sandbox_spec: ClassVar[SandboxSpec | None] = SandboxSpec(memory_mib=256, pids=32, disk_mib=32)
    opens_box_late = True
    max_turns = 10
    cheats: ClassVar[Mapping[str, Script]] = CHEATS

    def __init__(self, *, scratchpad: bool = True, **options: Any) -> None:
        """Make an environment.

        Args:
            scratchpad: whether the policy has a `python` tool. Without it no box is ever opened.
            options: see `AgentEnv`.
        """
        super().__init__(**options)
        self.scratchpad = scratchpad

    @classmethod
    def tasks(cls, split: Split) -> TaskSet:
        """Return the tasks of a split."""
        return task_set(split, version=cls.id)

    def spec_in_use(self) -> SandboxSpec | None:
        """Return the sandbox spec; None without a scratchpad, as only that runs anything."""
        return super().spec_in_use() if self.scratchpad else None

    def system_prompt(self) -> str:
        """Return how to act and the rules that every answer must keep."""
        return SYSTEM_PROMPT.format(scratchpad=SCRATCHPAD_PROMPT if self.scratchpad else "")

    def make_tools(self) -> Sequence[Callable[..., str]]:
        """Return `python`, unless it is switched off, and `submit`."""

        def python(code: Annotated[str, Field(description="a Python 3 script; print what you want to see")]) -> str:
            """Run a script with the Python 3 standard library, for at most 10 seconds, and return what it prints."""
            result = self.box.exec(["python3", "-"], stdin=code.encode("utf-8", "replace"), timeout_s=SCRIPT_TIMEOUT_S)
            return _script_output(result)

        def submit(answer: Document) -> str:
            """Hand in the answer and end the task."""
            # Lone surrogates are kept, for the verifier to name; an encoding error would be the environment's fault.
            return self.hand_in({ANSWER: answer.encode("utf-8", "surrogatepass")})

        return (python, submit) if self.scratchpad else (submit,)

    def collect(self, box: Sandbox, task: Task) -> Artefacts:
        """Return nothing: the answer is the policy's word, and nothing in its box counts."""
        return {}

    def verify(self, task: Task, artefacts: Artefacts, fresh_box: Callable[[], Sandbox]) -> Reward:
        """Judge the submitted document."""
        return verify.verify(task, artefacts.get(ANSWER))

    def oracle(self, task: Task) -> Iterable[Message]:
        """Submit a right answer."""
        yield call("submit", answer=gold_text(task))

    def noop(self, task: Task) -> Iterable[Message]:
        """Submit an empty object."""
        yield call("submit", answer="{}")

    def examples(self, task: Task, count: int) -> list[tuple[Task, list[Message]]]:
        """Return solved train tasks of the same family and level, each solved by one call."""
        train = self.tasks(Split.TRAIN)
        others = [train[index] for index in similar_train_indices(task, count)]
        return [(other, list(self.oracle(other))) for other in others]


def _script_output(result: ExecResult) -> str:
    """Return what a script printed and how it ended, if not well."""
    endings = {
        ExecReason.EXITED: f"exit status {result.exit_code}",
        ExecReason.SIGNALED: f"killed by signal {result.signal}",
        ExecReason.TIMEOUT: f"stopped after {SCRIPT_TIMEOUT_S:.0f} s",
        ExecReason.OOM: "stopped: out of memory",
        ExecReason.OUTPUT_LIMIT: "stopped: too much output",
    }
    text = clip(result.text, limit=MAX_OUTPUT_CHARS, how_to_see_more="print less")
    if result.ok:
        return text or "(no output)"
    return f"{text}\n[{endings[result.reason]}]".lstrip()
