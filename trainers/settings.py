"""What a training run is told, from a file, `--set` and flags, validated once with every fault listed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from agentgym import plugins
from agentgym.policy import MOST_SECONDS
from agentgym.rollout.config import LimitsConfig, SandboxConfig
from agentgym.settings import Section
from agentgym.task import Split


class ModelSettings(Section):
    """Which model is trained.

    Attributes:
        name: a model that a profile knows, or a folder that holds one as transformers saves it.
        folder: where its weights are, if that is not what `name` says; SmolLM2-135M-Instruct needs none.
        family: the profile to go by, where the name does not tell.
        adapter: a LoRA adapter to begin from, a folder that PEFT saved; its base is the model.
        dtype: of the weights that are not trained, and of what is computed.
        device: where it is trained; `auto` is a GPU if there is one.
        gradient_checkpointing: compute activations twice instead of keeping them.
    """

    name: str = "SmolLM2-135M-Instruct"
    folder: Path | None = None
    family: str | None = None
    adapter: Path | None = None
    dtype: Literal["float32", "bfloat16"] = "bfloat16"
    device: Literal["auto", "cpu", "cuda"] = "auto"
    gradient_checkpointing: bool = True


class LoraSettings(Section):
    """The adapter that is trained.

    Attributes:
        rank: of the two matrices.
        alpha: the update is scaled by alpha / rank.
        dropout: of the adapter's input; 0 keeps the sampling policy and the trained one the same.
        target_modules: ends of module names, instead of those of the family's profile.
    """

    rank: int = Field(default=16, ge=1)
    alpha: int = Field(default=32, ge=1)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    target_modules: tuple[str, ...] | None = None


class EnvironmentSettings(Section):
    """One environment of the mixture.

    Attributes:
        name: short name or id.
        weight: its share of the groups, next to the other environments' weights.
        families: only tasks of these; empty is all.
        levels: only tasks of these; empty is all. With a curriculum, those that it moves through.
        options: keyword options of the environment's constructor.
    """

    name: str
    weight: float = Field(default=1.0, gt=0)
    families: tuple[str, ...] = ()
    levels: tuple[int, ...] = ()
    options: Mapping[str, Any] = Field(default_factory=dict)

    @property
    def env_id(self) -> str:
        """Its Gymnasium id."""
        return plugins.find_environment(self.name)


class CurriculumSettings(Section):
    """How levels move by success rate, in each environment by itself.

    Attributes:
        enabled: begin at the lowest level and move; otherwise all levels are drawn alike.
        raise_at: go one level up when this share of the last `window` episodes at the level succeeded.
        lower_at: go one level down at this share or less.
        window: episodes at the current level that the share is taken of, all of them after the last move.
        review: share of the groups that are drawn from levels already passed.
    """

    enabled: bool = False
    raise_at: float = Field(default=0.8, gt=0, le=1)
    lower_at: float = Field(default=0.1, ge=0, lt=1)
    window: int = Field(default=32, ge=1)
    review: float = Field(default=0.1, ge=0, lt=1)


class PolicySettings(Section):
    """What samples the episodes.

    Attributes:
        spec: `in-process` samples from the model that is being trained; `vllm:MODEL` from a vLLM server that takes
            adapters as it runs (`agentgym serve MODEL --rl`), which is found or started.
        base_url: that server, where it runs already.
        temperature: of sampling.
        max_tokens: most tokens of one answer.
        thinking: have the model reason first, or not; None is what it does unasked.
        call_timeout_s: deadline of one answer.
    """

    spec: str = "in-process"
    base_url: str | None = None
    temperature: float = Field(default=1.0, gt=0, le=4)
    max_tokens: int = Field(default=512, ge=1)
    thinking: bool | None = None
    call_timeout_s: float = Field(default=300.0, gt=0, le=MOST_SECONDS)


class GroupSettings(Section):
    """The groups of episodes that one update is made from.

    Attributes:
        size: K, episodes of one task that are compared with one another.
        per_step: groups of one update, over all processes.
        concurrency: episodes at once, where a server samples.
        top_up: further episodes that may be played in place of lost ones, for each group.
        resample: further groups that may be played in place of dead ones, in which all rewards are alike, for each
            update.
        overlap: play the next update's groups while this one is computed. They are then sampled by the policy of one
            update earlier, which the importance correction weighs.
        mask_overlong: episodes that reached a limit of turns, tokens (also of their last answer) or context have no
            loss of their own; their rewards still count in the group's mean.
    """

    size: int = Field(default=8, ge=1, le=1024)
    per_step: int = Field(default=8, ge=1, le=4096)
    concurrency: int = Field(default=32, ge=1, le=10_000)
    top_up: int = Field(default=4, ge=0)
    resample: int = Field(default=0, ge=0)
    overlap: bool = False
    mask_overlong: bool = False

    @field_validator("size")
    @classmethod
    def _is_a_group(cls, size: int) -> int:
        if size < 2:
            raise PydanticCustomError("group", "an episode alone has nothing to be compared with: take 4 to 16")
        return size


class RailSettings(Section):
    """What stops a run before it wastes hours or spoils its weights. A share of 1 stops nothing.

    Attributes:
        probe_mean: most |Δlogp| a token between sampler and trainer at the start, in the mean. Where one computes in
            32 bits and the other in 16, SmolLM2 has 0.05.
        probe_max: the same for any one token.
        logp_mean: most |Δlogp| a token in any update, in the mean over its sampled tokens.
        lost: most of an update's episodes that may be lost to infrastructure.
        cheats: most of the last `window` episodes that may be judged to be cheats.
        canaries: most of the last `window` tasks without a solution that may be passed.
        window: episodes (or tasks without a solution) over which the two shares are taken.
    """

    probe_mean: float = Field(default=0.1, gt=0)
    probe_max: float = Field(default=1.0, gt=0)
    logp_mean: float = Field(default=0.3, gt=0)
    lost: float = Field(default=0.5, ge=0, le=1)
    cheats: float = Field(default=0.2, ge=0, le=1)
    canaries: float = Field(default=0.0, ge=0, le=1)
    window: int = Field(default=64, ge=1)


class EvalSettings(Section):
    """The tasks that base and trained policy both play, and how.

    Attributes:
        split: where they are from; their families and levels are the environments' own.
        tasks: how many of each environment; 0 for no evaluation.
        samples: episodes of each.
        temperature: of sampling; seeds are the same before and after.
    """

    split: Split = Split.EVAL
    tasks: int = Field(default=50, ge=0)
    samples: int = Field(default=1, ge=1)
    temperature: float = Field(default=1.0, ge=0, le=4)


class PlanSettings(Section):
    """The machine that a run is written for; `--plan` alone reads this.

    Attributes:
        gpus: how many GPUs, those of a server on this machine included; 0 is a processor alone.
        gpu_gib: memory of each, in GiB.
        server: arguments of `agentgym serve` behind the model, vLLM's own after `--`.
        row_tokens: tokens of the longest rows, prompts and tools' results included; by default what an episode may
            sample and 2048 more.
    """

    gpus: int = Field(default=0, ge=0, le=1024)
    gpu_gib: float = Field(default=80, gt=0, lt=100_000)
    server: tuple[str, ...] = ()
    row_tokens: int | None = Field(default=None, ge=16)


class GrpoSettings(Section):
    """Everything a GRPO run is told.

    Attributes:
        seed: of tasks, sampling and weights.
        steps: updates.
        save_every: updates between checkpoints.
        environments: what is played.
        report_to: where else TRL sends its metrics; `tensorboard` writes below the run folder.
        trl: further arguments of TRL's `GRPOConfig`, as `loss_type` or `learning_rate`.
        accelerate: how `accelerate launch` is meant to be called, for `--plan` to print; nothing reads it otherwise.
        plan: the machine that this is written for, for `--plan`.
    """

    seed: int = Field(default=0, ge=0, lt=2**31)
    steps: int = Field(default=100, ge=1)
    save_every: int = Field(default=10, ge=1)
    model: ModelSettings = ModelSettings()
    lora: LoraSettings = LoraSettings()
    environments: tuple[EnvironmentSettings, ...] = Field(min_length=1)
    curriculum: CurriculumSettings = CurriculumSettings()
    policy: PolicySettings = PolicySettings()
    groups: GroupSettings = GroupSettings()
    limits: LimitsConfig = LimitsConfig()
    sandbox: SandboxConfig = SandboxConfig()
    rails: RailSettings = RailSettings()
    eval: EvalSettings = EvalSettings()
    report_to: tuple[str, ...] = ("tensorboard",)
    trl: Mapping[str, Any] = Field(default_factory=dict)
    accelerate: tuple[str, ...] = ()
    plan: PlanSettings = PlanSettings()

    @property
    def updates(self) -> int:
        """How many batches are played; each serves `trl.num_iterations` optimizer steps."""
        return -(-self.steps // int(self.trl.get("num_iterations", 1)))


class DemonstrationSettings(Section):
    """What is imitated.

    Attributes:
        runs: run folders whose successes are imitated.
        oracle_tasks: tasks of each environment that the oracle plays for it.
        per_task: most episodes of one task that are kept.
        max_tokens: longest row; longer ones are left out and counted.
    """

    runs: tuple[Path, ...] = ()
    oracle_tasks: int = Field(default=0, ge=0)
    per_task: int = Field(default=1, ge=1)
    max_tokens: int = Field(default=8192, ge=16)


class SftSettings(Section):
    """Everything a supervised run is told; what it shares with `GrpoSettings` means the same there.

    Attributes:
        demonstrations: what is imitated.
        epochs: times that every row is seen.
        batch_size: rows of one update.
        trl: further arguments of TRL's `SFTConfig`.
        plan: the machine that this is written for, for `--plan`.
    """

    seed: int = Field(default=0, ge=0, lt=2**31)
    epochs: float = Field(default=1.0, gt=0)
    batch_size: int = Field(default=8, ge=1)
    save_every: int = Field(default=10, ge=1)
    model: ModelSettings = ModelSettings()
    lora: LoraSettings = LoraSettings()
    demonstrations: DemonstrationSettings = DemonstrationSettings()
    environments: tuple[EnvironmentSettings, ...] = ()
    limits: LimitsConfig = LimitsConfig()
    sandbox: SandboxConfig = SandboxConfig()
    report_to: tuple[str, ...] = ("tensorboard",)
    trl: Mapping[str, Any] = Field(default_factory=dict)
    accelerate: tuple[str, ...] = ()
    plan: PlanSettings = PlanSettings()
