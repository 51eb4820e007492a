"""A calculator that remembers what it has calculated."""

from fractions import Fraction

from .evaluator import evaluate
from .formatter import MAX_DECIMALS, expression_text, number_text
from .parser import Parser
from .tokenizer import InputError, Token, tokens_of

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
        target, tokens = split_assignment(tokens_of(line))
        if target is None and len(tokens) == 1:
            continue
        value = evaluate(Parser(tokens).parse(), variables)
        variables[LAST_RESULT] = value
        if target is not None:
            variables[target] = value
        results.append(number_text(value, decimals))
    return results


def tidy(line: str) -> str:
    """Return an expression or assignment with even spacing, and without comment and needless parentheses.

    Raises:
        InputError: the line cannot be understood, or assigns to `ans`.
    """
    target, tokens = split_assignment(tokens_of(line))
    text = expression_text(Parser(tokens).parse())
    return text if target is None else f"{target} = {text}"


def split_assignment(tokens: list[Token]) -> tuple[str | None, list[Token]]:
    """Return the variable that is assigned to, if any, and the tokens of the expression.

    Raises:
        InputError: the variable is the one for the last result.
    """
    if len(tokens) < 2 or tokens[0].kind != "name" or tokens[1].text != "=":
        return None, tokens
    target = tokens[0].text
    if target == LAST_RESULT:
        raise InputError(f"{LAST_RESULT} is the last result and cannot be assigned to")
    return target, tokens[2:]
