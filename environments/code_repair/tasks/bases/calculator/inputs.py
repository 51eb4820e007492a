"""Random calls for `calculator`."""

import random

from agentgym.environments.code_repair.tasks.call import Call

NUMBERS = ("0", "1", "2", "2", "3", "0.5", "1.25", "0.125", "10", "7.005")
UNKNOWN = ("total", "f(1)", "abs(1, 2)")


def random_expression(rng: random.Random, names: list[str], depth: int) -> str:
    """Return an expression, with more parentheses than it needs."""
    kind = rng.random() if depth > 0 else 0.0
    if kind < 0.25:
        return rng.choice([*NUMBERS, *names] if rng.random() < 0.98 else UNKNOWN)
    inner = [random_expression(rng, names, depth - 1) for _ in range(rng.randint(1, 4))]
    if kind < 0.35:
        return "-" + inner[0]
    if kind < 0.5:
        return f"({inner[0]})"
    if kind < 0.6:
        function = rng.choice(["min", "max", "mean", "abs", "floor", "round"])
        single = function in ("abs", "floor", "round") and rng.random() < 0.9
        second = rng.choice(["", "", ", 1", ", 2", ", 13"]) if function == "round" else ""
        return f"{function}({inner[0]}{second})" if single else f"{function}({', '.join(inner)})"
    symbols = rng.choices("+-*/%^", weights=[3, 3, 4, 3, 4, 2], k=len(inner))
    between = rng.choice(["", " "])
    text = rng.choice(["", "", "-"]) + inner[0]
    for symbol, operand in zip(symbols[1:], inner[1:], strict=True):
        text += between + symbol + between + (rng.choice("023") if symbol == "^" else operand)
    return text


def random_line(rng: random.Random, names: list[str]) -> str:
    """Return a line, which may make one more name known."""
    if rng.random() < 0.08:
        return rng.choice(["", "# note", "  "])
    text = random_expression(rng, names, rng.randint(0, 3))
    if rng.random() < 0.4:
        names.append(rng.choice("abx"))
        text = f"{names[-1]} = {text}"
    if rng.random() < 0.06:
        place = rng.randint(0, len(text))
        text = text[:place] + rng.choice(["$", "(", ")", "+", "ans = ", "u", "2 ^ 65 ", "f(1)", "9^40*"]) + text[place:]
    return text + rng.choice(["", "", "", " # why", " "])


def random_call(rng: random.Random) -> Call:
    """Return a call with a few lines."""
    names: list[str] = []
    lines = [random_line(rng, names) for _ in range(rng.randint(1, 4))]
    if len(lines) > 1 and rng.random() < 0.3:
        lines.append("ans + 1")
    if rng.random() < 0.1:
        return Call("calculator.calculate", [lines])
    decimals = rng.choices([0, 1, 2, 3, 12, 13, -1], [4, 4, 4, 4, 2, 0.3, 0.3])[0]
    return Call("calculator.calculate", [lines, decimals])
