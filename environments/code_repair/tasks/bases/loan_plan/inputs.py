"""Random calls for `loan_plan`."""

import random
from typing import Any

from agentgym.environments.code_repair.tasks.call import Call

WRONG: list[dict[str, Any]] = [
    {"cents": 0}, {"rate": -1}, {"months": 0}, {"months": 481}, {"grace": -1}, {"grace": 99}, {"extras": {"0": 5}},
    {"extras": {"2": -5}}, {"extras": {"two": 5}}, {"fee": 5},
]  # fmt: skip


def random_loan(rng: random.Random) -> dict[str, Any]:
    """Return a loan of up to a year and a half; one in seven is wrong."""
    months = rng.choice([1, 2, 3, 6, 6, 12, 12, 18])
    loan: dict[str, Any] = {
        "cents": rng.choice([1, 50, 1000, 100_000, 123_456, 2_500_000, rng.randint(1, 500_000)]),
        "rate": rng.choice([0, 1, 300, 450, 999, 1200, 1200, 2400, 12_000]),
        "months": months,
    }
    if rng.random() < 0.4:
        loan["grace"] = rng.randint(0, min(months - 1, 4))
    if rng.random() < 0.6:
        chosen = rng.sample(range(1, months + 2), rng.randint(0, min(2, months)))
        loan["extras"] = {str(month): loan["cents"] // rng.choice([1, 2, 3, 10]) for month in chosen}
    if rng.random() < 0.06:
        del loan[rng.choice(["cents", "rate", "months"])]
    elif rng.random() < 0.1:
        loan.update(rng.choice([*WRONG, {"grace": months}]))
    return loan


def random_call(rng: random.Random) -> Call:
    """Return a call of one of the three functions, or one of those for interest."""
    kind = rng.random()
    if kind < 0.5:
        return Call("loan_plan.plan", [random_loan(rng)])
    if kind < 0.52:
        return Call("loan_plan.savings", [{"cents": 48_000, "rate": 0, "months": rng.choice([480, 481])}])
    if kind < 0.7:
        return Call("loan_plan.savings", [random_loan(rng)])
    rate, months = rng.choice([0, 300, 720, 1200]), rng.choice([1, 2, 12, 36])
    amount = rng.choice([1, 100, 5000, 5050, rng.randint(1, 30_000)])
    if kind < 0.85:
        budget, rate, months = rng.choice(
            [
                (amount, rate, months),
                (0, rate, months),
                (amount, rate, months),
                (amount, rate, months),
                (-1, rate, months),
            ]
        )
        return Call("loan_plan.affordable", [budget, rate, 0 if rng.random() < 0.05 else months])
    if kind < 0.92:
        return Call("interest.instalment", [amount, rate, months])
    return Call("interest.monthly_interest", [amount, rate])
