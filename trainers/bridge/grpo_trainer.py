"""TRL's GRPO trainer, fed by our rollouts.

Everything that is not public in TRL 1.16 and that this rests on is in this file, and its test fails when it moves:

- `rollout_func(prompts, trainer)` returns rows, with `env_mask` and further columns for the reward function;
- with `use_vllm` set, TRL calls `vllm_generation.sync_weights()` before it asks for rows of a newer update, computes
  the trainer's own log-probabilities of them, and weighs each token by the ratio to those that were sampled with. It is
  set after construction, as TRL would import vLLM otherwise, and `vllm_generation` is ours.
"""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import datasets
from transformers import TrainerCallback
from trl import GRPOConfig, GRPOTrainer

from agentgym.trainers.play.rows import Rows

Play = Callable[[int], tuple[Rows, dict[str, float]]]


class AgentGRPOTrainer(GRPOTrainer):
    """GRPO whose completions are whole episodes."""

    # TRL compares it with the update that it asks rows for.
    _last_loaded_step = -1

    def __init__(
        self,
        *,
        model: Any,
        tokenizer: Any,
        args: GRPOConfig,
        play: Play,
        publish: Callable[[int], None],
        groups_per_step: int,
        callbacks: Sequence[TrainerCallback] = (),
    ) -> None:
        """Make a trainer.

        Args:
            model: a PEFT model.
            tokenizer: its tokenizer.
            args: TRL's own arguments.
            play: plays the groups of the update with this number, from 0; returns this process's rows and what is to be
                logged of them.
            publish: has the sampler use the weights as they are before the update with this number.
            groups_per_step: groups of one update over all processes.
            callbacks: of transformers.
        """
        # TRL draws prompts from a dataset; ours are numbers that nothing reads.
        numbers = datasets.Dataset.from_dict(
            {"prompt": [str(n) for n in range(groups_per_step * args.max_steps // args.num_iterations)]}
        )
        with _no_word_of_experiments():
            super().__init__(
                model=model,
                reward_funcs=[self._reward],
                args=args,
                train_dataset=numbers,
                processing_class=tokenizer,
                callbacks=list(callbacks),
                rollout_func=self._roll_out,
            )
        self._play = play
        self._played: dict[str, float] = {}
        self.use_vllm = True
        self.vllm_generation: Any = _Sampler(lambda: publish(self.update))

    @property
    def update(self) -> int:
        """The number of the batch that is due, from 0; a batch serves `num_iterations` optimizer steps."""
        return int(self.state.global_step) // int(self.num_iterations)

    def _roll_out(self, prompts: list[str], trainer: GRPOTrainer) -> dict[str, Any]:
        rows, self._played = self._play(self.update)
        assert len(rows.rewards) == len(prompts)
        return rows.for_trl()

    def _reward(
        self, *, reward: list[float | None], log_metric: Callable[[str, float], None], **_: Any
    ) -> list[float | None]:
        for name, value in self._played.items():
            log_metric(name, value)
        return reward


class _Sampler:
    """What TRL takes for its connection to vLLM."""

    def __init__(self, sync_weights: Callable[[], None]) -> None:
        self.sync_weights = sync_weights


@contextlib.contextmanager
def _no_word_of_experiments() -> Iterator[None]:
    """TRL says of every seam that it may move; a test of ours says so when one did."""
    before = os.environ.get("TRL_EXPERIMENTAL_SILENCE")
    os.environ["TRL_EXPERIMENTAL_SILENCE"] = "1"
    try:
        with warnings.catch_warnings():
            yield
    finally:
        if before is None:
            del os.environ["TRL_EXPERIMENTAL_SILENCE"]
        else:
            os.environ["TRL_EXPERIMENTAL_SILENCE"] = before
