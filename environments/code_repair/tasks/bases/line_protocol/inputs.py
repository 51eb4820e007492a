"""Random calls for `line_protocol`."""

import random

from agentgym.environments.code_repair.tasks.call import Call

NAMES = ("cpu", "cpu", "disk\\ use", "a\\,b", "m\\\\")
KEYS = ("a", "b", "k\\=1", "c")
TEXTS = ("x", "y", "x\\ y", "\\,", '"q r"', "\\=", "=", "\\\\")
VALUES = ("1", "2.50", "-3", "4i", "-5i", "t", "FALSE", "True", '"x, y"', '""', '"a\\"b"', '"c=d"', '"\\\\"', "0", "0i")
WRONG = (
    "cpu",
    "cpu a",
    ",k=x a=1",
    "cpu a=",
    "cpu =1",
    "cpu a=1 2 3",
    "cpu a=1 now",
    "cpu a=1.5i",
    "cpu,k a=1",
    "cpu a=x",
)
OTHERS = ("", "# note", "  ", "#cpu a=1")


def random_line(rng: random.Random) -> str:
    """Return a line."""
    if rng.random() < 0.1:
        return rng.choice(OTHERS)
    if rng.random() < 0.08:
        return rng.choice(WRONG)
    tags = "".join(f",{rng.choice(KEYS)}={rng.choice(TEXTS)}" for _ in range(rng.choice([0, 0, 1, 2])))
    fields = ",".join(f"{rng.choice(KEYS)}={rng.choice(VALUES)}" for _ in range(rng.randint(1, 3)))
    time = rng.choice(["", "", " 5", " 12", "  -3", " 0", " 5 "])
    return rng.choice(NAMES) + tags + rng.choice([" ", " ", "  "]) + fields + time


def random_call(rng: random.Random) -> Call:
    """Return a call with a few lines, or with a text for one of the inner functions."""
    kind = rng.random()
    if kind < 0.1:
        text = "".join(rng.choices(["a", "b", "\\", '"', ",", "="], k=rng.randint(0, 7)))
        unescape = Call("escaping.unescape", [text])
        return rng.choice([unescape, Call("escaping.split_plain", [text, ",", rng.choice([None, None, 1, 2, 0])])])
    lines = [random_line(rng) for _ in range(rng.randint(0, 5))]
    if lines and rng.random() < 0.4:
        lines.append(lines[0])
    if rng.random() < 0.15:
        lines += ["cpu,b=1,a=2 c=1i 5", "cpu,a=2,b=1 b=2 5"]
    return Call(f"line_protocol.{'compact' if kind < 0.6 else 'read_points'}", ["\n".join(lines)])
