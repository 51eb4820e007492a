"""The calls of an episode, each with the answer to it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from agentgym.trajectory import Trajectory

# Models write whatever they like, and searching may take as long as the square of it.
MOST_READ = 2_000
_PARTS = re.compile(r"&&|\|\|?|;|\n")
_LOOKING = re.compile(r"(?:read|view|show|list|ls|search|find|grep|get|look|cat|inspect|run_tests?)(?=_|$|[A-Z])")
_LOOKS = re.compile(
    r"\s*(?:(?:ls|cat|head|tail|less|grep|rg|find(?!.* -(?:delete|exec|ok))|pwd|cd|stat|wc|file|id|whoami|which|echo"
    r"|printf|diff|tree|ps|getent|sort|uniq|true|pytest)\b|python3? -m (?:pytest|unittest)\b|sed -n\b"
    r"|git (?:log|status|diff|show)\b|\Z)"
)
# At the beginning of a part of a command, behind what may stand before a program's name.
_TESTS = re.compile(
    r"""[\s(]*(?:(?:ba|da)?sh\s+-\w*c\s+['"])?(?:\w+=\S*\s+)*(?:(?:sudo|time|timeout\s+\S+)\s+)*"""
    r"(?:(?:python[\d.]*\s+(?:-\w\s+)*-m\s+)?"
    r"(?:py\.?test|unittest|doctest|tox|nox|ctest|make\s+(?:test|check)|(?:npm|cargo|go|mvn|gradle)\s+(?:run\s+)?test)\b"
    r"(?![.\w])|python[\d.]*\s[^;&|\n]*\btest\w*\.py)"
)
_CHANGED_NOTHING = re.compile(r"nothing was changed", re.IGNORECASE)


class Call(NamedTuple):
    """One call.

    Attributes:
        turn: in which it was made, from 0.
        name: of the tool.
        arguments: what could be read of them; empty where they are no JSON object.
        written: the arguments as they were written.
        answer: what came back; empty where nothing did.
    """

    turn: int
    name: str
    arguments: Mapping[str, Any]
    written: str
    answer: str

    @property
    def texts(self) -> list[str]:
        """The arguments that are text, of long ones the beginning."""
        return [value[:MOST_READ] for value in self.arguments.values() if isinstance(value, str)]

    @property
    def runs_tests(self) -> bool:
        """Whether it is a tool that runs tests, or a command that does."""
        if re.search(r"(?:^|_)tests?(?:_|$)", self.name) is not None:
            return True
        command = self.arguments.get("command")
        if not isinstance(command, str):
            return False
        # Of a long one also the end: what writes a file, and then runs it.
        return any(map(_TESTS.match, _PARTS.split(command[:MOST_READ]) + _PARTS.split(command[-MOST_READ:])))

    @property
    def only_looks(self) -> bool:
        """Whether it surely changes nothing: a tool that looks or a command that does, or a change that failed."""
        if _LOOKING.match(self.name) or _CHANGED_NOTHING.search(self.answer):
            return True
        command = self.arguments.get("command")
        if not isinstance(command, str) or ">" in command or len(command) > MOST_READ:
            return False
        return all(map(_LOOKS.match, _PARTS.split(command)))

    @property
    def path(self) -> str | None:
        """The file that it is about, where it says so."""
        path = self.arguments.get("path")
        return path if isinstance(path, str) else None

    @property
    def shown(self) -> str:
        """The call as evidence shows it."""
        return f"{self.name}({self.written[:400]})"


def calls_of(trajectory: Trajectory) -> list[Call]:
    """Return all calls of an episode, in their order."""
    return list(_calls(trajectory))


def _calls(trajectory: Trajectory) -> Iterator[Call]:
    for number, turn in enumerate(trajectory.turns):
        # Ids may repeat within a message, so answers go by their place; a limit may have cut them off.
        answers = [message.content for message in turn.observation if message.role == "tool"]
        for place, made in enumerate(turn.completion.message.tool_calls):
            answer = answers[place] if place < len(answers) else ""
            yield Call(number, made.name, _read(made.arguments), made.arguments, answer)


def _read(arguments: str) -> dict[str, Any]:
    try:
        value = json.loads(arguments)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
