"""Random calls for `log_summary`."""

import random

from agentgym.environments.code_repair.tasks.call import Call

MESSAGES = ('user "ann" left', 'user "bo 2" left', "no answer after 30 s", "no answer after 2.5 s", "page 0x1f lost",
            "page 0xab lost", "done", "done ", "10.0.0.1 and v2", 'said "yes" and "no"', "")  # fmt: skip
WRONG = (
    "garbage",
    "2024-02-30T10:00:00 INFO [a] x",
    "2024-03-01T10:00:00 FATAL [a] x",
    "2024-03-01T10:00:00 INFO a: x",
    "soon INFO [a] x",
)
OTHERS = ("", "   ", "  more", "\tmore")


def random_line(rng: random.Random, minute: int) -> str:
    """Return a line of about this minute."""
    kind = rng.random()
    if kind < 0.2:
        return rng.choice(WRONG if kind < 0.06 else OTHERS)
    offset = rng.choice(["", "", "+00:00", "+01:00", "-02:30"])
    time = f"2024-03-01T{rng.choice([10, 10, 10, 23])}:{minute:02d}:{rng.choice([0, 0, 15, 30, 59]):02d}{offset}"
    level = rng.choice(["DEBUG", "INFO", "WARNING", "ERROR", "ERROR"])
    return f"{time} {level} [{rng.choice(['db', 'web', 'web.login'])}] {rng.choice(MESSAGES)}"


def random_call(rng: random.Random) -> Call:
    """Return a call with up to twelve lines, or of an inner function."""
    kind = rng.random()
    if kind < 0.1:
        words = rng.choices(["0x1f", "0xAB", "12", "1.2.3", '"a 1"', '"', "v2", "3s", "a-4", "5."], k=rng.randint(0, 4))
        return Call("shapes.shape_of", [" ".join(words)])
    if kind < 0.2:
        seconds = sorted(rng.choices(range(30), k=rng.randint(0, 9)))
        return Call("bursts.find_bursts", [seconds, rng.randint(0, 4), rng.randint(1, 4)])
    start = rng.choice([0, 10, 56])
    lines = [random_line(rng, start + rng.randint(0, 3)) for _ in range(rng.randint(0, 12))]
    level = rng.choice(["DEBUG", "INFO", "WARNING", "WARNING", "ERROR", "error" if rng.random() < 0.2 else "WARNING"])
    if rng.random() < 0.1:
        return Call("log_summary.summarize", ["\n".join(lines)])
    return Call(
        "log_summary.summarize", ["\n".join(lines), level, rng.choices([3, 1, 2, 9, 0, -1], [4, 4, 4, 4, 1, 0.3])[0]]
    )
