"""Supervised training: on sampled tokens only, and an interrupted run goes on as if nothing had happened."""

from __future__ import annotations

import json
import math

import pytest
from trained_episodes import NO_TOOLS, recorded, reply

from agentgym.errors import UsageError
from agentgym.tokens import TokenRow
from agentgym.trainers.settings import DemonstrationSettings, LoraSettings, ModelSettings, SftSettings

pytestmark = pytest.mark.train

ROWS = [
    TokenRow(tuple(range(100, 110)), (0, 0, 0, 1, 1, 0, 0, 1, 1, 1), (0.0,) * 10),
    TokenRow(tuple(range(300, 304)), (0, 0, 1, 1), (0.0,) * 4),
]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    return recorded(tmp_path_factory.mktemp("runs") / "run", [reply(n, str(2 * n)) for n in range(6)], options=NO_TOOLS)


def settings(tiny_folder, **changed):
    model = ModelSettings(name=str(tiny_folder("smollm2")), dtype="float32", device="cpu", gradient_checkpointing=False)
    fields = {
        "model": model,
        "lora": LoraSettings(rank=4, alpha=8),
        "batch_size": 2,
        "save_every": 2,
        "epochs": 2.0,
        "report_to": (),
        "demonstrations": DemonstrationSettings(),
        "trl": {"learning_rate": 1e-3, "dataloader_pin_memory": False},
    }
    return SftSettings(**fields | changed)


def mean_loss(model, rows):
    """The loss by its definition: minus the mean log-probability of the tokens that the mask has."""
    import torch

    lost = []
    with torch.no_grad():
        for row in rows:
            logprobs = model(torch.tensor([row.token_ids])).logits[0].log_softmax(-1)
            lost += [-logprobs[at - 1, token].item() for at, token in enumerate(row.token_ids) if row.loss_mask[at]]
    return sum(lost) / len(lost)


def first_loss(chosen, rows, folder):
    from agentgym.trainers.adapters.model import load
    from agentgym.trainers.supervised import trainer_for

    loaded = load(chosen.model, chosen.lora)
    by_hand = mean_loss(loaded.model, rows)
    trainer = trainer_for(chosen.model_copy(update={"epochs": 1.0}), loaded, rows, folder)
    trainer.train()
    return trainer.state.log_history[0]["loss"], by_hand


def test_the_loss_is_the_mean_over_sampled_tokens(tiny_folder, tmp_path):
    logged, by_hand = first_loss(settings(tiny_folder), ROWS, tmp_path)
    assert logged == pytest.approx(by_hand, abs=1e-4)
    # Half the rows at once, and the update is the same.
    one_by_one = settings(tiny_folder).trl | {"per_device_train_batch_size": 1}
    assert first_loss(settings(tiny_folder, trl=one_by_one), ROWS, tmp_path)[0] == pytest.approx(logged, abs=1e-5)


def test_no_given_token_is_a_label(tiny_folder, tmp_path):
    from agentgym.trainers.adapters.model import load
    from agentgym.trainers.supervised import as_dataset, trainer_for

    chosen = settings(tiny_folder)
    trainer = trainer_for(chosen, load(chosen.model, chosen.lora), ROWS, tmp_path)
    for batch in trainer.get_train_dataloader():
        for ids, labels in zip(batch["input_ids"].tolist(), batch["labels"].tolist(), strict=True):
            row = next(row for row in ROWS if row.token_ids[0] == ids[0])
            padding = len(labels) - len(row.token_ids)
            assert (
                labels
                == [token if learnt else -100 for token, learnt in zip(row.token_ids, row.loss_mask, strict=True)]
                + [-100] * padding
            )
            # Padding stands right of everything: recurrent layers read what stands left.
            assert ids[: len(row.token_ids)] == list(row.token_ids)
    assert as_dataset(ROWS)[1] == {"input_ids": [300, 301, 302, 303], "labels": [-100, -100, 302, 303]}


