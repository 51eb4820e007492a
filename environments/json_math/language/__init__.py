"""The answer language: closed forms and exact numbers as text, read strictly and evaluated exactly.

LANGUAGE.md, in the folder above, says what can be written.
"""

from agentgym.environments.json_math.language.budget import Budget
from agentgym.environments.json_math.language.errors import CostError, ExpressionError
from agentgym.environments.json_math.language.evaluate import Exact, Run, agree, as_value, evaluate, prepared
from agentgym.environments.json_math.language.field import Value, same
from agentgym.environments.json_math.language.parser import parse
from agentgym.environments.json_math.language.tree import Expression

__all__ = [
    "Budget",
    "CostError",
    "Exact",
    "Expression",
    "ExpressionError",
    "Run",
    "Value",
    "agree",
    "as_value",
    "evaluate",
    "parse",
    "prepared",
    "same",
]
