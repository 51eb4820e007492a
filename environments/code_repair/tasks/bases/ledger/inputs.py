"""Random calls for `ledger`."""

import random

from agentgym.environments.code_repair.tasks.call import Call

ACCOUNTS = [
    "asset:bank", "asset:bank:old", "asset:banker", "asset:cash", "equity:start", "expense:rent", "expense:tea",
    "income:sales", "liability:loan",
]  # fmt: skip
BROKEN = [
    "| asset:cash 1.00 | asset:bank", "1 | asset:cash 1.00", "x | asset:cash 1.00 | asset:bank",
    "2 | cash 1.00 | asset:bank", "2 | stock:tea 1.00 | asset:bank", "2 | asset:cash 1.00 | asset:bank 1.00",
    "3 | asset:cash 1.5 | asset:bank", "3 | asset:cash | asset:bank",
    "4 | asset:cash 1.00 | asset:bank | income:sales", "",
]  # fmt: skip


def text_of(cents: int) -> str:
    """Return an amount as it is written in a line."""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def random_line(rng: random.Random, faults: float) -> str:
    """Return an entry, with that probability a broken one."""
    if rng.random() < faults:
        return rng.choice(BROKEN)
    amounts = [rng.choice([-250, -100, -50, 0, 5, 50, 100, 1999]) for _ in range(rng.choice([1, 1, 2]))]
    parts = [f"{rng.choice(ACCOUNTS)}{' ' * rng.choice([1, 1, 2])}{text_of(cents)}" for cents in amounts]
    last = rng.choice(ACCOUNTS)
    parts.append(last if rng.random() < 0.5 else f"{last} {text_of(-sum(amounts))}")
    rng.shuffle(parts)
    return " | ".join([str(rng.randint(1, 6)), *parts])


def random_call(rng: random.Random) -> Call:
    """Return a call with up to eight lines; a statement of broken lines, or of no known account, is refused."""
    kind = rng.random()
    if kind < 0.5:
        lines = [random_line(rng, 0.2) for _ in range(rng.randint(0, 8))]
        return Call("ledger.trial_balance", [lines, rng.randint(0, 6)] if rng.random() < 0.6 else [lines])
    if kind < 0.9:
        lines = [random_line(rng, 0.03) for _ in range(rng.randint(0, 8))]
        return Call("ledger.statement", [lines, rng.choice([*ACCOUNTS, "asset", "income", "liability", "stock"])])
    return Call("accounts.with_parents", [rng.choice([*ACCOUNTS, "asset"])])
