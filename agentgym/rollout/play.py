"""Playing episodes one after another in a world that may fail: what a rollout and a trainer's groups share."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from agentgym import plugins
from agentgym.env import AgentEnv
from agentgym.errors import BackendUnavailable, InfrastructureError, PolicyUnavailable, SandboxLost, VerifierFault
from agentgym.policy import PolicySource
from agentgym.rollout.config import SandboxConfig
from agentgym.rollout.episode import Limits, identify, run_episode
from agentgym.sandbox import SandboxBackend
from agentgym.setups import SharedSetups
from agentgym.task import Split, Task
from agentgym.trajectory import Failure, FailureKind, Trajectory, Turn

log = logging.getLogger(__name__)

# What is worth playing again at once: a box or a server may come back. A verifier's fault would only repeat itself.
# A missing image or an unenforceable control is the same for every episode: not listed, they stop everything.
REPLAYS: dict[type[InfrastructureError], int] = {
    SandboxLost: 2,
    BackendUnavailable: 2,
    PolicyUnavailable: 1,
    VerifierFault: 0,
}
KINDS: dict[type[InfrastructureError], FailureKind] = {
    SandboxLost: FailureKind.INFRA_SANDBOX,
    BackendUnavailable: FailureKind.INFRA_SANDBOX,
    PolicyUnavailable: FailureKind.INFRA_POLICY,
    VerifierFault: FailureKind.INFRA_VERIFIER,
}


@dataclass(frozen=True)
class Stage:
    """Where episodes are played: everything that environments are made from.

    Attributes:
        sandbox: which boxes, and what is changed about them.
        backend: where boxes come from; None if no task that is played ever has one.
        split: where environments draw from by themselves.
        max_turns: overrides the environments' own limit.
        options: what environments are made with, by id, where that is not as they are by themselves.
    """

    sandbox: SandboxConfig
    backend: SandboxBackend | None
    split: Split
    max_turns: int | None
    options: Mapping[str, Mapping[str, Any]]

    def make(self, env_id: str) -> AgentEnv:
        """Return an environment; nothing is opened yet."""
        env: AgentEnv = plugins.environment_class(env_id)(
            sandbox=self.backend if self.backend is not None else self.sandbox.backend,
            split=self.split,
            max_turns=self.max_turns,
            sandbox_overrides=self.sandbox.overrides(),
            **self.options.get(env_id, {}),
        )
        return env


@dataclass
class EpisodePlayer:
    """What one thread keeps between its episodes: its environments, each made when it is first played.

    Attributes:
        stage: where is played.
        source: gives the policies.
        limits: what one episode may take.
        setups: shared by all threads, so that each task is set up once; None for no sharing.
        stopping: set when nothing more is to be played.
        on_turn: told of each turn as it ends.
    """

    stage: Stage
    source: PolicySource
    limits: Limits
    setups: SharedSetups | None = None
    stopping: threading.Event = field(default_factory=threading.Event)
    on_turn: Callable[[Turn], None] = lambda turn: None
    _envs: dict[str, AgentEnv] = field(default_factory=dict)
    _opened: ExitStack = field(default_factory=ExitStack)

    def play(
        self,
        env_id: str,
        task: Task,
        *,
        sample: int,
        seed: int,
        on_loss: Callable[[Trajectory], None] = lambda loss: None,
    ) -> Trajectory | None:
        """Play one episode, again if the world takes it away and there is hope.

        Args:
            env_id: where.
            task: what.
            sample: which one of the task's group of episodes this is.
            seed: seeds the policy's sampling, the same in every attempt.
            on_loss: told of each attempt that was lost, the last one included.

        Returns:
            The finished episode; where the world took it away for good, its last loss, which has a `failure`; None if
            it was given up because everything stops.

        Raises:
            InfrastructureError: what is the same for every episode, as a missing image.
        """
        env = self.env(env_id)
        attempt = 0
        while True:
            attempt += 1
            try:
                episode = run_episode(
                    env, self.source, task, sample=sample, seed=seed, limits=self.limits, on_turn=self.on_turn
                )
                return episode.model_copy(update={"attempt": attempt})
            except tuple(REPLAYS) as error:
                if self.stopping.is_set():
                    return None
                log.warning("%s#%d was lost (attempt %d): %s", task.id, sample, attempt, error)
                loss = self._loss(env, task, sample, seed, attempt, error)
                on_loss(loss)
                if attempt > REPLAYS[_kind_of(error)]:
                    return loss
                self.stopping.wait(random.uniform(0.5, 1.0) * 2 ** (attempt - 1))

    def env(self, env_id: str) -> AgentEnv:
        """Return this thread's environment of an id."""
        if env_id not in self._envs:
            self._envs[env_id] = self.stage.make(env_id)
            self._envs[env_id].setups = self.setups
            self._opened.callback(self._envs[env_id].close)
        return self._envs[env_id]

    def close(self) -> None:
        """Close the environments. Closing twice is harmless."""
        self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _loss(
        self, env: AgentEnv, task: Task, sample: int, seed: int, attempt: int, error: InfrastructureError
    ) -> Trajectory:
        return Trajectory(
            **identify(env, self.source, task, sample=sample, seed=seed),
            prompt=(),
            turns=(),
            stop_reason=None,
            reward=None,
            failure=Failure(kind=KINDS[_kind_of(error)], error=type(error).__name__, message=str(error)),
            attempt=attempt,
            started_at=time.time(),
        )


def _kind_of(error: InfrastructureError) -> type[InfrastructureError]:
    return next(kind for kind in REPLAYS if isinstance(error, kind))
