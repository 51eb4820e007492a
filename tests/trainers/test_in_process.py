"""Sampling from the model that is trained: exact, the same again, and never a thread that waits for ever."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from agentgym.errors import UsageError
from agentgym.message import Message, call
from agentgym.policy import Completion
from agentgym.tokens import token_rows
from agentgym.trainers.settings import LoraSettings, ModelSettings, PolicySettings

pytestmark = pytest.mark.train
# Largest difference between a log-probability sampled token by token and that of one forward pass, in float32.
MOST = 1e-4
ADAPTER = LoraSettings(rank=4, alpha=8)
SAMPLED = PolicySettings(max_tokens=12)
LATER = time.monotonic() + 1e6


@pytest.fixture(scope="module", params=["llama", "qwen3.5", "nemotron-h"])
def loaded(request, tiny_folder) -> Any:
    """A tiny model of each kind of layer, with an adapter that does something."""
    return load(tiny_folder(request.param))


@pytest.fixture
def llama(tiny_folder) -> Any:
    return load(tiny_folder("llama"))


def load(folder: Any) -> Any:
    import torch

    from agentgym.trainers.adapters.model import load

    made = load(ModelSettings(name=str(folder), dtype="float32", device="cpu"), ADAPTER)
    torch.manual_seed(1)
    with torch.no_grad():
        for name, weight in made.model.named_parameters():
            if "lora_B" in name:
                weight.normal_(std=0.05)
    return made


def source_for(loaded: Any, settings: PolicySettings = SAMPLED, **options: Any) -> Any:
    from agentgym.trainers.sampling.in_process import InProcess

    return InProcess(loaded, settings, seed=3, **options)


@pytest.fixture(scope="module")
def env(train_extra) -> Any:
    from parity_env import LookEnv

    return LookEnv()


def looking(question: str) -> list[Message]:
    """A conversation in which a file was looked at."""
    made = call("look", path="a.txt")
    result = Message(role="tool", content="naïve\n日本", tool_call_id=made.tool_calls[0].id)
    return [Message(role="user", content=question), made, result]


def episode(source: Any, env: Any, question: str, *, seed: int, turns: int) -> list[Completion]:
    policy, conversation, said = source.for_episode(env, seed=seed), looking(question), []
    for turn in range(turns):
        said.append(policy.act(conversation, env_tools(env), deadline=LATER))
        conversation += [said[-1].message, Message(role="user", content=f"Go on: {turn}.")]
    return said


def answer(source: Any, env: Any, conversation: Sequence[Message], seed: int) -> Completion:
    said: Completion = source.for_episode(env, seed=seed).act(conversation, (), deadline=LATER)
    return said


def env_tools(env: Any) -> Sequence[Any]:
    from agentgym.tool import Tool

    return [Tool.from_function(function, name=function.__name__) for function in env.make_tools()]


def play(source: Any, players: Sequence[Callable[[], Any]]) -> list[Any]:
    """Play a round; what a player raises is what it returns."""
    with source.round(len(players)) as table, ThreadPoolExecutor(len(players)) as pool:

        def seated(player: Callable[[], Any]) -> Any:
            try:
                return player()
            except Exception as error:
                return error
            finally:
                table.leave()

        return [*pool.map(seated, players)]


def a_round(source: Any, env: Any) -> list[list[Completion]]:
    """Four episodes of one to three turns, of two tasks whose prompts differ in length."""
    told = [("Look.", 1), ("Look.", 3), ("Look at it once more, please.", 3), ("Look.", 2)]
    return play(
        source,
        [
            lambda question=question, turns=turns, seed=seed: episode(source, env, question, seed=seed, turns=turns)
            for seed, (question, turns) in enumerate(told)
        ],
    )


def differences(model: Any, completions: Sequence[Completion], temperature: float = 1.0) -> Iterator[float]:
    from agentgym.trainers.sampling.in_process import logprobs

    for row in token_rows(completions):
        expected = [0.0, *logprobs(model, [row.token_ids], temperature=temperature)[0]]
        for ours, theirs, counts in zip(row.logprobs, expected, row.loss_mask, strict=True):
            if counts:
                yield abs(ours - theirs)


class TestRounds:
    def test_what_is_sampled_scores_the_same_in_one_pass_over_each_row(self, loaded, env):
        played = a_round(source_for(loaded), env)
        found = [difference for said in played for difference in differences(loaded.model, said)]
        assert [len(said) for said in played] == [1, 3, 3, 2]
        assert len(found) > 50
        assert max(found) < MOST
        assert [len(token_rows(said)) for said in played] == [1] * 4

    def test_the_same_round_is_sampled_the_same_way_again(self, loaded, env):
        source = source_for(loaded)
        first = a_round(source, env)
        assert a_round(source, env) == first
        assert first[0][0].completion_token_ids != first[1][0].completion_token_ids

    def test_real_weights_are_sampled_as_exactly(self, env, train_extra):
        from agentgym.trainers.adapters.model import load

        smollm2 = load(ModelSettings(dtype="float32", device="cpu"), ADAPTER)
        source = source_for(smollm2, SAMPLED.model_copy(update={"max_tokens": 10, "temperature": 0.0}))
        ask = [Message(role="user", content="What is the capital of France?")]
        said = play(source, [lambda seed=seed: answer(source, env, ask, seed) for seed in range(2)])
        assert ["Paris" in one.message.content for one in said] == [True, True]
        assert max(difference for one in said for difference in differences(smollm2.model, [one])) < MOST

    def test_a_temperature_is_that_of_the_log_probabilities(self, llama, env):
        source = source_for(llama, SAMPLED.model_copy(update={"temperature": 0.5}))
        (said,) = play(source, [lambda: episode(source, env, "Look.", seed=1, turns=2)])
        assert max(differences(llama.model, said, temperature=0.5)) < MOST
        assert max(differences(llama.model, said)) > 0.01

    def test_an_episode_that_fails_midway_keeps_nobody_waiting(self, llama, env):
        source = source_for(llama)

        def fails() -> None:
            episode(source, env, "Look.", seed=1, turns=1)
            raise OSError("the box is gone")

        played = play(source, [fails, lambda: episode(source, env, "Look.", seed=2, turns=3)])
        assert (str(played[0]), len(played[1])) == ("the box is gone", 3)

    def test_an_episode_outside_of_a_round_is_answered_at_once(self, llama, env):
        source = source_for(llama)
        (in_round,) = play(source, [lambda: episode(source, env, "Look.", seed=1, turns=2)])
        assert episode(source, env, "Look.", seed=1, turns=2) == in_round

    def test_there_is_one_round_at_a_time(self, llama):
        source = source_for(llama)
        with source.round(1), pytest.raises(RuntimeError, match="one at a time"):
            source.round(1).__enter__()
        with source.round(1):
            pass


class TestModel:
    def test_without_its_adapter_it_is_another_model(self, loaded, env):
        base = source_for(loaded, adapter=False)
        played = [episode(source, env, "Look.", seed=1, turns=1) for source in (source_for(loaded), base)]
        assert played[0][0].completion_token_ids != played[1][0].completion_token_ids
        assert base.name.endswith("without its adapter")
        with loaded.model.disable_adapter():
            assert max(differences(loaded.model, played[1])) < MOST
        assert max(differences(loaded.model, played[1])) > MOST

    @pytest.mark.filterwarnings("ignore:.gradient_checkpointing_enable. is deprecated:FutureWarning")
    def test_it_trains_afterwards_as_it_did_before(self, loaded, env):
        model = loaded.model
        model.train()
        frozen = next(module for module in model.modules() if not list(module.children())).eval()
        model.gradient_checkpointing_enable()
        model.config.use_cache = False
        before = [(module.training, module) for module in model.modules()]
        wanted = [name for name, weight in model.named_parameters() if weight.requires_grad]
        said = episode(source_for(loaded, adapter=False), env, "Look.", seed=1, turns=1)
        assert said[0].usage.completion_tokens > 0
        assert [(module.training, module) for module in model.modules()] == before
        assert [name for name, weight in model.named_parameters() if weight.requires_grad] == wanted
        assert not frozen.training

    def test_what_training_draws_next_is_not_changed(self, llama, env):
        import torch

        before = torch.random.get_rng_state()
        a_round(source_for(llama), env)
        assert torch.equal(torch.random.get_rng_state(), before)

    def test_settings_that_come_with_the_weights_do_not_bend_its_probabilities(self, llama, env):
        first = a_round(source_for(llama), env)
        llama.model.generation_config.update(temperature=0.1, top_k=1, repetition_penalty=5.0)
        assert a_round(source_for(llama), env) == first


class TestEnds:
    def test_an_answer_is_cut_at_its_most_tokens_and_at_the_end_of_the_context(self, llama, env):
        said = episode(source_for(llama), env, "Look.", seed=1, turns=1)[0]
        assert (said.usage.completion_tokens, said.finish_reason) == (12, "length")
        small = replace(llama, context=said.usage.prompt_tokens + 3)
        cut, full = episode(source_for(small), env, "Look.", seed=1, turns=2)
        assert cut.completion_token_ids == said.completion_token_ids[:3]
        assert (cut.finish_reason, full.context_full) == ("length", True)

    def test_a_token_that_ends_answers_is_the_last_and_not_part_of_the_message(self, llama, env):
        said = episode(source_for(llama), env, "Look.", seed=1, turns=1)[0]
        llama.model.generation_config.eos_token_id = said.completion_token_ids[4]
        ended = episode(source_for(llama), env, "Look.", seed=1, turns=1)[0]
        assert ended.completion_token_ids == said.completion_token_ids[:5]
        assert ended.finish_reason == "stop"
        assert ended.message.content == llama.tokenizer.decode(said.completion_token_ids[:4])


class TestFaults:
    def test_weights_that_are_no_numbers_stop_every_episode(self, llama, env):
        import torch

        with torch.no_grad():
            llama.model.get_output_embeddings().weight.fill_(float("nan"))
        for played in a_round(source_for(llama), env):
            assert isinstance(played, UsageError)
            assert "no numbers" in str(played)

    def test_memory_that_runs_out_stops_every_episode_with_the_remedy(self, llama, env):
        import torch

        llama.model.register_forward_pre_hook(lambda *called: torch.empty(2**60, dtype=torch.uint8))
        for played in a_round(source_for(llama), env):
            assert isinstance(played, UsageError)
            assert "groups.size" in str(played)

    def test_preflight_passes_a_template_that_can_be_trained_with(self, loaded):
        source_for(loaded).preflight()

    def test_a_tokenizer_of_another_family_is_named(self, llama):
        from agentgym.models import load_profile

        other = replace(llama, profile=load_profile("gemma-4"), tokenizer=without(llama.tokenizer, "<turn|>"))
        with pytest.raises(UsageError, match="another family"):
            source_for(other).preflight()

    def test_a_family_without_exact_tokens_is_refused(self, llama):
        from agentgym.models import load_profile

        with pytest.raises(UsageError, match="no known form"):
            source_for(replace(llama, profile=load_profile("gemma-3")))


def without(tokenizer: Any, token: str) -> Any:
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerFast

    written = tokenizer.backend_tokenizer.to_str().replace(token, "<other>")
    made = PreTrainedTokenizerFast(tokenizer_object=Tokenizer.from_str(written))
    made.chat_template = tokenizer.chat_template
    return made
