"""From groups to the rows that TRL trains on, group after group, K rows each.

A row is cut into prompt and completion where the shortest given beginning of the batch ends, so that no prompt is
padded: what was given after that is part of the completion, and masked. Recurrent layers would read padding as text.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from agentgym.tokens import TokenRow
from agentgym.trainers.play.groups import Batch
from agentgym.trainers.play.worth import cut_short, worth
from agentgym.trajectory import Trajectory


class Rows(NamedTuple):
    """What one update is computed from; all lists have B entries, K for each group.

    Attributes:
        token_rows: tokens, loss mask and log-probabilities; a hole has one token, which is masked.
        rewards: None where the row counts for nothing, as a hole does.
        dropped: sampled tokens that are not trained on because history was written anew after them.
    """

    token_rows: list[TokenRow]
    rewards: list[float | None]
    dropped: int

    def for_trl(self) -> dict[str, Any]:
        """Return what TRL's `rollout_func` has to; the rewards under `reward`."""
        cut = max(1, min(_given(row) for row in self.token_rows))
        # A row of one token has no completion otherwise.
        cut = min(cut, min(len(row.token_ids) for row in self.token_rows) - 1)
        return {
            "prompt_ids": [list(row.token_ids[:cut]) for row in self.token_rows],
            "completion_ids": [list(row.token_ids[cut:]) for row in self.token_rows],
            "logprobs": [list(row.logprobs[cut:]) for row in self.token_rows],
            "env_mask": [list(row.loss_mask[cut:]) for row in self.token_rows],
            "reward": list(self.rewards),
        }


def rows(batch: Batch, *, filler: int, mask_overlong: bool = False) -> Rows:
    """Return the rows of a batch.

    Args:
        batch: groups of exact tokens.
        filler: the token that stands in a hole.
        mask_overlong: whether episodes that reached a limit have no loss; they still count in the group's mean.
    """
    made = [_row(member, mask_overlong=mask_overlong) for group in batch.groups for member in _seats(group)]
    hole = TokenRow((filler, filler), (0, 0), (0.0, 0.0))
    return Rows(
        token_rows=[row if row is not None and len(row.token_ids) > 1 else hole for row, _, _ in made],
        rewards=[reward for _, reward, _ in made],
        dropped=sum(dropped for _, _, dropped in made),
    )


def _seats(group: Any) -> Iterator[Trajectory | None]:
    yield from group.members
    for _ in range(group.missing):
        yield None


def _row(member: Trajectory | None, *, mask_overlong: bool) -> tuple[TokenRow | None, float | None, int]:
    """Return an episode's row and reward, and how many sampled tokens are left out."""
    if member is None or (reward := worth(member)) is None:
        return None, None, 0
    rows = member.token_rows()
    if not rows:
        return None, reward, 0
    row = max(rows, key=lambda row: sum(row.loss_mask))
    dropped = sum(sum(other.loss_mask) for other in rows) - sum(row.loss_mask)
    if mask_overlong and cut_short(member):
        return _without_loss(row), reward, dropped
    return row, reward, dropped


def _without_loss(row: TokenRow) -> TokenRow:
    return row._replace(loss_mask=(0,) * len(row.loss_mask))


def _given(row: TokenRow) -> int:
    """Return how many tokens stand before the first sampled one; all of them where none is."""
    return row.loss_mask.index(1) if 1 in row.loss_mask else len(row.loss_mask)
