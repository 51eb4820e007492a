"""Programs in another writing, and programs that are wrong for certain, whatever they are run on."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping
from typing import Any

from agentgym.environments.json_math.variants import values

ASSIGNED = re.compile(r"^( *)([A-Za-z_]\w*) = ", re.MULTILINE)
RETURNED = re.compile(r"return (.+)$", re.MULTILINE)


def another(gold: str, check: Mapping[str, Any], rng: random.Random) -> tuple[str, str]:
    """Return a program in another notation; as it is where its lines may not get longer."""
    kinds = {constraint["kind"] for constraint in check["constraints"]}
    forms = [(gold.replace(" mod ", " % "), "percent sign"), (f"{gold.rstrip()}\n", "line break after")]
    forms += [(gold.replace(" <= ", "<=").replace(" + ", "+").replace(", ", ","), "spacing")]
    if '"' in gold:
        return gold, "document"
    if not kinds & {"line_characters", "characters"}:
        sign = rng.choice([":=", "<-"])
        forms.append((ASSIGNED.sub(rf"\1\2 {sign} ", gold), "assignment sign"))
        forms.append((re.sub(r"^ +", lambda indent: 2 * indent[0], gold, flags=re.MULTILINE), "indentation"))
    return rng.choice(forms)


def missed(gold: str, check: Mapping[str, Any], rng: random.Random) -> values.Missed:
    """Return a program that gives another result for every input, is filled up, or is no program."""
    slips: list[values.Missed] = [
        (RETURNED.sub(r"return [\1]", gold), "list for the result"),
        (RETURNED.sub("", gold), "no result"),
        (f"# solution\n{gold}", "comment line"),
        (gold.replace("\n", "\n\n", 1) + ("" if "\n" in gold else "\n\n"), "empty line"),
        (f"zz = 1\n{gold}", "line that does nothing"),
        (f"while true:\n  zz = 1\n{gold}", "endless loop"),
        (f"print(\n{gold}", "bracket lost"),
        (f"import os\n{gold}", "import"),
        (f"```\n{gold}\n```", "fence"),
        (f"Here it is:\n{gold}", "text before"),
        (gold.replace(" ", " \u200b", 1), "invisible character"),
        (gold.split("\n")[0].split(" ")[0] + " (", "cut off"),
        ([gold], "list of one"),
        (None, "null"),
        ("", "empty"),
    ]
    outputs = [case["output"] for case in check["cases"]]
    if all(isinstance(output, int) for output in outputs):
        slips += [(RETURNED.sub(r"return (\1) + 1", gold), "off by one")] * 3
        slips += [(RETURNED.sub(r"return 0 - 1 - (\1)", gold), "sign")]
    if len({json.dumps(output) for output in outputs}) > 1:
        slips.append((f"return {json.dumps(rng.choice(outputs))}", "one result for all"))
    return rng.choice([slip for slip in slips if slip[0] != gold])
