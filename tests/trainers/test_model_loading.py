"""Loading a model to train: which weights, which template, and what stops it with which words."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from agentgym.errors import UsageError
from agentgym.trainers.adapters import weights
from agentgym.trainers.settings import LoraSettings, ModelSettings

pytestmark = [pytest.mark.train, pytest.mark.usefixtures("train_extra")]
SMALL = LoraSettings(rank=4, alpha=8)


def load(**settings: Any) -> Any:
    from agentgym.trainers.adapters.model import load

    return load(ModelSettings(**{"device": "cpu", "dtype": "float32"} | settings), SMALL)


def refused(**settings: Any) -> str:
    with pytest.raises(UsageError) as raised:
        load(**settings)
    return str(raised.value)


@pytest.fixture
def own_folder(tiny_folder, tmp_path) -> Path:
    """A folder that a test may change."""
    folder = tmp_path / "Llama-3.1-8B-Instruct"
    shutil.copytree(tiny_folder("llama"), folder)
    return folder


def test_a_folder_is_loaded_as_the_family_that_it_is_called_after(tiny_folder):
    loaded = load(name=str(tiny_folder("qwen3.5-seeing")))
    assert (loaded.profile.name, loaded.context) == ("qwen3.5", 4096)
    assert loaded.folder == str(tiny_folder("qwen3.5-seeing"))
    assert loaded.profile.models[0].name == "Qwen3.5-9B"


def test_a_name_with_a_folder_is_the_model_of_that_name(tiny_folder):
    assert load(name="Qwen3.5-2B", folder=tiny_folder("qwen3.5")).profile.models[0].name == "Qwen3.5-2B"
    assert load(name="mine", family="qwen3.5", folder=tiny_folder("qwen3.5")).profile.name == "qwen3.5"


def test_only_the_adapter_is_trained_and_in_32_bits(own_folder):
    import torch

    loaded = load(name=str(own_folder), dtype="bfloat16")
    trained = {weight.dtype for weight in loaded.model.parameters() if weight.requires_grad}
    kept = {weight.dtype for weight in loaded.model.parameters() if not weight.requires_grad}
    assert (trained, kept) == ({torch.float32}, {torch.bfloat16})


def test_published_templates_that_rewrite_history_give_way_to_their_training_variants(tiny_folder):
    from parity_tokenizer import template

    assert load(name=str(tiny_folder("qwen3.5"))).tokenizer.chat_template == template("qwen3_5_think_training")
    kept = load(name=str(tiny_folder("nemotron-h"))).tokenizer.chat_template
    assert kept == template("nemotron_3_nano")


def test_a_template_of_ones_own_is_kept(tiny_folder, tmp_path):
    folder = tmp_path / "Qwen3.5-4B"
    shutil.copytree(tiny_folder("qwen3.5"), folder)
    (folder / "chat_template.jinja").write_text("{{ messages }}")
    assert load(name=str(folder)).tokenizer.chat_template == "{{ messages }}"


def test_weights_that_are_not_here_say_where_they_come_from(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    assert "hf download Qwen/Qwen3.5-4B\n" in refused(name="Qwen3.5-4B")
    assert "no model named 'qwen3.5-4' is known. The nearest: Qwen/Qwen3.5-4B" in refused(name="qwen3.5-4")
    assert "model.folder: /nowhere is no folder" in refused(folder=Path("/nowhere"))
    (tmp_path / "adapter_config.json").write_text("{}")
    assert "it holds an adapter: set model.adapter" in refused(name=str(tmp_path))


def test_weights_in_the_cache_are_found_under_the_published_name(tiny_folder, tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    kept = tmp_path / "models--Qwen--Qwen3.5-4B"
    (kept / "refs").mkdir(parents=True)
    (kept / "refs" / "main").write_text("a" * 40)
    shutil.copytree(tiny_folder("qwen3.5"), kept / "snapshots" / ("a" * 40))
    assert weights.folder_of(ModelSettings(name="Qwen3.5-4B")) == kept / "snapshots" / ("a" * 40)


def test_what_does_not_fit_the_memory_is_not_read(own_folder, monkeypatch):
    monkeypatch.setattr("agentgym.trainers.adapters.model.free_bytes", lambda: 2**20)
    (own_folder / "model.safetensors").unlink()
    said = refused(name=str(own_folder))
    assert "6,381,888 numbers of 4 bytes are 0.0 GiB, and 0.0 GiB are free on cpu" in said
    assert "Set model.dtype to bfloat16" in said
    assert "Set model.dtype" not in refused(name=str(own_folder), dtype="bfloat16")


def test_free_memory_is_the_machines_or_the_containers(tmp_path, monkeypatch):
    (tmp_path / "meminfo").write_text("MemTotal:  9000 kB\nMemAvailable:   1000 kB\n")
    for name, content in {"max": "600000", "current": "500000", "stat": "anon 1\nfile 300000"}.items():
        (tmp_path / f"memory.{name}").write_text(content)
    monkeypatch.setattr(weights, "_MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(weights, "_CGROUP", tmp_path)
    assert weights.free_bytes() == 400_000
    (tmp_path / "memory.max").write_text("max\n")
    assert weights.free_bytes() == 1_024_000


def test_a_device_that_is_not_there_is_refused(own_folder):
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is one")
    assert "there is no CUDA device here" in refused(name=str(own_folder), device="cuda")


def test_quantised_weights_are_refused(own_folder):
    change(own_folder / "config.json", quantization_config={"quant_method": "fp8"})
    assert "these weights are quantised" in refused(name=str(own_folder))


def test_a_tokenizer_without_a_template_is_refused(own_folder):
    (own_folder / "chat_template.jinja").unlink()
    assert "has no chat template" in refused(name=str(own_folder))


def test_damaged_weights_are_refused(own_folder):
    from safetensors.torch import load_file, save_file

    kept = load_file(own_folder / "model.safetensors")
    del kept["model.layers.0.mlp.up_proj.weight"]
    save_file(kept, own_folder / "model.safetensors", metadata={"format": "pt"})
    said = refused(name=str(own_folder))
    assert "these weights are missing: model.layers.0.mlp.up_proj.weight. Get them anew" in said
    (own_folder / "model.safetensors").write_bytes(b"damaged")
    assert "its weights cannot be loaded" in refused(name=str(own_folder))


def test_an_adapter_that_does_not_fit_is_refused(tiny_folder, tmp_path):
    load(name=str(tiny_folder("qwen3.5"))).model.save_pretrained(tmp_path)
    said = refused(name=str(tiny_folder("qwen3.5-moe")), adapter=tmp_path)
    assert f"the adapter in {tmp_path} does not fit Qwen3_5MoeForCausalLM" in said
    assert f"trained on {tiny_folder('qwen3.5')}" in said
    assert "model.layers.0.mlp.down_proj: the model has no such linear layer" in said
    (tmp_path / "adapter_model.safetensors").write_bytes(b"damaged")
    assert f"{tmp_path}: adapter_model.safetensors: it is damaged" in refused(
        name=str(tiny_folder("qwen3.5")), adapter=tmp_path
    )
    assert f"{tmp_path.parent} holds no adapter_config.json" in refused(
        name=str(tiny_folder("qwen3.5")), adapter=tmp_path.parent
    )


def test_an_adapter_keeps_its_own_rank_and_modules(tiny_folder, tmp_path):
    from agentgym.trainers.adapters.model import load as load_with

    settings = ModelSettings(name=str(tiny_folder("llama")), device="cpu", dtype="float32")
    load_with(settings, LoraSettings(rank=2, target_modules=("q_proj",))).model.save_pretrained(tmp_path)
    continued = load(name=str(tiny_folder("llama")), adapter=tmp_path)
    assert list(continued.adapted.modules) == ["q_proj"]
    assert continued.model.peft_config["default"].r == 2


def test_merging_refuses_what_cannot_be(tiny_folder, tmp_path, capsys):
    from agentgym.trainers.merge import main

    adapter = tmp_path / "adapter"
    load(name=str(tiny_folder("qwen3.5"))).model.save_pretrained(adapter)
    assert main([str(adapter), str(tmp_path)]) == 2
    assert f"{tmp_path} exists" in capsys.readouterr().err
    assert main([str(adapter), str(tmp_path / "out"), "--base", str(tiny_folder("llama"))]) == 2
    assert "does not fit" in capsys.readouterr().err
    change(adapter / "adapter_config.json", base_model_name_or_path="/nowhere")
    assert main([str(adapter), str(tmp_path / "out")]) == 2
    assert "/nowhere is no folder with a model" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["adapter"]


def change(path: Path, **fields: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))
