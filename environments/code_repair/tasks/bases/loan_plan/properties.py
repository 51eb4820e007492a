"""What holds of `loan_plan`."""

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


def property_everything_is_paid_back(call: Call, answer: Answer, ask: Ask) -> None:
    """What is repaid adds up to the loan, month by month, and nothing is owed at the end."""
    if call.function == "loan_plan.plan" and "returned" in answer:
        (loan,) = call.arguments
        owed = loan["cents"]
        for interest, repaid, left in answer["returned"]["months"]:
            assert abs(interest - owed * loan["rate"] / 120_000) <= 0.5 + 1e-6
            assert 0 <= repaid <= owed
            owed -= repaid
            assert left == owed
        assert owed == 0
        assert len(answer["returned"]["months"]) <= loan["months"]
        assert answer["returned"]["interest"] == sum(month[0] for month in answer["returned"]["months"])


def property_each_month_pays_what_is_agreed(call: Call, answer: Answer, ask: Ask) -> None:
    """All months but the last pay the instalment, or interest only, and the extra payment."""
    if call.function == "loan_plan.plan" and "returned" in answer:
        (loan,) = call.arguments
        for number, (interest, repaid, owed) in enumerate(answer["returned"]["months"], start=1):
            extra = loan.get("extras", {}).get(str(number), 0)
            agreed = interest if number <= loan.get("grace", 0) else answer["returned"]["instalment"]
            if owed:
                assert interest + repaid == agreed + extra
            elif number < loan["months"]:
                assert interest + repaid <= agreed + extra


def property_savings_are_the_difference(call: Call, answer: Answer, ask: Ask) -> None:
    """Savings are the difference between the plan without extra payments and the one with them, never negative."""
    if call.function == "loan_plan.savings" and "returned" in answer:
        (loan,) = call.arguments
        with_extras = ask(Call("loan_plan.plan", [loan]))["returned"]
        without = ask(Call("loan_plan.plan", [{**loan, "extras": {}}]))["returned"]
        assert answer["returned"]["interest"] == without["interest"] - with_extras["interest"] >= 0
        assert answer["returned"]["months"] == len(without["months"]) - len(with_extras["months"]) >= 0


def property_no_more_is_affordable(call: Call, answer: Answer, ask: Ask) -> None:
    """The affordable loan's instalment is within the budget, and that of a cent more is not."""
    if call.function == "loan_plan.affordable" and "returned" in answer:
        budget, rate, months = call.arguments
        most = answer["returned"]
        assert ask(Call("interest.instalment", [most + 1, rate, months]))["returned"] > budget
        assert most == 0 or ask(Call("interest.instalment", [most, rate, months]))["returned"] <= budget


def property_an_instalment_is_just_enough(call: Call, answer: Answer, ask: Ask) -> None:
    """An instalment, paid every month, repays a loan, and one less by a cent does not."""
    if call.function == "interest.instalment":
        balance, rate, months = call.arguments
        for less, enough in ((0, True), (1, False)):
            owed = float(balance)
            for _ in range(months):
                owed += owed * rate / 120_000 - (answer["returned"] - less)
            assert (owed < 1e-6) == enough
