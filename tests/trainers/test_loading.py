"""Settings of training runs: where they come from, and every fault of them at once."""

import json
import re
from pathlib import Path

import pytest

from agentgym.errors import UsageError
from agentgym.trainers.bridge.trl_arguments import rows_at_once, trl_faults
from agentgym.trainers.loading import configurations, load_grpo, load_sft

ONE = ("json-math",)


def faults(*assignments: str, environments: tuple[str, ...] = ONE, config: str | None = None) -> list[str]:
    with pytest.raises(UsageError) as caught:
        load_grpo(config, assignments, {}, environments)
    return list(caught.value.faults)


def test_the_package_brings_its_configurations_and_all_are_valid() -> None:
    names = ["nemotron-3-nano-30b", "nemotron-3-nano-4b", "qwen3.5-35b-a3b", "qwen3.5-4b", "smollm2-cpu"]
    assert list(configurations()) == names
    assert [load_grpo(name, [], {}).model.name for name in names] == [
        "Nemotron-3-Nano-30B-A3B",
        "Nemotron-3-Nano-4B",
        "Qwen3.5-35B-A3B",
        "Qwen3.5-4B",
        "SmolLM2-135M-Instruct",
    ]


def test_flags_win_over_set_and_set_over_the_configuration() -> None:
    assert load_grpo("smollm2-cpu", [], {}).steps == 9
    chosen = load_grpo("smollm2-cpu", ["steps=3", "seed=3", "environments.0.weight=2"], {"steps": "5", "seed": None})
    assert (chosen.steps, chosen.seed, chosen.environments[0].weight) == (5, 3, 2)


def test_named_environments_replace_those_of_a_configuration_but_keep_what_it_says_of_them() -> None:
    chosen = load_grpo("qwen3.5-4b", [], {}, ("agentgym/CodeRepair-v1", "gauntlet"))
    assert [(one.env_id, one.weight) for one in chosen.environments] == [
        ("agentgym/CodeRepair-v1", 2),
        ("agentgym/Gauntlet-v1", 1),
    ]


def test_options_are_as_constructors_take_them() -> None:
    [one] = load_grpo(
        None, ["environments.0.options.scratchpad=false", "environments.0.options.feedback=false"], {}, ONE
    ).environments
    assert one.options == {"scratchpad": False}


@pytest.mark.parametrize(
    ("assignment", "said"),
    [
        ("step=3", "step: there is no such key; did you mean steps?"),
        ("groups.size=1", "groups.size: an episode alone has nothing to be compared with: take 4 to 16, not 1"),
        ("environments.0.weigt=1", "environments.0.weigt: there is no such key; did you mean environments.0.weight?"),
        (
            "environments.0.options.scrachpad=true",
            "environments.0.options.scrachpad: there is no such option: did you mean 'scratchpad'? Known: scratchpad, "
            "answer, feedback.",
        ),
        (
            "environments.0.options.split=eval",
            "environments.0.options.split: every environment has it; set eval.split; trained on is the train split",
        ),
        ("sandbox.backend=dokcer", "there is no sandbox backend named 'dokcer': did you mean 'docker'?"),
        ("model.family=qwen", "model.family: there is no model family named 'qwen': did you mean 'qwen3'?"),
        ("model.name=Qwen3.5-4C", "model.name: no model named 'Qwen3.5-4C' is known. The nearest: Qwen/Qwen3.5-4B"),
        ("policy.spec=openai:x", "policy.spec: 'openai:x' takes no new adapters while it runs; it is in-process or"),
        ("policy.spec=vllm", "policy.spec: name the model that the server has, as vllm:Qwen/Qwen3.5-4B"),
        ("policy.base_url=http://x/v1", "policy.base_url: in-process asks no server; set policy.spec to vllm:MODEL"),
        ("groups.overlap=true", "groups.overlap: in-process samples and trains with one model, in turns"),
        ("trl.num_generations=4", "trl.num_generations: the trainer sees to it; set groups.size"),
        ("trl.vllm_mode=server", "trl.vllm_mode: the trainer sees to it; set the keys of policy"),
        ("trl.hub_token=x", "trl.hub_token: the trainer sees to it; nothing is uploaded"),
    ],
)
def test_each_fault_says_what_to_set_instead(assignment: str, said: str) -> None:
    [fault] = faults(assignment)
    assert fault.startswith(said)


def test_all_faults_are_told_at_once() -> None:
    found = faults(
        "steps=0", "policy.spec=openai:x", environments=("jsn-math", "code-repair", "code-repair"), config="smollm"
    )
    assert [fault.partition(":")[0] for fault in found] == [
        "--config",
        "steps",
        "environments.0.name",
        "environments.2.name",
        "policy.spec",
    ]
    assert "did you mean 'smollm2-cpu'?" in found[0]
    assert "did you mean 'json-math'?" in found[2]


def test_something_has_to_be_played() -> None:
    [told] = faults(environments=())
    assert told == "environments: it has to be set, as grpo json-math does, or a configuration (--config)"


