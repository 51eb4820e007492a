"""Trajectories as a Hugging Face `Dataset`, with the columns that TRL's trainers read.

Forms, and their columns beside `episode_id`, `env_id`, `task_id` and `reward`:

| form | a row | columns |
|---|---|---|
| `episodes` | an episode that counts | `task_hash`, `split`, `family`, `level`, `canary`, `sample`, `seed`, `policy`, `success`, `stop_reason`, `turns`, `malformed_calls`, `prompt_tokens`, `completion_tokens`, `seconds`, `components` (name, value, weight, hard, goal, evidence), `messages`, `tools` |
| `sft` | a success | `messages`, `tools`: for `SFTTrainer`, best with `assistant_only_loss=True` |
| `dpo` | two episodes of one task | `prompt`, `chosen`, `rejected`, `tools`: for `DPOTrainer`; `reward` is the chosen one's, `rejected_id` and `rejected_reward` the other's |
| `tokens` | a row of exact tokens | `input_ids`, `assistant_masks` (1 where a token was sampled; `SFTTrainer` has loss on these only), `logprobs` |

Messages are those of `transformers`' chat templates: `role`, `content`, and where they have them `reasoning_content`,
`tool_calls` (their arguments as values) and `tool_call_id`; `tools` are JSON schemas. Episodes that infrastructure took
away are in none of them, canaries only in `episodes`; what shows signs of a cheat is never imitated or chosen. TRL's DPO has loss on the whole of an answer, the results of
tools in it included.
"""  # noqa: E501 - a table's rows are lines

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Literal, NamedTuple

from datasets import Dataset, Features, Json, List, Value

from agentgym.errors import UsageError, unknown
from agentgym.message import Message
from agentgym.trainers.imitation.runs import Run, open_runs
from agentgym.trajectory import Trajectory

Form = Literal["episodes", "sft", "dpo", "tokens"]
Row = dict[str, Any]

_log = logging.getLogger(__name__)
_JSONS = List(Json())
_OF_EPISODE = {
    "episode_id": Value("string"),
    "env_id": Value("string"),
    "task_id": Value("string"),
    "reward": Value("float64"),
}
FEATURES: Mapping[str, Features] = {
    "episodes": Features(
        _OF_EPISODE
        | {name: Value("string") for name in ("task_hash", "split", "family", "policy", "stop_reason")}
        | {name: Value("int64") for name in ("level", "sample", "seed", "turns", "malformed_calls")}
        | {name: Value("int64") for name in ("prompt_tokens", "completion_tokens")}
        | {"canary": Value("bool"), "success": Value("bool"), "seconds": Value("float64")}
        | {"components": _JSONS, "messages": _JSONS, "tools": _JSONS}
    ),
    "sft": Features(_OF_EPISODE | {"messages": _JSONS, "tools": _JSONS}),
    "dpo": Features(
        _OF_EPISODE
        | {"prompt": _JSONS, "chosen": _JSONS, "rejected": _JSONS, "tools": _JSONS}
        | {"rejected_id": Value("string"), "rejected_reward": Value("float64")}
    ),
    "tokens": Features(
        _OF_EPISODE
        | {
            "input_ids": List(Value("int64")),
            "assistant_masks": List(Value("int8")),
            "logprobs": List(Value("float32")),
        }
    ),
}


class Recorded(NamedTuple):
    """An episode, and the tools that it was played with, as JSON schemas."""

    trajectory: Trajectory
    tools: list[Row]


def load_trajectories(
    *runs: Path | str, form: Form = "episodes", pairs_per_task: int | None = None, margin: float | None = None
) -> Dataset:
    """Return run folders as a dataset.

    Args:
        runs: folders that a rollout, or a trainer, has written.
        form: what a row is; see the module.
        pairs_per_task: for `dpo`, most pairs of one task (by default 1): the best episode with the worst, the second
            best with the second worst, and so on.
        margin: for `dpo`, a pair's rewards differ by more than this (by default 0).

    Raises:
        UsageError: a folder is none, an option is not the form's, or nothing there makes a row; says why.
        StoreError: a run cannot be read.
    """
    if form not in FEATURES:
        raise UsageError(unknown("form", form, FEATURES))
    if form != "dpo" and (pairs_per_task is not None or margin is not None):
        raise UsageError(f"pairs_per_task and margin are of the form dpo, not of {form}: leave them out")
    if pairs_per_task is not None and pairs_per_task < 1:
        raise UsageError(f"pairs_per_task: it is 1 or more, not {pairs_per_task}")
    recorded = list(_recorded(open_runs(runs)))
    match form:
        case "episodes":
            rows = [_episode(one) for one in recorded]
        case "sft":
            rows = [_demonstration(one) for one in recorded if _is_good(one.trajectory)]
        case "dpo":
            rows = list(_pairs(recorded, most=pairs_per_task or 1, margin=margin or 0.0))
        case "tokens":
            rows = [row for one in recorded for row in _token_rows(one.trajectory)]
    if not rows:
        raise UsageError(_empty(form, runs, len(recorded)))
    return Dataset.from_list(rows, features=FEATURES[form])


def as_message(message: Message) -> Row:
    """Return a message as chat templates take it; arguments that are no JSON stay text."""
    row: Row = {"role": message.role, "content": message.content}
    if message.reasoning:
        row["reasoning_content"] = message.reasoning
    if message.tool_calls:
        row["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": _value(call.arguments)}}
            for call in message.tool_calls
        ]
    if message.tool_call_id is not None:
        row["tool_call_id"] = message.tool_call_id
    return row


