"""Versions of an adapter on the real vLLM, as a training run publishes them."""

from __future__ import annotations

import pytest

from agentgym.serving import adapters
from agentgym.serving.weights import MODEL
from agentgym.trainers.settings import (
    EnvironmentSettings,
    GrpoSettings,
    LoraSettings,
    ModelSettings,
    PolicySettings,
    RailSettings,
)

pytestmark = [
    pytest.mark.vllm,
    pytest.mark.gpu,
    pytest.mark.train,
    pytest.mark.alone,
    pytest.mark.timeout(900),
    # PEFT asks transformers for what it is about to rename.
    pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning"),
]
ANSWER_S = 300.0
# The server computes in bfloat16 and the trainer in float32, which alone are 0.03 to 0.05 apart in the mean for this
# model, both computed by transformers.
ROUNDING = RailSettings()


def test_what_the_trainer_publishes_is_what_the_server_samples_with(vllm_server, tmp_path, record_testsuite_property):
    pytest.importorskip("peft")
    from agentgym.trainers.adapters.model import load
    from agentgym.trainers.guards.probe import probe
    from agentgym.trainers.sampling.served import ServedAdapters

    url = vllm_server[-1].command.base_url
    model, lora = ModelSettings(device="cpu", dtype="float32"), LoraSettings(rank=8)
    settings = GrpoSettings(
        model=model,
        lora=lora,
        environments=(EnvironmentSettings(name="json-math"),),
        policy=PolicySettings(spec=f"vllm:{MODEL}", base_url=url, temperature=0.7, call_timeout_s=ANSWER_S),
    )
    trained = load(model, lora).model
    served = ServedAdapters(settings, tmp_path)
    served.open()

    def publish(model):
        served.publish(model, 0)
        return served.source

    seen = probe(
        trained,
        base=served.base,
        publish=publish,
        prompts=["Name a colour.", "Count to five."],
        rails=ROUNDING,
        max_tokens=16,
        temperature=0.7,
    )
    record_testsuite_property("gap of vLLM and trainer", seen.line())
    assert seen.effect.mean > 2 * seen.adapter.mean

    first = served.publish(trained, 0)
    second = served.publish(trained, 1)
    assert {one.id for one in adapters.served(url) or ()} >= {first, second}
    assert [path.name for path in sorted(tmp_path.iterdir())] == sorted([first, second])
    served.close()
    assert not {first, second} & {one.id for one in adapters.served(url) or ()}
    assert not list(tmp_path.iterdir())
