"""Random calls for `budget`."""

import random

from agentgym.environments.code_repair.tasks.call import Call

PURPOSES = ["Corner Shop", "corner shop 24", "Book Shop", "RENT", "Rent May", "a.b", "axb", "Shop", "Pub", "Shop  Pub"]
PATTERNS = ["corner*", "*shop", "*shop*", "rent", "rent*", "a.b", "*b", "shop*pub", "*", "pub"]
SKIPPED = ["", "  ", "# May", "#2024-05-01 5 Rent"]
BROKEN = ["2024-05-01 9.5 Pub", "2024-05-01 9.00", "May 9.00 Pub", " # note", "2024-05 9.00 Pub"]


def random_line(rng: random.Random) -> str:
    """Return a line of a bank's list; few are skipped or broken."""
    kind = rng.random()
    if kind < 0.05:
        return rng.choice(SKIPPED)
    if kind < 0.063:
        return rng.choice(BROKEN)
    amount = rng.choice(["5", "10.00", "10.00", "12,50", "0.05", "0.01", "20.00", "25", "40.00", "-3.00", "-20", "0"])
    month = rng.choice(["2023-11", "2023-12", "2024-01", "2024-02"])
    blanks = rng.choice([" ", " ", "  "])
    return f"{month}-{rng.randint(1, 28):02d}{blanks}{amount} {rng.choice(PURPOSES)}{rng.choice(['', '', ' '])}"


def random_rules(rng: random.Random) -> list[list[str]]:
    """Return up to four rules."""
    patterns = rng.sample(PATTERNS, rng.randint(0, 4))
    return [[pattern, rng.choice(["food", "home", "things", "other"])] for pattern in patterns]


def random_call(rng: random.Random) -> Call:
    """Return a call with up to eight lines, mostly for a report of some months."""
    lines = [random_line(rng) for _ in range(rng.randint(0, 8))]
    rules = random_rules(rng)
    months = ["2023-11", "2023-12", "2024-01", "2024-02"]
    kind = rng.random()
    if kind < 0.1:
        return Call("budget.unsorted", [lines, rules])
    if kind < 0.2:
        return Call("budget.spending", [lines, rules, rng.sample(months, rng.randint(0, 4))])
    first, last = sorted(rng.choices(months, k=2))
    if rng.random() < 0.4:
        first, last = months[0], rng.choice(["2024-02", "2024-04"])
    elif rng.random() < 0.08:
        first, last = rng.choice([(last, first), ("2024-00", last), (first, "2024-13"), ("2024", last)])
    if kind < 0.3:
        return Call("months.months_from", [first, last])
    names = rng.sample(["food", "home", "things", "other"], rng.randint(0, 3))
    monthly = {name: rng.choice([0, 500, 1000, 1000, 2000]) for name in names}
    return Call("budget.report", [lines, rules, monthly, first, last])
