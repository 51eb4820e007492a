"""An episode that a template writes: the loss is on the assistant's words and what ends them, on nothing else."""

from __future__ import annotations

import pytest
from trained_episodes import CONVERSATION, TOOLS, WORDS, episode

from agentgym.message import Message
from agentgym.models import profile_for
from agentgym.trainers.imitation.rendered import Unwritable, Writer

pytestmark = pytest.mark.train

# A published model, the template that is written with, and how the answers of the episode look in it.
QWEN, NEMOTRON, SMOLLM2 = "Qwen3.5-4B", "NVIDIA-Nemotron-3-Nano-4B", "SmolLM2-135M-Instruct"
LOOK = "<tool_call>\n<function=look>\n<parameter=path>\na.txt\n</parameter>\n</function>\n</tool_call>"
PLAIN = {
    (QWEN, "qwen3_5_think"): [f"{LOOK}<|im_end|>", "Done.<|im_end|>"],
    (QWEN, "qwen3_5_think_training"): [f"{LOOK}<|im_end|>", "Done.<|im_end|>"],
    (NEMOTRON, "nemotron_3_nano"): [f"\n{LOOK}\n<|im_end|>", "Done.<|im_end|>"],
    (SMOLLM2, "smollm2"): [
        '<tool_call>\n{"name": "look", "arguments": {"path": "a.txt"}}\n</tool_call><|im_end|>',
        "Done.<|im_end|>",
    ],
}
THINKING = {
    (QWEN, "qwen3_5_think"): [f"I look.\n</think>\n\n{LOOK}<|im_end|>", "So.\n</think>\n\nDone.<|im_end|>"],
    (NEMOTRON, "nemotron_3_nano"): [f"I look.\n</think>\n{LOOK}\n<|im_end|>", "So.\n</think>\nDone.<|im_end|>"],
}


def tokenizer(template_name):
    from parity_tokenizer import template, tokenizer

    return tokenizer(template(template_name))


def writer(model, template_name):
    return Writer(tokenizer(template_name), profile_for(model))


def said(words, row):
    """The texts that the loss is on, one for each run of ones in the mask."""
    texts, run = [], []
    for token, learnt in zip((*row.token_ids, None), (*row.loss_mask, 0), strict=True):
        if learnt:
            run.append(token)
        elif run:
            texts.append(words.decode(run))
            run = []
    return texts


@pytest.mark.parametrize(("model", "template_name"), PLAIN)
def test_the_loss_covers_the_assistants_words_and_what_ends_them(train_extra, model, template_name):
    [row] = writer(model, template_name).rows(episode(), TOOLS)
    assert said(tokenizer(template_name), row) == PLAIN[model, template_name]
    assert set(row.logprobs) == {0.0}


@pytest.mark.parametrize(("model", "template_name"), THINKING)
def test_reasoning_is_learnt_and_the_block_that_the_prompt_opens_is_not(train_extra, model, template_name):
    [row] = writer(model, template_name).rows(episode(reasoning=("I look.", "So.")), TOOLS)
    assert said(tokenizer(template_name), row) == THINKING[model, template_name]


@pytest.mark.parametrize(("model", "template_name"), PLAIN)
def test_the_row_is_what_the_template_writes_of_the_whole_conversation(train_extra, model, template_name):
    from agentgym.policies.rendering import TemplateRenderer

    [row] = writer(model, template_name).rows(episode(), TOOLS)
    words = tokenizer(template_name)
    renderer = TemplateRenderer(words, switches=profile_for(model).template_switches(False))
    whole = renderer.write(CONVERSATION, TOOLS, answer=False)
    assert whole.startswith(words.decode(row.token_ids))


def test_where_the_template_writes_history_anew_a_row_begins(train_extra):
    told = Message(role="user", content="No: go on.")
    again = episode(WORDS[1], WORDS[0], answers=([told], []), reasoning=("So.", "I look."))
    first, second = writer(QWEN, "qwen3_5_think").rows(again, TOOLS)
    words = tokenizer("qwen3_5_think")
    assert said(words, first) == ["So.\n</think>\n\nDone.<|im_end|>"]
    assert said(words, second) == [f"I look.\n</think>\n\n{LOOK}<|im_end|>"]
    assert "So." not in words.decode(second.token_ids)
    assert len(writer(QWEN, "qwen3_5_think_training").rows(again, TOOLS)) == 1


def test_what_a_model_could_not_say_is_not_written(train_extra):
    smollm2, nemotron = writer(SMOLLM2, "smollm2"), writer(NEMOTRON, "nemotron_3_nano")
    broken = WORDS[0].model_copy(
        update={"tool_calls": (WORDS[0].tool_calls[0].model_copy(update={"arguments": '{"path": '}),)}
    )
    with pytest.raises(Unwritable, match="no JSON object"):
        smollm2.rows(episode(broken, WORDS[1]), TOOLS)
    with pytest.raises(Unwritable, match="in the midst"):
        smollm2.rows(episode(WORDS[0], Message(role="assistant", content="Say <|im_end|> then.")), TOOLS)
    with pytest.raises(Unwritable, match="cut off"):
        smollm2.rows(episode(finish_reason="length"), TOOLS)
    with pytest.raises(Unwritable, match="comes and goes"):
        nemotron.rows(episode(reasoning=("I look.", "")), TOOLS)


def test_a_prompt_is_known_by_its_tokens(train_extra):
    ours, others = writer(SMOLLM2, "smollm2"), writer(QWEN, "qwen3_5_think")
    [row] = ours.rows(episode(), TOOLS)
    given = row.token_ids[: row.loss_mask.index(1)]
    assert ours.writes(CONVERSATION[:2], TOOLS, given)
    assert not ours.writes(CONVERSATION[:2], TOOLS[:1], given)
    assert not others.writes(CONVERSATION[:2], TOOLS, given)
