"""Sampling from the very model that is trained, in this process, by exact tokens."""

from __future__ import annotations

import copy
import threading
import time
from collections import Counter
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

from agentgym import policy
from agentgym.policies.exact import ExactModel, Sampled
from agentgym.policies.rendering import TemplateRenderer
from agentgym.policies.request import switches
from agentgym.policies.template_check import check_template
from agentgym.policy import Policy, RetryReason
from agentgym.task import derive_seed
from agentgym.trainers.sampling.append_only import require_append_only
from agentgym.trainers.sampling.generation import Answer, Question, logprobs, sample
from agentgym.trainers.sampling.lockstep import Lockstep
from agentgym.trainers.settings import PolicySettings

if TYPE_CHECKING:
    from agentgym.env import AgentEnv
    from agentgym.trainers.adapters.model import Loaded

__all__ = ["InProcess", "logprobs"]

_Table = Lockstep[Question, Answer]


class InProcess:
    """A policy source that samples from a model in memory, all episodes of a round at once.

    The adapter counts as it is at that moment; with `adapter=False` the model without it is sampled from. Deadlines do
    not count here: there is no server that may have gone, and an episode waits as long as the others of its round.
    """

    name: str

    def __init__(self, loaded: Loaded, settings: PolicySettings, *, seed: int, adapter: bool = True) -> None:
        """Say what is sampled from.

        Args:
            loaded: the model; nobody else may compute with it while answers are sampled.
            settings: how it is sampled from.
            seed: of sampling, together with the one of each episode.
            adapter: whether with its adapter.

        Raises:
            UsageError: the family has no exact tokens, or its thinking is to be switched, and cannot be.
        """
        model = loaded.profile.models[0].name if loaded.profile.models else loaded.profile.name
        self.name = f"in-process:{model}" + ("" if adapter else " without its adapter")
        self._seed = seed
        self._model = _Model(model, loaded, settings, adapter=adapter)
        self._table: _Table | None = None

    def preflight(self, env_ids: Sequence[str] = ()) -> None:
        """Fail if the template leaves out tools, or is not append-only where a tool's result follows.

        Raises:
            UsageError: it does, or the tokenizer is of another family.
        """
        never = time.monotonic() + policy.MOST_SECONDS
        ends = self._model.ends(deadline=never)
        check_template(self._model.renderer, ends, deadline=never)
        require_append_only(self._model.renderer, ends, deadline=never)

    def round(self, players: int) -> PlayedRound:
        """Return a round of so many episodes: their answers are sampled together when all that play wait for one.

        There is one round at a time. All players must be able to play at the same time, each must leave, and policies
        of the round are made while it lasts.
        """
        return PlayedRound(self, players)

    def for_episode(self, env: AgentEnv, *, seed: int, sample: int = 0) -> Policy:
        """Return a policy for one episode, of the round that is open, if one is."""
        return self._model.seated(self._table).policy(seed=derive_seed(self._seed, seed))

    def close(self) -> None:
        """Nothing is held."""


class PlayedRound:
    """Episodes that begin together and wait for one another's answers."""

    def __init__(self, source: InProcess, players: int) -> None:
        self._source = source
        self._table = _Table(source._model.answer, players)

    def __enter__(self) -> Self:
        """Seat the players."""
        if self._source._table is not None:
            raise RuntimeError("a round is being played, and there is one at a time")
        self._source._table = self._table
        return self

    def leave(self) -> None:
        """One of the players has ended its episode, however it ended."""
        self._table.leave()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the round; whoever still waits for an answer gets none."""
        self._source._table = None
        self._table.close()


class _Model(ExactModel):
    """The model, asked for many answers at once."""

    def __init__(self, name: str, loaded: Loaded, told: PolicySettings, *, adapter: bool) -> None:
        settings = policy.PolicySettings(
            api="tokens", temperature=told.temperature, max_tokens=told.max_tokens, thinking=told.thinking
        )
        told_template = switches(name, loaded.profile, settings)
        renderer = TemplateRenderer(loaded.tokenizer, switches=told_template, context=loaded.context)
        super().__init__(name, loaded.profile, settings, renderer)
        self._loaded = loaded
        self._temperature = told.temperature
        self._adapter = adapter
        self._sampling = threading.Lock()
        self._table: _Table | None = None

    def seated(self, table: _Table | None) -> _Model:
        """Return the same model as one episode asks it: from a seat at a table, or by itself."""
        other = copy.copy(self)
        other._table = table
        return other

    def sample(
        self,
        prompt_ids: Sequence[int],
        *,
        max_tokens: int,
        seed: int,
        deadline: float,
        tried: Counter[RetryReason] | None = None,
    ) -> Sampled:
        """Return what the model says to a prompt, as `ExactModel` says."""
        question = Question(tuple(prompt_ids), max_tokens, seed)
        answer = self._table.ask(question) if self._table else self.answer([question])[0]
        text = self.renderer.text(answer.ids[: len(answer.ids) - answer.ended], deadline=deadline)
        return Sampled(text, answer.ids, answer.logprobs, "stop" if answer.ended else "length")

    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        """Return an answer to each question, sampled together."""
        stop = self._stop()
        with self._sampling:
            return sample(
                self._loaded.model, questions, stop=stop, temperature=self._temperature, adapter=self._adapter
            )

    def _stop(self) -> frozenset[int]:
        """Return the tokens that end an answer: the family's, and those that the weights come with."""
        told = self._loaded.model.generation_config.eos_token_id
        also = [] if told is None else [told] if isinstance(told, int) else told
        return frozenset((*self.ends(deadline=time.monotonic() + policy.MOST_SECONDS).stop, *also))
