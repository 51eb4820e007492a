"""Random calls for `vm`."""

import random

from agentgym.environments.code_repair.tasks.call import Call

PLAIN = [
    "add",
    "sub",
    "mul",
    "div",
    "mod",
    "less",
    "equal",
    "dup",
    "swap",
    "drop",
    "print",
    "read",
    "store a",
    "load a",
]
NEEDS = {"dup": 1, "drop": 1, "print": 1, "store a": 1, "load a": 0, "read": 0}
GAINS = {"dup": 1, "swap": 0, "drop": -1, "print": -1, "store a": -1, "load a": 1, "read": 1}
LOOP = """
read
store n
push {start}
again: load n
push 1
less
jumpzero go ; n is at least 1
jump done
go: load n
{body}
load n
push {step}
sub
store n
jump again
done:
"""
WRONG = ["fly", "push", "push 1 2", "push x", "jump nowhere", "x: y: add", "again:", "swap 1", "9a: add"]


def straight_line(rng: random.Random, depth: int, length: int) -> tuple[list[str], int]:
    """Return operations for a stack of some depth, and its depth behind them."""
    lines: list[str] = []
    while len(lines) < length:
        line = rng.choice([f"push {rng.randint(-3, 9)}", *PLAIN])
        if depth >= (0 if line.startswith("push") else NEEDS.get(line, 2)) or rng.random() < 0.01:
            lines.append(line)
            depth += 1 if line.startswith("push") else GAINS.get(line, -1)
    return lines, depth


def random_count(rng: random.Random) -> str:
    """Return a program of 499 to 502 steps."""
    pushes = ["push 0"] * rng.randint(4, 7)
    return "\n".join(["push 99", "again: push 1", "sub", "dup", "jumpzero end", "jump again", "end:", *pushes])


def random_edge(rng: random.Random) -> str:
    """Return a program with two variables and a number that is about as big as can be."""
    big = rng.choice([999_999_999, 1_000_000_000, -1_000_000_000, 999_999_998])
    lines = [f"push {big}", "store b", "load b", f"push {rng.choice([-1, 1, 2])}", "store a", "load a", "add"]
    return "\n".join([*lines, rng.choice(["load a", "load b", "load c", "print"])])


def random_source(rng: random.Random) -> str:
    """Return a program: operations in a row, a loop, or one with a subroutine."""
    kind = rng.randrange(6)
    if kind == 5:
        return random_count(rng) if rng.random() < 0.3 else random_edge(rng)
    if kind < 2:
        return "\n".join(straight_line(rng, 0, rng.randint(2, 16))[0])
    if kind == 2:
        body = rng.choice(
            ["add", "mul", "swap\nsub", "dup\nprint\nadd", "print", "less", "drop\ndup\nmul", "mod", "div"]
        )
        start, step = rng.choice([0, 1, 2, 5]), rng.choice([1, 1, 1, 2, 2, 3, 0])
        return LOOP.format(start=start, body=body, step=step)
    lines, depth = straight_line(rng, 0, rng.randint(2, 6))
    inner = straight_line(rng, depth, rng.randint(1, 4))[0]
    calls = ["call sub1"] * rng.randint(1, 2) + rng.choice([["halt"], ["halt"], ["halt"], [], ["jump end"]])
    return "\n".join([*lines, *calls, f"sub1: {inner[0]}", *inner[1:], "return", rng.choice(["end:", "end: print"])])


def random_call(rng: random.Random) -> Call:
    """Return a call with a program; about one in four stops with an error."""
    source = random_source(rng)
    if rng.random() < 0.06:
        lines = source.split("\n")
        lines.insert(rng.randint(0, len(lines)), rng.choice(WRONG))
        source = "\n".join(lines)
    if rng.random() < 0.06:
        return Call("vm.wrong_line", ["\n".join([source, *rng.sample(WRONG, rng.randint(0, 2)), ""])])
    if rng.random() < 0.1:
        return Call("vm.run", [source])
    return Call("vm.run", [source, [rng.randint(-2, 9) for _ in range(rng.choice([0, 1, 1, 2, 3]))]])
