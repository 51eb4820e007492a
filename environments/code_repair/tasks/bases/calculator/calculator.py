"""A calculator that remembers what it has calculated."""

from fractions import Fraction

from .evaluator import evaluate
from .formatter import MAX_DECIMALS, number_text
from .parser import Parser
from .tokenizer import InputError, tokens_of

LAST_RESULT = "ans"


def calculate(lines: list[str], decimals: int = 2) -> list[str]:
    """Return the values of all lines that hold an expression or an assignment, in order.

    Raises:
        ValueError: `decimals` is not in 0 to 12.
        InputError: a line cannot be understood, or assigns to `ans`.
        UnknownNameError: a line uses a variable or function that does not exist.
        EvaluationError: an expression has no value.
    """
    if not 0 <= decimals <= MAX_DECIMALS:
        raise ValueError(f"0 to {MAX_DECIMALS} decimals can be shown")
    variables: dict[str, Fraction] = {}
    results: list[str] = []
    for line in lines:
        tokens = tokens_of(line)
        if len(tokens) == 1:
            continue
        target = LAST_RESULT
        if tokens[0].kind == "name" and tokens[1].text == "=":
            target = tokens[0].text
            tokens = tokens[2:]
            if target == LAST_RESULT:
                raise InputError(f"{LAST_RESULT} is the last result and cannot be assigned to")
        value = evaluate(Parser(tokens).parse(), variables)
        variables[target] = variables[LAST_RESULT] = value
        results.append(number_text(value, decimals))
    return results