def _recorded(runs: Sequence[Run]) -> Iterator[Recorded]:
    for run in runs:
        for trajectory in run.episodes():
            yield Recorded(trajectory, [tool.schema() for tool in run.tools(trajectory.env_id)])


def _identity(trajectory: Trajectory) -> Row:
    return {
        "episode_id": trajectory.episode_id,
        "env_id": trajectory.env_id,
        "task_id": trajectory.task_id,
        "reward": _reward(trajectory),
    }


def _episode(one: Recorded) -> Row:
    trajectory, reward = one.trajectory, one.trajectory.reward
    same = ("task_hash", "split", "family", "level", "canary", "sample", "seed", "policy", "success", "stop_reason")
    counted = ("malformed_calls", "prompt_tokens", "completion_tokens", "seconds")
    components = [part.model_dump(exclude={"data"}) for part in reward.components] if reward is not None else []
    return {
        **_identity(trajectory),
        **{name: getattr(trajectory, name) for name in (*same, *counted)},
        "turns": len(trajectory.turns),
        "components": components,
        "messages": [as_message(message) for message in (*trajectory.prompt, *_said(trajectory, to_the_end=True))],
        "tools": one.tools,
    }


def _demonstration(one: Recorded) -> Row:
    messages = [as_message(message) for message in (*one.trajectory.prompt, *_said(one.trajectory))]
    return {**_identity(one.trajectory), "messages": messages, "tools": one.tools}


def _pairs(recorded: Sequence[Recorded], *, most: int, margin: float) -> Iterator[Row]:
    groups: dict[str, list[Recorded]] = {}
    for one in recorded:
        if not one.trajectory.canary and _is_readable(one.trajectory):
            # Played with other options, the same task is told, or acted in, in another way.
            asked = [message.model_dump() for message in one.trajectory.prompt]
            key = json.dumps([one.trajectory.env_id, one.trajectory.task_hash, asked, one.tools])
            groups.setdefault(key, []).append(one)
    for group in groups.values():
        yield from islice(_pairs_of(group, margin), most)


def _pairs_of(group: Sequence[Recorded], margin: float) -> Iterator[Row]:
    """Yield the pairs of one task, the best episode with the worst first."""
    worst_first = sorted(group, key=lambda one: _reward(one.trajectory))
    best_first = [one for one in reversed(worst_first) if not _is_cheat(one.trajectory)]
    for best, worst in zip(best_first, worst_first, strict=False):
        if _reward(best.trajectory) - _reward(worst.trajectory) <= margin:
            return
        yield {
            **_identity(best.trajectory),
            "prompt": [as_message(message) for message in best.trajectory.prompt],
            "chosen": [as_message(message) for message in _said(best.trajectory)],
            "rejected": [as_message(message) for message in _said(worst.trajectory)],
            "tools": best.tools,
            "rejected_id": worst.trajectory.episode_id,
            "rejected_reward": _reward(worst.trajectory),
        }


def _token_rows(trajectory: Trajectory) -> list[Row]:
    if trajectory.canary:
        return []
    try:
        rows = trajectory.token_rows()
    except UsageError as error:
        _log.warning("left out: %s", error)
        return []
    return [
        {
            **_identity(trajectory),
            "input_ids": list(row.token_ids),
            "assistant_masks": list(row.loss_mask),
            "logprobs": list(row.logprobs),
        }
        for row in rows
    ]


def _said(trajectory: Trajectory, *, to_the_end: bool = False) -> list[Message]:
    """Return what followed the prompt, up to the last answer, or with what was said to that."""
    messages = [message for turn in trajectory.turns for message in (turn.completion.message, *turn.observation)]
    unanswered = len(trajectory.turns[-1].observation) if trajectory.turns and not to_the_end else 0
    return messages[: len(messages) - unanswered]


def _reward(trajectory: Trajectory) -> float:
    assert trajectory.reward is not None, "episodes that do not count are not read"
    return trajectory.reward.value


def _is_good(trajectory: Trajectory) -> bool:
    return trajectory.success and not _is_cheat(trajectory) and _is_readable(trajectory)


def _is_cheat(trajectory: Trajectory) -> bool:
    return trajectory.reward is not None and trajectory.reward.cheated


def _is_readable(trajectory: Trajectory) -> bool:
    """Tell whether chat templates can write an episode: it has answers, and its calls have objects for arguments."""
    calls = [call for turn in trajectory.turns for call in turn.completion.message.tool_calls]
    if trajectory.turns and all(isinstance(_value(call.arguments), dict) for call in calls):
        return True
    _log.warning("left out: no chat template can write the calls of %s", trajectory.episode_id)
    return False


def _value(arguments: str) -> Any:
    try:
        return json.loads(arguments)
    except (ValueError, RecursionError):
        return arguments


def _empty(form: Form, runs: Sequence[Path | str], episodes: int) -> str:
    lacks = {
        "episodes": "there is none that counts",
        "sft": "none of them succeeded by honest means",
        "dpo": "no task has two of them whose rewards differ by more than the margin; play groups (--group-size 4)",
        "tokens": "none has exact tokens; play them with --set policy.api=tokens",
    }
    return f"of {episodes:,} episodes in {', '.join(map(str, runs))}, {lacks[form]}"
