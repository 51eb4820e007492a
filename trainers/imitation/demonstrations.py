"""What a supervised run imitates: successes as rows of exact tokens, with loss on what the policy said only."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from agentgym.errors import UsageError
from agentgym.runs.load import Run
from agentgym.task import TaskKind
from agentgym.tokens import TokenRow
from agentgym.trainers.imitation.rendered import Unwritable, Writer
from agentgym.trainers.settings import EnvironmentSettings
from agentgym.trajectory import Trajectory

_log = logging.getLogger(__name__)


class Kept(NamedTuple):
    """One episode to imitate, and the run that it is of."""

    run: Run
    trajectory: Trajectory


@dataclass
class Demonstrations:
    """Rows to imitate, and what was left out.

    Attributes:
        rows: exact where the trajectory has exact tokens of this model, else as its template writes them.
        episodes: that the rows are of.
        tasks: different ones among them.
        exact: episodes whose rows are the very tokens that were sampled.
        failed: episodes left out because they did not succeed.
        suspect: left out because their task has no solution, or because there are signs of a cheat.
        not_asked_for: left out because they are of other environments, families or levels.
        over_cap: left out because enough of their task were kept.
        unwritable: left out because the template cannot write them, by the reason.
        too_long: rows left out for their length.
    """

    rows: list[TokenRow] = field(default_factory=list)
    episodes: int = 0
    tasks: int = 0
    exact: int = 0
    failed: int = 0
    suspect: int = 0
    not_asked_for: int = 0
    over_cap: int = 0
    unwritable: Counter[str] = field(default_factory=Counter)
    too_long: int = 0

    @property
    def trained_tokens(self) -> int:
        """How many tokens of the rows the loss is on."""
        return sum(sum(row.loss_mask) for row in self.rows)

    def lines(self) -> list[str]:
        """Return it for a terminal."""
        rendered = self.episodes - self.exact
        left_out = [
            (self.failed, "did not succeed"),
            (self.suspect, "of tasks without a solution, or with signs of a cheat"),
            (self.not_asked_for, "of other environments, families or levels"),
            (self.over_cap, "beyond the most of one task"),
            *((count, why) for why, count in self.unwritable.items()),
        ]
        return [
            f"{self.episodes:,} episodes of {self.tasks:,} tasks: {self.exact:,} by the tokens that were sampled, "
            f"{rendered:,} as the chat template writes them",
            f"{len(self.rows):,} rows, {self.trained_tokens:,} tokens to learn"
            + (f"; {self.too_long:,} rows left out as too long" if self.too_long else ""),
            *(f"left out: {count:,} {why}" for count, why in left_out if count),
        ]

    def as_json(self) -> dict[str, object]:
        """Return what `summary.json` holds of it."""
        counts = ("episodes", "tasks", "exact", "failed", "suspect", "not_asked_for", "over_cap", "too_long")
        return {
            "rows": len(self.rows),
            "trained_tokens": self.trained_tokens,
            **{name: getattr(self, name) for name in counts},
            "unwritable": dict(self.unwritable),
        }


def gather(
    runs: Sequence[Run],
    writer: Writer,
    *,
    of: Sequence[EnvironmentSettings] = (),
    per_task: int,
    max_tokens: int,
) -> Demonstrations:
    """Return the successes of runs as rows.

    Args:
        runs: where they were recorded.
        writer: writes what has no exact tokens of the model that is trained.
        of: only episodes of these environments, of their families and levels; none stands for all.
        per_task: most episodes of one task; those that say something new come first, then the order of samples counts.
        max_tokens: longest row.

    Raises:
        UsageError: nothing is left to imitate, or the template is not append-only.
        StoreError: a run cannot be read.
    """
    found = Demonstrations()
    by_task: dict[tuple[str, str], list[Kept]] = {}
    for kept in _successes(runs, of, found):
        by_task.setdefault((kept.trajectory.env_id, kept.trajectory.task_hash), []).append(kept)
    for candidates in by_task.values():
        found.tasks += _take(candidates, writer, found, per_task=per_task, max_tokens=max_tokens)
    if not found.rows:
        raise UsageError(_nothing(runs, found))
    return found


def _successes(runs: Iterable[Run], of: Sequence[EnvironmentSettings], found: Demonstrations) -> Iterator[Kept]:
    wanted = {one.env_id: one for one in of}
    for run in runs:
        for trajectory in run.episodes():
            if wanted and not _is_of(trajectory, wanted.get(trajectory.env_id)):
                found.not_asked_for += 1
            elif trajectory.canary or (trajectory.reward is not None and trajectory.reward.cheated):
                found.suspect += 1
            elif not trajectory.success:
                found.failed += 1
            else:
                yield Kept(run, trajectory)


def _is_of(trajectory: Trajectory, wanted: EnvironmentSettings | None) -> bool:
    return wanted is not None and TaskKind(trajectory.family, trajectory.level).fits(wanted.families, wanted.levels)


def _take(candidates: Sequence[Kept], writer: Writer, found: Demonstrations, *, per_task: int, max_tokens: int) -> bool:
    """Take the episodes of one task into what was found; returns whether any row came of them."""
    taken = rows_before = 0
    for kept in _newest_words_first(candidates):
        if taken == per_task:
            found.over_cap += 1
            continue
        try:
            rows, exact = rows_of(kept.trajectory, writer, kept.run)
        except Unwritable as why:
            _log.info("%s is left out: it %s", kept.trajectory.episode_id, why)
            found.unwritable[str(why)] += 1
            continue
        short = [row for row in rows if len(row.token_ids) <= max_tokens]
        found.too_long += len(rows) - len(short)
        if short:
            taken += 1
            found.rows += short
            found.episodes += 1
            found.exact += exact
            rows_before += len(short)
    return rows_before > 0


def rows_of(trajectory: Trajectory, writer: Writer, run: Run) -> tuple[list[TokenRow], bool]:
    """Return an episode's rows, and whether they are the very tokens that were sampled.

    Stored tokens count if the prompt is, token for token, what the model's own template writes of it: then they are of
    its tokenizer, too. Otherwise the episode is written anew.
    """
    tools = run.tools(trajectory.env_id)
    stored = [turn.completion.prompt_token_ids for turn in trajectory.turns]
    if None not in stored and writer.writes(trajectory.prompt, tools, stored[0] or ()):
        return trajectory.token_rows(), True
    return writer.rows(trajectory, tools), False


def _newest_words_first(candidates: Sequence[Kept]) -> list[Kept]:
    """Return a task's episodes by sample; those whose words were said before come last."""
    said: set[tuple[str, ...]] = set()
    fresh: list[Kept] = []
    again: list[Kept] = []
    for kept in sorted(candidates, key=lambda kept: kept.trajectory.sample):
        words = tuple(turn.completion.message.model_dump_json() for turn in kept.trajectory.turns)
        (again if words in said else fresh).append(kept)
        said.add(words)
    return fresh + again


def _nothing(runs: Sequence[Run], found: Demonstrations) -> str:
    where = ", ".join(str(run.folder) for run in runs)
    seen = found.failed + found.suspect + found.not_asked_for
    reasons = [f"{count:,} {why}" for why, count in found.unwritable.items()]
    if found.not_asked_for:
        reasons.append(f"{found.not_asked_for:,} episodes are of other environments, families or levels than asked for")
    if found.too_long:
        reasons.append(f"{found.too_long:,} rows are longer than demonstrations.max_tokens")
    if reasons:
        return f"nothing is left to imitate of {where}: {'; '.join(reasons)}"
    return (
        f"nothing in {where} is worth imitating: none of {seen:,} episodes succeeded. Play more of them, with a better "
        "policy or on easier tasks, or let the oracle show how (demonstrations.oracle_tasks)"
    )
