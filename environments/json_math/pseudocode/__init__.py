"""Pseudocode: a small documented language, interpreted on hidden inputs at a bounded cost."""

from __future__ import annotations

from agentgym.environments.json_math.pseudocode.functions import ALIASES, FUNCTIONS
from agentgym.environments.json_math.pseudocode.judge import names, wrong_case
from agentgym.environments.json_math.pseudocode.padding import padding
from agentgym.environments.json_math.pseudocode.rule import PROGRAM_RULE
from agentgym.environments.json_math.pseudocode.tokens import RESERVED, STATEMENT_NAMES, WORDS, is_name
from agentgym.environments.json_math.pseudocode.tree import PseudocodeError

__all__ = ["KEYWORDS", "PROGRAM_RULE", "PseudocodeError", "is_name", "names", "padding", "wrong_case"]

_WORDS = sorted({*RESERVED, *WORDS, *STATEMENT_NAMES, *FUNCTIONS, *ALIASES})
# What no program makes up, in the three ways in which it may be written.
KEYWORDS = tuple(form for word in _WORDS for form in (word, word.capitalize(), word.upper()))
