"""Rows for TRL: exact tokens in, loss on what was sampled and nothing else."""

from __future__ import annotations

import pytest
from episodes_made import batch, group, played, turn

from agentgym.trainers.play.rows import rows
from agentgym.trajectory import StopReason

FILLER = 0


def test_prompt_completion_mask_and_logprobs_are_the_tokens_that_were_played():
    two_turns = played(turn((1, 2, 3), (4, 5)), turn((6,), (7,), prefix=5), reward=1.0)
    one_turn = played(turn((1, 2, 3, 8), (9,)), reward=0.0, sample=1)
    made = rows(batch(group(two_turns, one_turn, size=2)), filler=FILLER).for_trl()
    assert made["prompt_ids"] == [[1, 2, 3], [1, 2, 3]]
    assert made["completion_ids"] == [[4, 5, 6, 7], [8, 9]]
    assert made["env_mask"] == [[1, 1, 0, 1], [0, 1]]
    assert made["logprobs"] == [[-0.04, -0.05, 0.0, -0.07], [0.0, -0.09]]
    assert made["reward"] == [1.0, 0.0]


def test_prompts_are_all_of_one_length_so_that_none_is_padded():
    short, long = played(turn((1, 2), (3,))), played(turn(tuple(range(1, 30)), (40,)))
    made = rows(batch(group(short, long, size=2)), filler=FILLER).for_trl()
    assert {len(ids) for ids in made["prompt_ids"]} == {2}
    assert made["completion_ids"][1] == [*range(3, 30), 40]
    assert sum(made["env_mask"][1]) == 1


def test_what_is_missing_of_a_group_is_a_hole_without_loss_and_without_reward():
    member = played(turn((1, 2), (3, 4)), reward=0.5)
    made = rows(batch(group(member, size=3, lost=2)), filler=FILLER).for_trl()
    assert made["reward"] == [0.5, None, None]
    assert [sum(mask) for mask in made["env_mask"]] == [2, 0, 0]
    assert all(ids for ids in made["completion_ids"])
    assert [len(ids) for ids in made["completion_ids"]] == [len(mask) for mask in made["env_mask"]]


@pytest.mark.parametrize("stop", [StopReason.MAX_TOKENS, StopReason.MAX_TURNS, StopReason.CONTEXT_FULL])
def test_overlong_episodes_lose_their_loss_only_when_asked(stop):
    cut_off = played(turn((1, 2), (3, 4)), reward=0.0, stop=stop)
    fine = played(turn((1, 2), (3,)), reward=1.0, sample=1)
    both = batch(group(cut_off, fine, size=2))
    assert [sum(m) for m in rows(both, filler=FILLER).for_trl()["env_mask"]] == [2, 1]
    masked = rows(both, filler=FILLER, mask_overlong=True).for_trl()
    assert [sum(m) for m in masked["env_mask"]] == [0, 1]
    assert masked["reward"] == [0.0, 1.0]


def test_of_a_forked_episode_the_row_with_most_sampled_tokens_is_kept_and_the_rest_is_counted():
    forked = played(turn((1, 2), (3,)), turn((1, 9, 9), (4, 5, 6), fork="history was written anew"))
    made = rows(batch(group(forked, played(turn((1, 2), (3,)), sample=1), size=2)), filler=FILLER)
    assert made.dropped == 1
    assert made.for_trl()["completion_ids"][0][-3:] == [4, 5, 6]


def test_an_episode_that_said_nothing_keeps_its_reward_and_has_no_loss():
    silent = played(turn((1, 2, 3), ()), reward=0.0, stop=StopReason.CONTEXT_FULL)
    made = rows(batch(group(silent, played(turn((1, 2), (3,)), sample=1), size=2)), filler=FILLER).for_trl()
    assert made["reward"] == [0.0, 1.0]
    assert [sum(mask) for mask in made["env_mask"]] == [0, 1]
