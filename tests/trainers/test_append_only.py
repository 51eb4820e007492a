"""Templates that training cannot use are refused before anything is sampled."""

from __future__ import annotations

import time

import pytest

from agentgym.errors import UsageError
from agentgym.models import load_profile
from agentgym.policies.rendering import TemplateRenderer
from agentgym.policies.stream import Ends
from agentgym.trainers.sampling.append_only import require_append_only

pytestmark = pytest.mark.train

# Answers that something follows are written in another way than the last one.
REWRITES = """{% for m in messages %}<|im_start|>{{ m.role }}
{% if m.role == "assistant" and not loop.last and messages[loop.index].role == FOLLOWER %}earlier: {% endif %}
{{ m.content }}{% for c in m.tool_calls or [] %}{{ c.function.name }}{% endfor %}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""


def require(chat_template: str, family: str = "smollm2") -> None:
    from parity_tokenizer import tokenizer

    profile = load_profile(family)
    renderer = TemplateRenderer(tokenizer(chat_template), switches=profile.template_switches(None))
    never = time.monotonic() + 1e6
    stop = renderer.token_ids(profile.template.stop[0], deadline=never)
    require_append_only(renderer, Ends(stop), deadline=never)


@pytest.mark.usefixtures("train_extra")
class TestTemplates:
    def test_one_that_writes_calls_anew_before_a_result_is_refused_with_the_remedy(self):
        with pytest.raises(UsageError, match=r"not append-only.*once a tool message follows.*--chat-template"):
            require(REWRITES.replace("FOLLOWER", '"tool"'))

    def test_one_that_writes_anew_only_before_a_question_can_be_used(self):
        require(REWRITES.replace("FOLLOWER", '"user"'))

    def test_one_that_takes_the_reasoning_out_of_calls_is_refused(self):
        thinks = REWRITES.replace("{{ m.content }}", "{% if loop.last %}{{ m.reasoning_content }}{% endif %}")
        with pytest.raises(UsageError, match="once a tool message follows"):
            require(thinks.replace("FOLLOWER", '"nobody"'))

    @pytest.mark.parametrize(
        ("family", "name"),
        [("smollm2", "smollm2"), ("qwen3.5", "qwen3_5_think"), ("nemotron-3", "nemotron_3_nano")],
    )
    def test_published_ones_can_be_used(self, family, name):
        from parity_tokenizer import template

        require(template(name), family)
