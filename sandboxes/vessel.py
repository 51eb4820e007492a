"""A started box with its agent answering: what a backend makes, what a pool keeps ready, what a `Sandbox` works in.

A backend subclasses `Vessel` and says only how a box is started, ended and looked at. To start one:

1. start the box with `agent_command()` as its main process (its pid 1 if that can be had, as root of the box with the
   capabilities in `AGENT_CAPABILITIES` plus the spec's), its stdin and stdout connected to a `Transport`;
2. return that transport from `_start`; `open` then sends the agent's source and its settings over it and waits for
   its answer. The source travels over the channel, so no file in the box can alter it.

The agent ends everything and exits when its stdin ends.
"""

from __future__ import annotations

import abc
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple, Self

from agentgym.errors import SandboxLost
from agentgym.sandbox import Health, SandboxSpec
from agentgym.sandboxes.agent import BoxChannel, ChannelDead
from agentgym.sandboxes.diagnosis import Evidence, judge
from agentgym.sandboxes.lines import IN_TURN, Line, LineEnded, Lines
from agentgym.sandboxes.transport import Frame, Transport

log = logging.getLogger(__name__)

START_TIMEOUT_S = 30.0
PING_TIMEOUT_S = 10.0
CLEAR_S = 40.0


class Changes(NamedTuple):
    """Where a box's files differ from its image's.

    Attributes:
        changed: paths, one by one.
        whole: folders with all that is below them.
        removed: paths that the image has and the box has not, or has as something else.
    """

    changed: list[str]
    whole: list[str]
    removed: list[str]


