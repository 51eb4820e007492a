from __future__ import annotations

import json
import math
import os
import signal
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field

from agentgym.errors import InfrastructureError, SandboxLost, UsageError
from agentgym.plugins import environment_class, find_environment
from agentgym.rollout.run import RunStopped
from agentgym.sandbox import SandboxBackend

pytestmark = [pytest.mark.train, pytest.mark.usefixtures("train_extra")]

if find_spec("trl") is not None:
    from agentgym.trainers.environment import LOST, TrlEnvironment, trl_dataset, trl_environment
    from agentgym.trainers.tool_methods import tool_methods

SHORT_NAMES = ("code-repair", "linux-config", "json-math", "gauntlet")


@pytest.fixture
def json_math() -> Iterator[Any]:
    with trl_environment("json-math", scratchpad=False) as factory:
        yield factory


def _row(**columns: Any) -> dict[str, Any]:
    return {"prompt": [{"role": "system", "content": "…"}, {"role": "user", "content": ""}], **columns}


def _solve(env: Any) -> list[str]:
    """Play the oracle's calls, as TRL carries them out: each as a method with the arguments for keywords."""
    said = []
    for message in env._env.oracle(env._env.task):
        for tool_call in message.tool_calls:
            said.append(getattr(env, tool_call.name)(**json.loads(tool_call.arguments)))
    return said


@pytest.mark.parametrize("name", SHORT_NAMES)
def test_trl_tells_of_the_same_tools(name: str) -> None:
    from transformers.utils import get_json_schema

    factory = trl_environment(name)
    env = environment_class(find_environment(name))()
    env.task = env.tasks(env.split)[0]
    ours = {tool.name: tool.schema()["function"] for tool in map(_tool, env.make_tools())}
    told = {name: get_json_schema(method)["function"] for name, method in _methods(factory.environment_class).items()}
    assert told.keys() == ours.keys()
    for tool, schema in told.items():
        assert schema["description"] == ours[tool]["description"]
        assert schema["parameters"].get("required", []) == ours[tool]["parameters"].get("required", [])
        for argument, said in schema["parameters"]["properties"].items():
            described = ours[tool]["parameters"]["properties"][argument]
            assert said["description"] == described["description"]
            assert said["type"] in [each["type"] for each in described.get("anyOf", [described])]
        assert schema.keys() == {"name", "description", "parameters"}


def _tool(function: Callable[..., str]) -> Any:
    from agentgym.tool import Tool

    return Tool.from_function(function)


def _methods(cls: type) -> dict[str, Any]:
    """Find the tools as TRL does."""
    import inspect

    found = inspect.getmembers(cls, predicate=inspect.isfunction)
    return {name: member for name, member in found if name not in ("reset", "get_reward") and name[0] != "_"}


class Point(BaseModel):
    x: int


def test_a_tool_that_trl_cannot_show_is_named() -> None:
    def reset() -> str:
        """Begin anew."""
        return ""

    def plot(point: Point) -> str:
        """Draw a point."""
        return ""

    def move(steps: Annotated[int, Field(description="how many. Returns: nothing")] = 1) -> str:
        """Move.

        Args: none that matter.
        """
        return ""

    def undescribed(steps: int = 1) -> str:
        """Move."""
        return ""

    assert tool_methods([undescribed], lambda env, name, arguments: name)["undescribed"](None, steps=2) == "undescribed"
    with pytest.raises(UsageError) as refused:
        tool_methods([reset, plot, move, undescribed], lambda env, name, arguments: "")
    faults = "\n".join(refused.value.faults)
    assert [fault.split()[2] for fault in refused.value.faults] == ["reset", "plot", "move"], faults


def test_a_solved_task_is_worth_one(json_math: Any) -> None:
    env = json_math()
    assert env.reset(**_row(task="json-math/train/000007")) == env._env.task.prompt
    assert env._env.task.id == "json-math/train/000007"
    assert _solve(env) == ["Submitted."]
    assert env.submit(answer="{}") == "Not run: the episode is over."
    assert env.get_reward() == 1.0
    assert env.verdict.success


def test_what_was_not_handed_in_is_judged_as_it_stands(json_math: Any) -> None:
    env = json_math()
    env.reset(**_row(index=3, split="demo"))
    assert env._env.task.id == "json-math/demo/000003"
    assert "Field required" in env.submit(anser="{}", self=1)
    assert env.malformed_calls == 1
    assert env.get_reward() == 0.0
    env.reset(**_row(index=4, task=None))
    assert (env.malformed_calls, env.verdict, env._env.task.id) == (0, None, "json-math/train/000004")


def test_calls_end_where_turns_end() -> None:
    with trl_environment("json-math", scratchpad=False, max_turns=2) as factory:
        env = factory()
        env.reset(**_row(seed=1))
        first = env._env.task.id
        assert "Field required" in env.submit()
        assert "Field required" in env.submit()
        assert env.submit(answer="{}") == "Not run: the episode is over."
        assert env.get_reward() == 0.0
        env.reset(**_row(seed=1))
        assert env._env.task.id == first


