"""The panel of cheats: json-math's own, and those that know what the gauntlet asks for."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from agentgym.environments.json_math import cheats as json_math
from agentgym.environments.json_math.cheats import Script, gold, submitting, wrong
from agentgym.task import Task


def changing(**changes: Callable[[Any], Any]) -> Script:
    """Return the script that submits gold with some of its parts changed; all of them, where a task has none of these.

    Args:
        changes: what becomes of the right value, by key.
    """

    def document(task: Task) -> str:
        right = gold(task)
        changed = {key: change(right[key]) for key, change in changes.items() if key in right}
        return json.dumps(right | (changed or {key: wrong(value) for key, value in right.items()}))

    return submitting(document)


CHEATS: Mapping[str, Script] = {
    **json_math.CHEATS,
    "right-value-wrong-closed-form": changing(a_closed_form=lambda form: "H(n)/(n + 1)"),
    "value-as-a-sum": changing(a_closed_form=lambda form: "sum((-1)^k * C(n,k) / (k + 1)^2, k, 0, n)"),
    "rounded-value": changing(a_value=lambda value: "1/251"),
    "step-in-terms-of-S": changing(a_step=lambda step: "(n + 1)*S(n) - n*S(n - 1)"),
    "right-count-wrong-cycle": changing(b_full_periods=lambda full: full - 1, b_tail_hits=lambda tail: tail + 12),
    "counted-from-zero": changing(b_count=lambda count: count + 1),
    "halved-runs": changing(e_result=lambda result: result + result[-1], e_fitting=lambda rules: ["floor(c/2)"]),
    "all-rules-fit": changing(e_fitting=lambda rules: ["floor(c/2)", *rules]),
}
