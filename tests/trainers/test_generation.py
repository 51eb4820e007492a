"""Batches of answers: padded or not, shared prompts or not, they are what the model says to each prompt alone."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

pytestmark = [pytest.mark.train, pytest.mark.usefixtures("train_extra")]
MOST = 1e-4
STOP = frozenset(range(0, 49_280, 9))


def questions() -> list[Any]:
    """Twelve questions on four prompts, three of which are of similar length."""
    import torch

    from agentgym.trainers.sampling.generation import Question

    draws = torch.Generator().manual_seed(1)
    prompts = [tuple(torch.randint(5, 49_000, (length,), generator=draws).tolist()) for length in (70, 70, 90, 33)]
    return [Question(prompts[number % 4], 12 if number % 3 else 5, number) for number in range(12)]


@pytest.mark.parametrize("architecture", ["llama", "qwen3.5-moe", "nemotron-h-moe", "gemma-4", "gpt-oss"])
def test_a_batch_says_what_each_of_its_questions_is_answered_alone(architecture):
    from parity_models import tiny_model

    from agentgym.trainers.sampling.generation import logprobs, sample

    model, asked = tiny_model(architecture), questions()
    together = sample(model, asked, stop=STOP, temperature=1.0)
    alone = [sample(model, [one], stop=STOP, temperature=1.0)[0] for one in asked]
    assert [answer.ids for answer in together] == [answer.ids for answer in alone]
    assert len({answer.ids for answer in together}) == len(asked)
    for question, answer in zip(asked, together, strict=True):
        scored = logprobs(model, [[*question.prompt_ids, *answer.ids]])[0][len(question.prompt_ids) - 1 :]
        assert answer.logprobs == pytest.approx(scored, abs=MOST)
        assert answer.ended == (answer.ids[-1] in STOP)
        assert len(answer.ids) == question.max_tokens or answer.ended
        assert not STOP & {*answer.ids[:-1]}
    assert sample(model, asked[::-1], stop=STOP, temperature=1.0)[::-1] == together


def test_memory_bounds_what_is_held_at_once(monkeypatch):
    from parity_models import tiny_model

    from agentgym.trainers.sampling import generation

    model, asked, rows = tiny_model("llama"), questions(), []
    whole = generation.sample(model, asked, stop=STOP, temperature=1.0)
    monkeypatch.setattr(generation, "MOST_TOKENS", 100)
    model.register_forward_pre_hook(lambda *called: rows.append(len(called[2]["input_ids"])), with_kwargs=True)
    split = generation.sample(model, asked, stop=STOP, temperature=1.0)
    assert max(rows) == 2
    assert [answer.ids for answer in split] == [answer.ids for answer in whole]


def test_the_likeliest_tokens_are_taken_at_temperature_0():
    import torch
    from parity_models import tiny_model

    from agentgym.trainers.sampling.generation import sample

    model, (first, *_) = tiny_model("llama"), questions()
    answer, again = sample(model, [first, first._replace(seed=99)], stop=STOP, temperature=0)
    assert answer == again
    with torch.no_grad():
        likely = model(torch.tensor([[*first.prompt_ids, *answer.ids]])).logits[0, len(first.prompt_ids) - 1 : -1]
    assert answer.ids == tuple(likely.argmax(-1).tolist())


def test_tokens_are_drawn_as_often_as_they_are_likely():
    import torch

    from agentgym.trainers.sampling.generation import next_tokens

    logits, drawn = torch.tensor([0.3, -torch.inf, 2.0, -4.0, 1.0]), 20_000
    noise = torch.empty(drawn, 5, dtype=torch.float64).exponential_(generator=torch.Generator().manual_seed(1))
    tokens, logprobs = next_tokens(logits.expand(drawn, -1), noise, temperature=0.7)
    expected = (logits / 0.7).softmax(-1)
    counted = Counter(tokens)
    assert [counted[token] / drawn for token in range(5)] == pytest.approx(expected.tolist(), abs=0.01)
    assert counted[1] == 0 < counted[3]
    assert logprobs == pytest.approx([float(expected[token].log()) for token in tokens], abs=1e-6)