def test_the_model_reads_the_system_message_once(json_math: Any) -> None:
    env = json_math()
    row = trl_dataset("json-math", tasks=1, scratchpad=False)[0]
    task, system = env.reset(**row), env._env.system_prompt()
    assert row["prompt"] == [{"role": "system", "content": system}, {"role": "user", "content": ""}]
    alone = {"prompt": [{"role": "user", "content": ""}], "task": row["task"]}
    assert env.reset(**alone) == f"{system}\n\n{task}"
    assert env.reset(task=row["task"]) == f"{system}\n\n{task}"
    begun = [*row["prompt"][:1], {"role": "user", "content": "Think first."}]
    assert env.reset(prompt=begun, task=row["task"]) == f"\n\n{task}"


def test_a_row_without_a_task_would_spoil_its_group(json_math: Any) -> None:
    with pytest.raises(UsageError, match="trl_dataset"):
        json_math().reset(prompt=[{"role": "user", "content": ""}])


def test_rows_are_chosen_by_family_and_level() -> None:
    everything = trl_dataset("json-math", tasks=40)
    assert len(set(everything["task"])) == 40
    env = environment_class(find_environment("json-math"))()
    kind = env._task_by_id(everything[0]["task"])
    few = trl_dataset("json-math", tasks=3, families=[kind.family], levels=[kind.level], environment="math")
    assert {(task.family, task.level) for task in map(env._task_by_id, few["task"])} == {(kind.family, kind.level)}
    assert few["environment"] == ["math"] * 3
    assert trl_dataset("json-math", tasks=3, seed=1)["task"] != trl_dataset("json-math", tasks=3)["task"]
    with pytest.raises(UsageError, match=r"0 were found in the demo split .* levels: 99"):
        trl_dataset("json-math", tasks=1, split="demo", levels=[99])


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"answer": "reply"}, "have it answered by a call"),
        ({"scratchpd": True}, "did you mean 'scratchpad'"),
        ({"sandbox": "dokcer"}, "did you mean 'docker'"),
        ({"split": "tset"}, "there is no split named 'tset'"),
    ],
)
def test_what_cannot_be_played_is_refused_at_once(options: dict[str, Any], fault: str) -> None:
    with pytest.raises(UsageError, match=fault):
        trl_environment("json-math", **options)


@pytest.mark.bubblewrap
def test_a_lost_episode_has_no_reward(bubblewrap_backend: SandboxBackend) -> None:
    with trl_environment("code-repair", sandbox="bubblewrap") as factory:
        env = factory()
        env.reset(**_row(index=0))
        os.kill(factory._backend._spawner.launcher_pid(), signal.SIGKILL)
        assert env.bash(command="ls") == LOST
        assert env.submit() == LOST
        assert env.get_reward() is None
        assert isinstance(env.failure, InfrastructureError)
        env.reset(**_row(index=0))
        assert env.failure is None
        assert "README.md" in env.bash(command="ls")


