"""Episodes with models of the true architectures behind a server: tokens come back as sampled, and score the same."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from parity_env import LookEnv
from parity_episode import model_for, sampled
from parity_models import ARCHITECTURES, tiny_model
from parity_server import ModelServer, Served, logprobs_of
from parity_tokenizer import template, tokenizer

from agentgym.message import Message, call
from agentgym.models import profile_for
from agentgym.policies.openai import OpenAICompatible
from agentgym.policies.rendering import TemplateRenderer
from agentgym.policy import PolicySettings
from agentgym.rollout.episode import run_episode
from agentgym.task import Split
from agentgym.tokens import TokenRow
from agentgym.trajectory import Trajectory

pytestmark = pytest.mark.train
# Largest difference seen between a log-probability sampled token by token and that of one forward pass, in float32.
MOST = 2e-5


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module", params=list(ARCHITECTURES))
def episode(request: pytest.FixtureRequest) -> Iterator[tuple[ModelServer, Trajectory]]:
    """Five turns: two calls of tools, which the server is told to say, and what the model samples."""
    _, name, template_name = ARCHITECTURES[request.param]
    model, text = tiny_model(request.param), template(template_name)
    with ModelServer(name, model, tokenizer(text)) as server:
        source = OpenAICompatible(name, PolicySettings(base_url=server.url, api="tokens", max_tokens=200))
        source.preflight()
        server.served.clear()
        server.scripted += [calling(name, text, path) for path in ("a.txt", "ü/日本.txt")]
        env = LookEnv()
        yield server, run_episode(env, source, env.tasks(Split.DEMO)[0])
        source.close()


def calling(name: str, chat_template: str, path: str) -> str:
    """What a model of the family says when it calls the tool."""
    profile = profile_for(name)
    renderer = model_for(profile, chat_template, thinking=profile.thinks(None)).renderer
    assert isinstance(renderer, TemplateRenderer)
    meant = call("look", path=path).model_copy(update={"reasoning": "Hm." if profile.thinks(None) else ""})
    return sampled(renderer, profile, [Message(role="user", content="?")], meant)


def test_every_token_is_kept_as_it_was_sampled(episode):
    server, played = episode
    rebuilt: list[int] = []
    for turn, served in zip(played.turns, server.served, strict=True):
        said = turn.completion
        rebuilt = rebuilt[: said.prefix_tokens] + list(said.prompt_token_ids)
        assert Served(rebuilt, list(said.completion_token_ids), list(said.logprobs)) == served
        rebuilt = rebuilt + list(said.completion_token_ids)


def test_calls_are_read_and_answered(episode):
    _, played = episode
    paths = [[c.arguments for c in turn.completion.message.tool_calls] for turn in played.turns[:2]]
    assert [len(calls) for calls in paths] == [1, 1]
    assert [turn.observation[0].content for turn in played.turns[:2]] == ["naïve\na.txt", "naïve\nü/日本.txt"]


def test_one_forward_pass_over_each_row_scores_what_was_sampled(episode, record_testsuite_property):
    server, played = episode
    rows = played.token_rows()
    assert sum(sum(row.loss_mask) for row in rows) == sum(len(served.sampled) for served in server.served)
    largest = max(difference for row in rows for difference in differences(server, row))
    record_testsuite_property(f"largest difference of {server.name}", f"{largest:.1e}")
    assert largest <= MOST


def differences(server: ModelServer, row: TokenRow) -> Iterator[float]:
    expected = [0.0, *logprobs_of(server.model, row.token_ids)]
    for ours, theirs, counts in zip(row.logprobs, expected, row.loss_mask, strict=True):
        if counts:
            yield abs(ours - theirs)


def test_a_row_begins_anew_only_where_the_template_rewrites_history(episode):
    server, played = episode
    forks = [turn.completion.fork for turn in played.turns if turn.completion.fork]
    # Of these templates, the one as Qwen 3.5 publishes it takes out reasoning; what random models say is not reasoning.
    assert len(played.token_rows()) == 1 + len(forks)
    assert bool(forks) == (server.name == "Qwen3.5-4B")
