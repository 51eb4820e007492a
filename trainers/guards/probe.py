"""The start-up canary: sampler and trainer must agree on log-probabilities, with an adapter and without."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from agentgym.env import AgentEnv
from agentgym.errors import UsageError
from agentgym.message import Message
from agentgym.policy import PolicySource
from agentgym.trainers.guards.scoring import Gap, Rows, Scores, beyond, gap
from agentgym.trainers.guards.synthetic import synthetic_adapter
from agentgym.trainers.settings import RailSettings

_SEED = 8
_ANSWER_S = 300.0
# How far the adapter moves log-probabilities in the mean: as much as this, and as so many times the gap without it.
_EFFECT, _TIMES_GAP = 0.2, 4.0
# An adapter that lacks a part is what the sampler has if it leaves no more than this share of the gap.
_EXPLAINED = 0.5


@dataclass(frozen=True)
class Probe:
    """What the canary saw.

    Attributes:
        base: sampler and trainer without an adapter.
        adapter: both with a synthetic one.
        effect: how far the synthetic adapter moves the trainer's own log-probabilities.
    """

    base: Gap
    adapter: Gap
    effect: Gap

    def line(self) -> str:
        """Return it in one line, for a terminal."""
        return (
            f"|Δlogp| of sampler and trainer: {self.base} without an adapter; {self.adapter} with one that moves them "
            f"by {self.effect.mean:.2g} in the mean"
        )


def probe(
    model: Any,
    *,
    base: Callable[[], PolicySource],
    publish: Callable[[Any], PolicySource],
    prompts: Sequence[str],
    rails: RailSettings,
    max_tokens: int = 32,
    temperature: float = 1.0,
) -> Probe:
    """Compare, with and without a synthetic adapter; the model's adapter is afterwards what it was before.

    The sampler keeps the synthetic adapter: publish the model once more before anything is played.

    Args:
        model: a PEFT model.
        base: gives the sampler without an adapter.
        publish: hands the model's adapter to the sampler, as it is then, and gives the sampler with it.
        prompts: user messages that are answered.
        rails: the tolerances.
        max_tokens: of each answer that are compared; how many are sampled is up to the sources.
        temperature: that the sampler samples at, whose log-probabilities are those of the tempered distribution.

    Raises:
        UsageError: they do not agree, or the sampler ignores the adapter, or a part of it; says by how much, and what
            to do.
        PolicyUnavailable: the sampler did not answer.
    """
    scored = Scores(model, temperature)
    plain = _sampled(base(), prompts, max_tokens)
    without = gap(plain.logprobs, scored.without_adapter(plain))
    if beyond(without, rails):
        raise UsageError(_base_differs(without, rails))
    with synthetic_adapter(model) as adapter:
        adapter.grow_until_felt(scored, plain, at_least=max(_EFFECT, _TIMES_GAP * without.mean))
        moved = _sampled(publish(model), prompts, max_tokens)
        ours, bare = scored.with_adapter(moved), scored.without_adapter(moved)
        seen, ignored = Probe(without, gap(moved.logprobs, ours), gap(ours, bare)), gap(moved.logprobs, bare)
        left_out, nearest = adapter.explain(scored, moved)
    explained = _EXPLAINED * seen.adapter.mean
    # With every part taken out, the two are the same but for rounding.
    if ignored.mean <= min(explained, 2 * nearest.mean):
        raise UsageError(_adapter_ignored(seen, ignored))
    if nearest.mean < explained:
        raise UsageError(_part_ignored(seen, nearest, left_out))
    if beyond(seen.adapter, rails):
        raise UsageError(_adapter_differs(seen, rails))
    return seen


class _NoTask(AgentEnv):
    """What a source is given where no task is played."""

    id = "agentgym/Probe-v1"
    summary = "questions without a task"
    sandbox_spec = None


def _sampled(source: PolicySource, prompts: Sequence[str], max_tokens: int) -> Rows:
    """Have each prompt answered; answers are cut to so many tokens."""
    rows = Rows([], [])
    env = _NoTask()
    for number, prompt in enumerate(prompts):
        policy = source.for_episode(env, seed=_SEED + number)
        said = policy.act([Message(role="user", content=prompt)], (), deadline=time.monotonic() + _ANSWER_S)
        if said.prompt_token_ids is None or said.completion_token_ids is None or said.logprobs is None:
            raise UsageError(f"{source.name} tells no exact tokens, which training needs")
        if not said.completion_token_ids:
            raise UsageError(
                f"{source.name} says nothing to {prompt!r}, or its context is too short for it: serve it with a longer "
                "one (vLLM takes --max-model-len N)"
            )
        rows.ids.append((*said.prompt_token_ids, *said.completion_token_ids[:max_tokens]))
        rows.logprobs.append([*said.logprobs[:max_tokens]])
    return rows


def _base_differs(seen: Gap, rails: RailSettings) -> str:
    return (
        f"sampler and trainer do not agree on the model itself, without an adapter: |Δlogp| has {seen}, and "
        f"{_tolerances(rails)}. Likely, in this order: they compute in different precision (model.dtype, and the "
        "server's --dtype); the server tells log-probabilities from before temperature (vLLM needs --logprobs-mode "
        "processed_logprobs, as `agentgym serve MODEL --rl` has it); it serves other weights than model.folder, or "
        "with another tokenizer; its weights or its KV cache are quantised. If such a gap is meant, as with an FP8 "
        "server, raise rails.probe_mean and rails.probe_max"
    )


def _adapter_ignored(seen: Probe, ignored: Gap) -> str:
    return (
        f"the server answers as if the adapter was not there: it moves the trainer's log-probabilities by "
        f"{seen.effect}, while the server's are those without it, up to {ignored}. What is learnt would never be "
        "sampled. "
        "Take another version of vLLM: `agentgym models show MODEL` lists the bugs that are known; or train only "
        "modules that it applies adapters to (lora.target_modules)"
    )


def _part_ignored(seen: Probe, nearest: Gap, left_out: Iterable[str]) -> str:
    return (
        f"the server leaves out a part of the adapter: |Δlogp| of sampler and trainer has {seen.adapter} with all of "
        f"it, and {nearest} without its part for {', '.join(left_out)}. Take another version of vLLM: `agentgym models "
        "show MODEL` lists the bugs that are known; or train the other modules alone (lora.target_modules)"
    )


def _adapter_differs(seen: Probe, rails: RailSettings) -> str:
    return (
        f"sampler and trainer agree without an adapter ({seen.base}), and not with one: |Δlogp| has {seen.adapter}, "
        f"and {_tolerances(rails)}. Likely, in this order: the server scales the adapter in another way, or leaves out "
        "a part of it (look at its log for modules it does not know); it computes adapters in lower precision; it kept "
        "what it had computed with an earlier adapter. If such a gap is meant, raise rails.probe_mean and "
        "rails.probe_max"
    )


def _tolerances(rails: RailSettings) -> str:
    return f"rails.probe_mean is {rails.probe_mean:g}, rails.probe_max {rails.probe_max:g}"