def test_a_group_shares_one_prepared_box(bubblewrap_backend: SandboxBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    prepared = []
    cls = environment_class("agentgym/CodeRepair-v1")
    prepare = cls.prepare
    monkeypatch.setattr(cls, "prepare", lambda self, box, task: (prepared.append(task.id), prepare(self, box, task)))
    with trl_environment("code-repair", sandbox=bubblewrap_backend) as factory:
        envs = [factory() for _ in range(3)]
        for env in envs:
            env.reset(**_row(index=5))
        envs[0].bash(command="rm -r *")
        assert all(line == "Submitted." for line in _solve(envs[1])[-1:])
        assert [env.get_reward() for env in envs] == [0.0, 1.0, 0.0]
        envs[2].reset(**_row(index=5))
        box = envs[2]._env.box
    assert prepared == ["code-repair/train/000005"]
    with pytest.raises(UsageError, match="closed"):
        box.exec(["true"], timeout_s=5)
    bubblewrap_backend.acquire(envs[0]._env.spec_in_use()).close()


def test_a_run_that_loses_everything_stops(json_math: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment_class("agentgym/JsonMath-v1"), "conclude", _lost)
    env = json_math()
    for _ in range(31):
        env.reset(**_row(index=0))
        assert env.get_reward() is None
    env.reset(**_row(index=0))
    with pytest.raises(RunStopped, match="the last 32 episodes were all lost"):
        env.get_reward()


def _lost(*_: Any) -> Any:
    raise SandboxLost("the disk is full")


def test_a_fault_of_the_environment_stops_the_run(json_math: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fault(*_: Any) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr(environment_class("agentgym/JsonMath-v1"), "_take", fault)
    env = json_math()
    env.reset(**_row(index=0))
    with pytest.raises(ZeroDivisionError):
        env.submit(answer="{}")
    with pytest.raises(ZeroDivisionError):
        env.get_reward()


# TRL's own trainer ----------------------------------------------------------------------------------------------


def _trainer(factory: Any, dataset: Any, folder: Path, **arguments: Any) -> Any:
    import transformers
    from datasets import disable_progress_bars
    from parity_models import tiny_model
    from parity_tokenizer import template, tokenizer
    from trl import GRPOConfig, GRPOTrainer
    from trl.chat_template_utils import qwen3_template

    transformers.logging.disable_progress_bar()
    disable_progress_bars()
    tokens = tokenizer(template("smollm2"))
    tokens.response_template = qwen3_template
    tokens.eos_token = tokens.pad_token = "<|im_end|>"
    return GRPOTrainer(
        model=tiny_model("llama"),
        args=GRPOConfig(
            output_dir=str(folder),
            num_generations=4,
            per_device_train_batch_size=4,
            max_steps=1,
            max_completion_length=256,
            use_cpu=True,
            bf16=False,
            activation_checkpointing=False,
            save_strategy="no",
            report_to=[],
            logging_steps=1,
            disable_tqdm=True,
            beta=0.0,
            **arguments,
        ),
        train_dataset=dataset,
        processing_class=tokens,
        environment_factory=factory,
    )


def _says(trainer: Any, texts: Callable[[int, TrlEnvironment], str]) -> list[str]:
    """Have the trainer sample given texts, and nothing after calls; return the prompts that it read."""
    read: list[str] = []
    turn: dict[int, int] = {}

    def sample(prompt_ids: list[list[int]], *_: Any, **__: Any) -> tuple[list[list[int]], None]:
        tokens = trainer.processing_class
        read.extend(tokens.decode(ids) for ids in prompt_ids)
        said = [texts(index, trainer.environments[index]) if not turn else "Done." for index in range(len(prompt_ids))]
        turn[0] = 1
        return [tokens.encode(f"{text}<|im_end|>", add_special_tokens=False) for text in said], None

    trainer._generate_single_turn = sample
    return read


def _submission(env: TrlEnvironment) -> str:
    [message] = env._env.oracle(env._env.task)
    [called] = message.tool_calls
    return f'<tool_call>\n{{"name": "submit", "arguments": {called.arguments}}}\n</tool_call>'


def test_trl_plays_a_group(json_math: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRL_EXPERIMENTAL_SILENCE", "1")
    trainer = _trainer(json_math, trl_dataset("json-math", tasks=2, scratchpad=False), tmp_path)

    def says(index: int, env: TrlEnvironment) -> str:
        if index == 3:
            monkeypatch.setattr(env._env, "step", _lost)
        if index == 1:
            return '<tool_call>\n{"name": "submit", "arguments": {"answr": 1}}\n</tool_call>'
        return "I give up." if index == 2 else _submission(env)

    read = _says(trainer, says)
    trainer.train()
    envs = trainer.environments
    assert len({env._env.task.id for env in envs}) == 1
    assert [env.failure is None for env in envs] == [True, True, True, False]
    assert [env.verdict and env.verdict.value for env in envs] == [1.0, 0.0, 0.0, None]
    assert envs[1].malformed_calls == 1
    system, task = envs[0]._env.system_prompt(), envs[0]._env.task.prompt
    assert f"<|im_start|>system\n{system}" in read[0]
    assert f"<|im_start|>user\n{task}<|im_end|>" in read[0]
    logged = trainer.state.log_history[0]
    # The lost one is left out, and not a 0: a mean of three.
    assert logged["reward"] == logged["rewards/JsonMath-v1/mean"] == pytest.approx(1 / 3)
    assert logged["tools/call_frequency"] == 3 / 4
    assert math.isfinite(logged["loss"])
    assert logged["grad_norm"] > 0


@pytest.mark.bubblewrap
def test_trl_mixes_environments(
    bubblewrap_backend: SandboxBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datasets import concatenate_datasets

    monkeypatch.setenv("TRL_EXPERIMENTAL_SILENCE", "1")
    rows = [
        trl_dataset("json-math", tasks=1, environment="math", scratchpad=False),
        trl_dataset("code-repair", tasks=1, environment="repair"),
    ]
    with (
        trl_environment("json-math", scratchpad=False) as math_,
        trl_environment("code-repair", sandbox=bubblewrap_backend) as repair,
    ):
        factories = {"math": math_, "repair": repair}
        trainer = _trainer(factories, concatenate_datasets(rows), tmp_path)
        read = _says(trainer, lambda index, env: _submission(env) if index < 3 else "Done.")
        group_of_each = [row for row in trainer.train_dataset for _ in range(4)]
        trainer.model.train()
        # An update without the update: what is played, judged and compared.
        played = trainer._generate_and_score_completions(group_of_each)
        assert [type(env).__name__ for env in trainer.environments] == ["JsonMath-v1"] * 4 + ["CodeRepair-v1"] * 4
        assert ["replace_in_file" in prompt for prompt in read[:8]] == [False] * 4 + [True] * 4
        assert trainer._metrics["train"]["rewards/JsonMath-v1/mean"] == [0.75]
        assert trainer._metrics["train"]["rewards/CodeRepair-v1/mean"] == [0.0]
        assert [advantage != 0 for advantage in played["advantages"].tolist()] == [True] * 4 + [False] * 4