class Vessel(abc.ABC):
    """One box as its backend keeps it: opened once, closed once, never used for a second episode as it is.

    A backend implements `_start`, `_end`, `_look` and `changes`, and may refine `_settings`, `_last_words`,
    `oom_kills` and `renew`.

    Attributes:
        oom_kills_before: how many kills for memory there had been when last counted, before and after each command.
        carries_descriptors: the transport is a socket between this program and the agent, with nobody between.
    """

    carries_descriptors = False

    def __init__(self, spec: SandboxSpec, *, name: str) -> None:
        self.spec = spec
        self.name = name
        self._channel: BoxChannel | None = None
        self._lines: Lines | None = None
        self._closing = threading.RLock()
        self.oom_kills_before: int | None = None
        self.on_close: Callable[[Vessel], None] = lambda vessel: None

    # What a backend says.

    @abc.abstractmethod
    def _start(self) -> Transport:
        """Start the box with `agent_command()` inside and return the stream to it.

        Raises:
            SandboxLost: it could not be started.
            BackendUnavailable: the engine or program does not answer.
        """

    @abc.abstractmethod
    def _end(self) -> None:
        """End every process of the box and give everything back. Must be idempotent, and safe on half a start."""

    @abc.abstractmethod
    def _look(self) -> Evidence:
        """Say what can be seen from outside of a box whose agent is silent; never raises, answers within seconds."""

    def oom_kills(self) -> int | None:
        """Return how many processes of the box the kernel has killed for memory; None if nobody counts."""
        return None

    @abc.abstractmethod
    def changes(self) -> Changes:
        """Say where the box's files may differ from the image's.

        Raises:
            SandboxLost: whoever keeps the box cannot say.
        """

    def count_oom_kills(self) -> int | None:
        """Return the number of kills for memory, and remember it where there is one."""
        kills = self.oom_kills()
        if kills is not None:
            self.oom_kills_before = kills
        return kills

    def renew(self) -> bool:
        """Make the box as good as new, its agent kept; return False where only another box will do.

        Raises:
            ChannelDead: the agent does not answer.
        """
        return False

    def _open_lines(self) -> None:
        """Connect to a worker, which gets ready for the first command meanwhile."""
        if self.carries_descriptors:
            self._lines = Lines(self._connect)
            self._lines.open_one()

    def _clear(self) -> bool:
        """End everything in the box but its agent; return whether all of it ended."""
        if self._lines is not None:
            self._lines.close()
        answer = self.ask("clear", {}, timeout_s=CLEAR_S)
        return not answer.header.get("survivors")

    def _settings(self) -> dict[str, Any]:
        """Return the in-box agent's settings.

        A backend may add or change `nproc` (RLIMIT_NPROC per user, only where the box has its own user ids),
        `single_id` (only one user id exists), `address_space_mib` (RLIMIT_AS, where no cgroup holds memory),
        `die_with_parent` (only where the agent's parent is a program of one thread) and `files` (path to text, written
        as the box starts).
        """
        return {
            "user": self.spec.user,
            "workdir": self.spec.workdir,
            "capabilities": list(self.spec.linux_capabilities),
            "threads": max(1, round(self.spec.cpus)),
            "nproc": None,
            "single_id": False,
            "address_space_mib": None,
            "die_with_parent": False,
            "files": {},
        }

    def _last_words(self) -> str:
        """Return what the box's starter printed before it failed, for the error message."""
        return ""

    # What every backend shares.

    def open(self) -> Self:
        """Start the box and its agent.

        Raises:
            SandboxLost: the box or its agent did not come up; nothing of it is left.
        """
        with self._closing:  # whoever closes waits for it
            try:
                self._channel = BoxChannel(self._start(), name=self.name)
                answer = self._channel.start(self._settings(), timeout_s=START_TIMEOUT_S)
            except BaseException as error:
                self.close()
                if isinstance(error, ChannelDead):
                    raise SandboxLost(f"box {self.name} did not come up: {error}{self._last_words()}") from error
                raise
            if "error" in answer.header:
                self.close()
                raise SandboxLost(f"box {self.name} could not be prepared: {answer.header['error']}")
            self._open_lines()
            return self

    def rehearse(self) -> None:
        """Run `true` on every line, so that the first command asked for finds all that it touches in memory.

        Raises:
            ChannelDead: the agent does not answer.
        """
        fields = {"argv": ["true"], "timeout_s": PING_TIMEOUT_S, "cwd": "/", "env": {}, "user": self.spec.user}
        for _ in range(IN_TURN):
            self.ask("exec", fields, timeout_s=PING_TIMEOUT_S)

    def ask(self, op: str, fields: Mapping[str, Any], payload: bytes = b"", *, timeout_s: float) -> Frame:
        """Ask the agent and return its answer.

        Raises:
            ChannelDead: it did not answer; `diagnose` says why.
        """
        line = self._lines.take() if self._lines and op == "exec" else None
        if line is not None:
            return self._ask_worker(line, op, fields, payload, timeout_s)
        return self._open_channel().call(op, fields, payload, timeout_s=timeout_s)

    def _ask_worker(self, line: Line, op: str, fields: Mapping[str, Any], payload: bytes, timeout_s: float) -> Frame:
        lines, usable = self._lines, False
        try:
            answer = line.call(op, fields, payload, timeout_s=timeout_s)
            usable = bool(answer.header.get("spare"))
            return answer
        except TimeoutError as error:
            raise ChannelDead(f"the in-box agent did not answer {op!r} within {timeout_s:.0f} s") from error
        except LineEnded as error:
            if not self.answers():
                raise ChannelDead("the in-box agent closed its channel") from error
            return Frame({"error": "broken", "message": "the process that kept a command was killed"}, b"")
        finally:
            if lines is not None:
                lines.give_back(line, usable=usable)

    def _open_channel(self) -> BoxChannel:
        channel = self._channel
        if channel is None:
            raise ChannelDead("the box was closed")
        return channel

    def _connect(self) -> int | None:
        try:
            return self._open_channel().connect(timeout_s=PING_TIMEOUT_S)
        except ChannelDead:
            return None  # the request itself will tell, and has more time

    @property
    def ended(self) -> bool:
        """Whether the box is known to have ended, without asking it."""
        channel = self._channel
        return channel is None or channel.ended

    def answers(self) -> bool:
        """Whether the agent answers."""
        try:
            self.ask("ping", {}, timeout_s=PING_TIMEOUT_S)
        except ChannelDead:
            return False
        return True

    def _stopped_keepers(self) -> int | None:
        """Return how many of those that keep commands were stopped; None if the agent does not answer."""
        try:
            return int(self._open_channel().call("ping", {"look": True}, timeout_s=PING_TIMEOUT_S).header["stopped"])
        except ChannelDead:
            return None

    def diagnose(self) -> tuple[Health, str]:
        """Say who ended a box whose agent was silent, BROKEN or LOST, and why; the evidence is logged."""
        evidence = self._look()
        if evidence.running:
            evidence = replace(evidence, stopped=self._stopped_keepers())
        health, why = judge(evidence)
        log.warning("box %s is %s: %s (%s)", self.name, health, why, evidence)
        return health, why

    def close(self) -> None:
        """End every process of the box and give everything back. Closing twice is harmless; survives Ctrl-C."""
        with self._closing:
            try:
                self._teardown()
            except KeyboardInterrupt:
                self._teardown()
                raise

    def _teardown(self) -> None:
        try:
            self._end()
        finally:
            if self._lines is not None:
                self._lines.close()
            channel, self._channel = self._channel, None
            if channel is not None:
                channel.close()
        self.on_close(self)
