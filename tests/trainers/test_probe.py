"""The start-up canary, against a server over the very model: what is as it should be passes, what is not is named."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from agentgym.errors import UsageError
from agentgym.trainers.settings import (
    EnvironmentSettings,
    GrpoSettings,
    LoraSettings,
    ModelSettings,
    PolicySettings,
    RailSettings,
)

pytestmark = pytest.mark.train
SMALL = LoraSettings(rank=4, alpha=8)
PROMPTS = ("Say a number.", "Name three colours.")


def load(folder):
    from agentgym.trainers.adapters.model import load

    return load(ModelSettings(name=str(folder), device="cpu", dtype="float32"), SMALL)


HYBRID = pytest.mark.parametrize("models", ["llama", "qwen3.5"], indirect=True)


@pytest.fixture(scope="module")
def models(request, tiny_folder):
    """The folder of a model, a llama if nothing else is asked for, and the model twice: to train, and to serve."""
    folder = tiny_folder(getattr(request, "param", "llama"))
    return folder, load(folder), load(folder)


@pytest.fixture
def setting(models, tmp_path) -> Iterator[tuple]:
    from adapter_server import AdapterServer

    from agentgym.trainers.sampling.served import ServedAdapters

    folder, trained, served = models
    with AdapterServer(str(folder), served) as server:
        policy = PolicySettings(spec=f"vllm:{folder}", base_url=server.url, temperature=0.7, call_timeout_s=20)
        told = GrpoSettings(
            model=ModelSettings(name=str(folder)),
            lora=SMALL,
            environments=(EnvironmentSettings(name="json-math"),),
            policy=policy,
        )
        adapters = ServedAdapters(told, tmp_path)
        yield trained.model, server, adapters
        adapters.close()


@pytest.fixture
def probed(setting) -> Callable:
    from agentgym.trainers.guards.probe import probe

    model, _, adapters = setting

    def publish(model):
        adapters.publish(model, 0)
        return adapters.source

    def probed(*, temperature: float = 0.7, **rails: float):
        return probe(
            model,
            base=adapters.base,
            publish=publish,
            prompts=PROMPTS,
            rails=RailSettings(**rails),
            temperature=temperature,
        )

    return probed


def weights(model):
    return {name: value.detach().clone() for name, value in model.named_parameters() if "lora_" in name}


@HYBRID
def test_sampler_and_trainer_agree_with_an_adapter_that_is_felt_and_it_is_put_back(setting, probed):
    import torch

    model, server, _ = setting
    with torch.no_grad():
        next(value for name, value in model.named_parameters() if "lora_B" in name).fill_(0.125)
    before = weights(model)
    model.train()
    seen = probed()
    assert max(seen.base.max, seen.adapter.max) < 1e-4
    assert seen.effect.mean >= 0.05
    assert seen.base.tokens >= len(PROMPTS)
    assert [asked in server.loaded for asked in server.asked] == [False, False, True, True]
    assert all(torch.equal(value, before[name]) for name, value in weights(model).items())
    assert model.training
    assert "mean" in seen.line()


def test_an_adapter_that_the_server_ignores_is_told(setting, probed):
    setting[1].ignores_all = True
    with pytest.raises(UsageError, match="as if the adapter was not there"):
        probed()


@HYBRID
def test_modules_that_the_server_leaves_out_are_named_even_where_the_gap_is_tolerated(setting, probed):
    model, server, _ = setting
    ends = ("in_proj_qkv", "in_proj_z") if any("in_proj_z" in name for name in weights(model)) else ("v_proj",)
    server.ignores = ends
    with pytest.raises(UsageError, match=rf"without its part for {', '.join(ends)}\. Take another"):
        probed(probe_mean=10, probe_max=100)


def test_a_server_that_tells_log_probabilities_from_before_temperature_is_told(setting, probed):
    setting[1].raw = True
    with pytest.raises(UsageError, match="processed_logprobs"):
        probed()


def test_a_gap_is_told_with_its_size_and_can_be_allowed(setting, probed):
    setting[1].drift = -0.2
    with pytest.raises(UsageError, match=r"mean 0\.2, .*rails\.probe_mean is 0\.1"):
        probed()
    assert probed(probe_mean=0.3).base.mean == pytest.approx(0.2, abs=1e-3)


def test_a_sampler_in_this_process_agrees_too(models):
    from agentgym.trainers.guards.probe import probe
    from agentgym.trainers.sampling.in_process import InProcess

    _, loaded, _ = models
    told = PolicySettings(temperature=0.7, max_tokens=8)
    seen = probe(
        loaded.model,
        base=lambda: InProcess(loaded, told, seed=0, adapter=False),
        publish=lambda model: InProcess(loaded, told, seed=0),
        prompts=PROMPTS,
        rails=RailSettings(),
        max_tokens=8,
        temperature=0.7,
    )
    assert max(seen.base.max, seen.adapter.max) < 1e-4 < seen.effect.mean


def test_the_adapter_is_put_back_also_where_the_server_fails(setting, probed):
    import torch

    model, server, _ = setting
    before = weights(model)
    server.most_rank = 2
    with pytest.raises(UsageError, match=r"--max-lora-rank N.*lora\.rank"):
        probed()
    assert all(torch.equal(value, before[name]) for name, value in weights(model).items())
