"""Pseudocode: a small documented language, interpreted on hidden inputs at a bounded cost."""

from __future__ import annotations

from agentgym.environments.json_math.pseudocode.judge import names, wrong_case
from agentgym.environments.json_math.pseudocode.padding import padding
from agentgym.environments.json_math.pseudocode.rule import PROGRAM_RULE
from agentgym.environments.json_math.pseudocode.tree import PseudocodeError

__all__ = ["PROGRAM_RULE", "PseudocodeError", "names", "padding", "wrong_case"]