def test_what_an_unread_file_would_have_set_is_not_missed(tmp_path: Path) -> None:
    for config in ("nope.toml", "smollm2", str(tmp_path)):
        with pytest.raises(UsageError) as caught:
            load_grpo(config, [], {})
        [told] = caught.value.faults
        assert told.startswith("--config")


def test_a_saved_adapter_is_gone_on_from_as_it_was_made(tmp_path: Path) -> None:
    told = {"r": 4, "lora_alpha": 8, "lora_dropout": 0.0, "base_model_name_or_path": "/x/SmolLM2-135M-Instruct"}
    adapter = tmp_path / "run" / "adapter"
    adapter.mkdir(parents=True)
    (adapter / "adapter_config.json").write_text(json.dumps(told))
    chosen = load_grpo(None, [f"model.adapter={adapter}"], {}, ONE)
    assert (chosen.lora.rank, chosen.lora.alpha) == (4, 8)
    with pytest.raises(UsageError) as caught:
        load_grpo("smollm2-cpu", [f"model.adapter={adapter}", "model.name=Qwen3.5-4B"], {})
    assert [fault.split(",")[0] for fault in caught.value.faults] == [
        "lora.rank: 16",
        "lora.alpha: 32",
        f"model.adapter: the adapter in {adapter} is one of SmolLM2-135M-Instruct",
    ]
    for folder, said in ((tmp_path / "run", f"did you mean {adapter}?"), (tmp_path / "x", "is no folder")):
        with pytest.raises(UsageError, match=re.escape(said)):
            load_grpo(None, [f"model.adapter={folder}"], {}, ONE)


def test_longer_rows_are_not_those_of_the_configuration() -> None:
    for changed, row_tokens in (((), 256), (("policy.max_tokens=512",), None), (("plan.row_tokens=99",), 99)):
        assert load_grpo("smollm2-cpu", changed, {}).plan.row_tokens == row_tokens
    assert load_grpo("smollm2-cpu", [], {}, ["code-repair"]).plan.row_tokens is None


def test_a_folder_of_weights_needs_no_known_name(tmp_path: Path) -> None:
    assert load_grpo(None, [f"model.name={tmp_path}"], {}, ONE).model.name == str(tmp_path)
    assert load_grpo(None, ["model.name=own", "model.family=qwen3.5"], {}, ONE).model.family == "qwen3.5"


class TestSupervised:
    def test_a_configuration_of_grpo_says_which_model_and_environments(self) -> None:
        chosen = load_sft("smollm2-cpu", ["demonstrations.oracle_tasks=4"], {"epochs": "2"})
        assert (chosen.model.name, chosen.lora.rank, chosen.epochs) == ("SmolLM2-135M-Instruct", 16, 2)
        assert chosen.environments[0].families == ("arithmetic",)
        assert chosen.trl == {}

    def test_one_of_its_own_is_read_whole(self, tmp_path: Path) -> None:
        file = tmp_path / "own.toml"
        file.write_text('steps = 3\nbatch_size = 2\n[demonstrations]\nruns = ["x"]\n[trl]\nmax_length = 3\n')
        with pytest.raises(UsageError) as caught:
            load_sft(str(file), [], {})
        assert list(caught.value.faults) == [
            "steps: there is no such key; did you mean epochs?",
            "trl.max_length: the trainer sees to it; set demonstrations.max_tokens",
        ]

    def test_a_plan_needs_nothing_to_imitate(self) -> None:
        assert load_sft("smollm2-cpu", [], {}).demonstrations.runs == ()


@pytest.mark.train
class TestWithTrl:
    """TRL's own fields, read from the source that is installed."""

    def test_an_unknown_argument_is_told_the_nearest(self) -> None:
        [fault] = trl_faults("grpo", {"trl": {"loss_typ": "dapo"}})
        assert fault == "trl.loss_typ: TRL's GRPOConfig has no such argument: did you mean 'loss_type'?"
        [fault] = trl_faults("sft", {"trl": {"loss_type": "nll", "epsilon_high": 1}})
        assert fault.startswith("trl.epsilon_high: TRL's SFTConfig has no such argument")

    @pytest.mark.slow
    def test_what_is_read_are_all_fields_that_there_are(self) -> None:
        from dataclasses import fields

        from trl import GRPOConfig, SFTConfig

        from agentgym.trainers.bridge.trl_arguments import _known

        assert _known("grpo") == {field.name for field in fields(GRPOConfig)}
        assert _known("sft") == {field.name for field in fields(SFTConfig)}

    def test_algorithms_are_chosen_through_trl(self) -> None:
        chosen = {
            "loss_type": "cispo",
            "importance_sampling_level": "sequence",
            "max_completion_length": 9,
            "beta": 0.1,
        }
        assert list(trl_faults("grpo", {"trl": {**chosen, "vllm_importance_sampling_mode": "token_truncate"}})) == []


def test_rows_are_computed_as_many_at_once_as_divide_them() -> None:
    assert [rows_at_once({}, rows, most=8) for rows in (1, 8, 12, 16, 7, 22)] == [1, 8, 6, 8, 7, 2]
    assert rows_at_once({"per_device_train_batch_size": 2}, 16, most=8) == 2
