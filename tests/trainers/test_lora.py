"""Which modules get an adapter, and what is said where they are not those that were meant."""

from __future__ import annotations

from typing import Any

import pytest

from agentgym.errors import UsageError
from agentgym.models import profile_for
from agentgym.trainers.adapters.lora import Adapted, adapted, with_adapter
from agentgym.trainers.settings import LoraSettings

pytestmark = [pytest.mark.train, pytest.mark.usefixtures("train_extra")]


def model(architecture: str) -> Any:
    from tiny_models import tiny

    return tiny(architecture)


def put_on(architecture: str, family: str, *names: str) -> Any:
    settings = LoraSettings(rank=2, alpha=4, target_modules=names or None)
    return with_adapter(model(architecture), profile_for(family), settings)


def faults(architecture: str, family: str, *names: str) -> str:
    with pytest.raises(UsageError) as raised:
        put_on(architecture, family, *names)
    return str(raised.value)


def test_a_preset_of_another_family_is_refused_with_the_names_that_the_model_has():
    said = faults("nemotron-h", "Qwen3.5-4B")
    for name in ("in_proj_qkv", "in_proj_z", "gate_proj"):
        assert f"{name}: no linear layer has this name; leave it out of lora.target_modules" in said
    assert "q_proj: " not in said
    assert "has these linear layers: down_proj, in_proj, k_proj, o_proj, out_proj, q_proj, up_proj, v_proj" in said


def test_what_a_family_never_adapts_is_refused():
    said = faults("nemotron-h", "Nemotron-3-Nano-4B", "q_proj", "out_proj", "mixer.conv1d")
    assert "out_proj: the model would read its weights past an adapter" in said
    assert "mixer.conv1d: the model would read its weights past an adapter" in said


def test_a_name_of_something_that_is_not_linear_says_what_it_is():
    said = faults("nemotron-h-moe", "Nemotron-3-Super-120B-A12B")
    assert "fc1_latent_proj: no linear layer has this name (what is called so is of the kind Identity)" in said
    assert "lm_head: no linear layer has this name (what is called so is the output layer)" in faults(
        "llama", "Llama-3.1-8B-Instruct", "lm_head"
    )


@pytest.mark.filterwarnings("ignore:The following (rank|alpha)_pattern keys:RuntimeWarning")
def test_adapters_that_peft_puts_on_routed_experts_are_refused():
    assert "mlp.experts: PEFT puts adapters here unasked" in faults("qwen3-next", "unknown")


def test_experts_that_are_modules_of_their_own_get_none():
    made = put_on("listed-experts", "unknown", "up_proj")
    assert [name for name, _ in made.named_modules() if name.endswith("lora_B")] == [
        "base_model.model.model.layers.0.mlp.shared_expert.up_proj.lora_B"
    ]
    assert "gate_proj: no linear layer has this name (what is called so is a routed expert)" in faults(
        "listed-experts", "unknown", "gate_proj"
    )


def test_all_linear_leaves_out_the_output_and_what_is_never_adapted():
    made = put_on("nemotron-h", "Nemotron-3-Nano-4B", "all-linear")
    assert set(adapted(made).modules) == {"q_proj", "k_proj", "v_proj", "o_proj", "in_proj", "up_proj", "down_proj"}
    assert set(adapted(put_on("llama", "unknown")).modules) == set(adapted(put_on("llama", "Llama-3.1-8B")).modules)


def test_longer_ends_of_names_tell_modules_apart():
    assert adapted(put_on("qwen3.5", "Qwen3.5-4B", "self_attn.q_proj", "mlp.up_proj")).modules == {
        "q_proj": (1, ((128, 64),)),
        "up_proj": (4, ((128, 64),)),
    }


def test_naming_no_module_is_refused():
    with pytest.raises(UsageError, match="names no module"):
        with_adapter(model("llama"), profile_for("unknown"), LoraSettings(target_modules=()))


def test_the_same_seed_begins_alike():
    def first(seed: int) -> Any:
        made = with_adapter(model("llama"), profile_for("unknown"), LoraSettings(rank=2), seed=seed)
        return next(weight for name, weight in made.named_parameters() if "lora_A" in name)

    assert first(1).equal(first(1))
    assert not first(1).equal(first(2))


def test_the_table_names_kinds_counts_and_shares():
    table = Adapted({"q_proj": (2, ((64, 32), (16, 8))), "a": (1, ((4, 2),))}, trainable=50, total=2000).lines()
    assert table == [
        "module  count  out x in",
        "q_proj      2  64 x 32, 16 x 8",
        "a           1  4 x 2",
        "trained: 50 weights beside 2,000 (2.50%)",
    ]
