"""The seam with TRL: what our trainer rests on, one update at a time."""

from __future__ import annotations

import math

import pytest
from episodes_made import batch, group, played, turn

from agentgym.trainers.settings import GrpoSettings, LoraSettings, ModelSettings

pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("ignore::FutureWarning")]

STEPS = 2


@pytest.fixture
def made(tiny_folder, tmp_path):
    """A trainer whose groups are given, and what happened to it."""
    from agentgym.trainers.adapters.model import load
    from agentgym.trainers.bridge.grpo_config import grpo_config
    from agentgym.trainers.bridge.grpo_trainer import AgentGRPOTrainer
    from agentgym.trainers.play.rows import rows

    def made(play, **changed):
        settings = GrpoSettings.model_validate(
            {
                "environments": [{"name": "vowels"}],
                "steps": STEPS,
                "report_to": [],
                "groups": {"size": 4, "per_step": 1},
                "trl": {"learning_rate": 1e-3, "dataloader_pin_memory": False, **changed},
            }
        )
        model = ModelSettings(
            name=str(tiny_folder("smollm2")), dtype="float32", device="cpu", gradient_checkpointing=False
        )
        settings = settings.model_copy(update={"model": model})
        loaded = load(model, LoraSettings(rank=4, alpha=8))
        happened: list[str] = []

        def rows_of(number):
            happened.append(f"play {number}")
            return rows(play(loaded.model, number), filler=0), {"agentgym/reward": 0.25}

        trainer = AgentGRPOTrainer(
            model=loaded.model,
            tokenizer=loaded.tokenizer,
            args=grpo_config(settings, tmp_path, processes=1),
            play=rows_of,
            publish=lambda number: happened.append(f"publish {number}"),
            groups_per_step=1,
        )
        return trainer, happened

    return made


def episodes(model, rewards, *, shift=0.0):
    """Four episodes of two turns whose log-probabilities are the model's own, and `shift` beside them."""
    from agentgym.trainers.sampling.generation import logprobs

    found = []
    for sample, reward in enumerate(rewards):
        first, tool, second = (1, 2, 3), (4, 5 + sample), (6, 7, 8)
        ids = (9, 10, 11, *first, *tool, *second)
        own = [0.0, *logprobs(model, [ids])[0]]
        turns = [turn((9, 10, 11), first), turn(tool, second, prefix=6)]
        at = {0: slice(3, 6), 1: slice(8, 11)}
        turns = [
            one.model_copy(
                update={
                    "completion": one.completion.model_copy(
                        update={"logprobs": tuple(value - shift for value in own[at[number]])}
                    )
                }
            )
            for number, one in enumerate(turns)
        ]
        found.append(played(*turns, reward=reward, sample=sample))
    return found


def test_each_update_publishes_and_then_plays(made):
    trainer, happened = made(lambda model, number: batch(group(*episodes(model, [0, 1, 0, 1]), size=4)))
    trainer.train()
    assert happened == ["publish 0", "play 0", "publish 1", "play 1"]


def test_a_batch_serves_num_iterations_updates(made):
    trainer, happened = made(
        lambda model, number: batch(group(*episodes(model, [0, 1, 0, 1]), size=4)), num_iterations=2
    )
    trainer.train()
    assert happened == ["publish 0", "play 0"]


def test_sampler_and_trainer_are_compared_over_sampled_tokens_only(made):
    trainer, _ = made(lambda model, number: batch(group(*episodes(model, [0, 1, 0, 1], shift=0.1), size=4)))
    trainer.train()
    first = trainer.state.log_history[0]
    assert first["sampling/sampling_logp_difference/mean"] == pytest.approx(0.1, abs=1e-3)
    assert first["sampling/importance_sampling_ratio/mean"] == pytest.approx(math.exp(0.1), abs=1e-3)
    assert first["completions/mean_length"] == 6
    assert first["agentgym/reward"] == 0.25
    assert first["reward"] == 0.5


def test_what_was_sampled_with_another_policy_weighs_more_or_less_up_to_two(made):
    def norm(shift):
        trainer, _ = made(lambda model, number: batch(group(*episodes(model, [0, 1, 0, 1], shift=shift), size=4)))
        trainer.train()
        return trainer.state.log_history[0]["grad_norm"]

    assert norm(math.log(1.5)) == pytest.approx(1.5 * norm(0.0), rel=0.01)
    assert norm(3.0) == pytest.approx(2.0 * norm(0.0), rel=0.01)


def test_a_group_in_which_all_are_alike_changes_nothing(made):
    trainer, _ = made(lambda model, number: batch(group(*episodes(model, [0.3] * 4), size=4)))
    trainer.train()
    assert trainer.state.log_history[0]["grad_norm"] == 0


def test_a_hole_is_in_no_mean_and_has_no_loss(made):
    def with_hole(model, number):
        members = episodes(model, [0, 1, 0.5, 0.5])
        return batch(group(*members[:2], size=4, lost=2))

    trainer, _ = made(with_hole)
    trainer.train()
    assert trainer.state.log_history[0]["reward"] == 0.5
    assert trainer.state.log_history[0]["completions/min_length"] == 0
    assert trainer.state.log_history[0]["grad_norm"] > 0


@pytest.mark.parametrize(
    "algorithm",
    [
        {"loss_type": "dapo"},
        {"loss_type": "dr_grpo"},
        {"loss_type": "cispo", "epsilon_high": 5.0},
        {"loss_type": "grpo", "importance_sampling_level": "sequence"},
    ],
    ids=["dapo", "dr_grpo", "cispo", "gspo"],
)
def test_the_algorithms_of_trl_learn(made, algorithm):
    def likelihood(model):
        from agentgym.trainers.sampling.generation import logprobs

        return sum(logprobs(model, [(9, 10, 11, 1, 2, 3)])[0][2:])

    def better_first(model, number):
        good = episodes(model, [1, 1])
        bad = [played(turn((9, 10, 11), (30 + sample, 31, 32)), reward=0.0, sample=2 + sample) for sample in range(2)]
        return batch(group(*good, *bad, size=4))

    trainer, _ = made(better_first, **algorithm)
    before = likelihood(trainer.model)
    trainer.train()
    assert likelihood(trainer.model) > before
