"""A whole GRPO run against a server of its own."""

from __future__ import annotations

import re

import pytest

from agentgym.rollout.store import read_episodes
from agentgym.trainers.record.steps import read_steps
from agentgym.trainers.settings import GrpoSettings, LoraSettings, ModelSettings

pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("ignore::FutureWarning")]


def versions(path):
    """Return the versions of the adapter that episodes were sampled with."""
    return {int(re.search(r"-v(\d+)-", episode.policy)[1]) for episode in read_episodes(path)}


@pytest.mark.parametrize("overlap", [False, True])
def test_each_update_is_sampled_with_the_adapter_as_it_is(tiny_folder, tmp_path, overlap):
    from adapter_server import AdapterServer

    from agentgym.trainers.adapters.model import load
    from agentgym.trainers.reinforcement import train

    class Server(AdapterServer):
        def __init__(self, *given):
            super().__init__(*given)
            self.temperatures = {}

        def _complete(self, body):
            self.temperatures.setdefault(body["model"], set()).add(body["temperature"])
            return super()._complete(body)

    model = ModelSettings(name=str(tiny_folder("llama")), device="cpu", dtype="float32", gradient_checkpointing=False)
    lora = LoraSettings(rank=4, alpha=8)
    with Server(model.name, load(model, lora)) as server:
        settings = GrpoSettings.model_validate(
            {
                "steps": 3,
                "environments": [{"name": "vowels"}],
                "model": model,
                "lora": lora,
                "policy": {
                    "spec": f"vllm:{model.name}",
                    "base_url": server.url,
                    "max_tokens": 6,
                    "temperature": 0.7,
                    "call_timeout_s": 60,
                },
                "groups": {"size": 4, "per_step": 2, "overlap": overlap, "concurrency": 4},
                "eval": {"tasks": 2, "temperature": 0.4},
                # One update is then another policy, and a sampler that was not told would be seen.
                "trl": {"learning_rate": 5e-3, "dataloader_pin_memory": False},
                "rails": {"logp_mean": 10},
            }
        )
        tmp_path.joinpath("config.json").write_text(settings.model_dump_json())
        summary = train(settings, tmp_path, resume=False, say=lambda line: None)
        played = [versions(tmp_path / "episodes" / f"step-{step:06d}.jsonl") for step in (1, 2, 3)]
        assert played == ([{0}, {0}, {1}] if overlap else [{0}, {1}, {2}])
        assert versions(tmp_path / "eval/base.jsonl") == {0}
        assert versions(tmp_path / "eval/trained.jsonl") == {3}
        drifts = [update["sampling/sampling_logp_difference/mean"] for update in read_steps(tmp_path)]
        assert drifts[0] < 1e-4
        assert all((drift > 1e-3) if overlap else (drift < 1e-4) for drift in drifts[1:]), drifts
        asked = {version: server.temperatures[name] for name in server.temperatures for version in _of(name)}
        assert {1: {0.7}, 3: {0.4}} == {version: asked[version] for version in (1, 3)}
        assert not server.loaded, "all that was loaded is unloaded"
    assert summary["evaluation"]["pairs"] == 2


def _of(name):
    found = re.search(r"-v(\d+)-", name)
    return [int(found[1])] if found else []