def test_an_interrupted_run_goes_on_as_if_nothing_had_happened(tiny_folder, runs, tmp_path):
    from agentgym.trainers.supervised import train

    chosen = settings(tiny_folder, demonstrations=DemonstrationSettings(runs=(runs,)))
    unbroken = train(chosen, tmp_path / "unbroken", say=lambda line: None)

    def interrupt(line):
        if line.startswith("step     3"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(chosen, tmp_path / "broken", say=interrupt)
    resumed = train(chosen, tmp_path / "broken", resume=True, say=lambda line: None)
    assert len(unbroken["loss"]) == 6
    assert resumed["loss"] == unbroken["loss"]
    assert weights(tmp_path / "broken") == weights(tmp_path / "unbroken")
    assert json.loads((tmp_path / "broken/summary.json").read_text())["steps"] == 6
    assert min(unbroken["loss"][3:]) < unbroken["loss"][0]


def weights(folder):
    from safetensors.torch import load_file

    return {name: tensor.tolist() for name, tensor in load_file(folder / "adapter/adapter_model.safetensors").items()}


def test_a_run_does_not_go_on_with_other_demonstrations(tiny_folder, runs, tmp_path):
    from agentgym.trainers.supervised import train

    chosen = settings(tiny_folder, epochs=1.0, demonstrations=DemonstrationSettings(runs=(runs,)))
    train(chosen, tmp_path / "run", say=lambda line: None)
    fewer = recorded(tmp_path / "other", [reply(n, str(2 * n)) for n in range(2)], options=NO_TOOLS)
    with pytest.raises(UsageError, match="other demonstrations"):
        train(
            chosen.model_copy(update={"demonstrations": DemonstrationSettings(runs=(fewer,))}),
            tmp_path / "run",
            resume=True,
            say=lambda line: None,
        )


def test_a_gradient_that_is_not_finite_stops_before_it_reaches_the_weights(tiny_folder, runs, tmp_path, monkeypatch):
    import torch

    from agentgym.trainers import supervised
    from agentgym.trainers.adapters.model import load
    from agentgym.trainers.guards.rails import RailReached

    chosen = settings(tiny_folder, demonstrations=DemonstrationSettings(runs=(runs,)))
    loaded = load(chosen.model, chosen.lora)
    poisoned = next(p for n, p in loaded.model.named_parameters() if "lora_A" in n)
    poisoned.register_hook(lambda gradient: gradient * math.nan)
    before = {n: p.clone() for n, p in loaded.model.named_parameters() if p.requires_grad}
    monkeypatch.setattr(supervised, "load", lambda *_, **__: loaded)
    with pytest.raises(RailReached, match="nan"):
        supervised.train(chosen, tmp_path, say=lambda line: None)
    assert all(torch.equal(before[n], p) for n, p in loaded.model.named_parameters() if p.requires_grad)


def test_rows_that_cannot_be_dealt_out_are_refused(tiny_folder, tmp_path):
    from agentgym.trainers.supervised import trainer_for

    with pytest.raises(UsageError, match=r"trl\.per_device_train_batch_size.*divisor of 2"):
        trainer_for(settings(tiny_folder, trl={"per_device_train_batch_size": 3}), None, ROWS, tmp_path)


def test_the_command_imitates_oracles_and_says_where_the_adapter_is(tiny_folder, tmp_path, capsys):
    from agentgym.trainers.sft import main

    flags = {
        "model.name": tiny_folder("smollm2"),
        "model.dtype": "float32",
        "model.device": "cpu",
        "batch_size": 2,
        "environments.0.options.scratchpad": "false",
        "environments.0.options.answer": "reply",
        "environments.0.levels": "[1]",
    }
    asked = ["json-math", "--oracle-tasks", "2", "--out", str(tmp_path / "run")]
    status = main([*asked, *(word for key, value in flags.items() for word in ("--set", f"{key}={value}"))])
    said = capsys.readouterr()
    assert status == 0, said.err
    assert f"adapter: {tmp_path}/run/adapter" in said.out
    assert "2 episodes of 2 tasks" in said.err
    assert (tmp_path / "run/adapter/adapter_model.safetensors").exists()
    assert list((tmp_path / "run/tensorboard").iterdir())
    [line] = [json.loads(line) for line in (tmp_path / "run/steps.jsonl").read_text().splitlines()]
    assert line["step"] == 1
    assert line["loss"] > 0


def test_what_cannot_be_done_is_told_before_anything_is_loaded(tmp_path):
    from agentgym.trainers.supervised import train

    with pytest.raises(UsageError, match="nothing to imitate"):
        train(SftSettings(demonstrations=DemonstrationSettings()), tmp_path)
    with pytest.raises(UsageError, match="name the environments"):
        train(SftSettings(demonstrations=DemonstrationSettings(oracle_tasks=1)), tmp_path)
    with pytest.raises(UsageError, match="is no run folder"):
        train(SftSettings(demonstrations=DemonstrationSettings(runs=(tmp_path,))), tmp_path)
