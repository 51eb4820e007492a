"""What holds of `working_days`."""

from datetime import date, timedelta

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


def property_each_day_counts_for_itself(call: Call, answer: Answer, ask: Ask) -> None:
    """The count is that of the days from Monday to Friday that are no holidays."""
    if call.function == "working_days.working_days":
        first, last = (date.fromisoformat(text) for text in call.arguments[:2])
        days = [first + timedelta(days=passed) for passed in range((last - first).days + 1)]
        assert ("raised" in answer) == (not days)
        if days:
            free = call.arguments[2]
            assert answer["returned"] == sum(day.isoweekday() <= 5 and day.isoformat() not in free for day in days)


def property_working_days_lie_before_the_due_date(call: Call, answer: Answer, ask: Ask) -> None:
    """From the day after the start to the due date there are as many working days as asked for."""
    if call.function == "working_days.due_date":
        start, days, holidays = call.arguments
        due = answer["returned"]
        if days == 0:
            assert due == start
        else:
            following = (date.fromisoformat(start) + timedelta(days=1)).isoformat()
            assert ask(Call("working_days.working_days", [following, due, holidays])) == {"returned": days}
            assert ask(Call("working_days.working_days", [due, due, holidays])) == {"returned": 1}


def property_a_month_ends_before_the_next(call: Call, answer: Answer, ask: Ask) -> None:
    """The day after the end of the month is the first of another, and the end has the same month."""
    if call.function == "working_days.month_end":
        day, end = call.arguments[0], answer["returned"]
        assert end[:7] == day[:7]
        assert (date.fromisoformat(end) + timedelta(days=1)).day == 1
