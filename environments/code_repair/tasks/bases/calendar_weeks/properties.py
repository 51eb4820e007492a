"""What holds of `calendar_weeks`."""

from datetime import date, timedelta

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


def property_weeks_are_those_of_the_standard(call: Call, answer: Answer, ask: Ask) -> None:
    """Weeks, and how many a year has, are those of the standard library."""
    if call.function == "calendar_weeks.week_of" and "returned" in answer:
        year, week, _ = date.fromisoformat(call.arguments[0]).isocalendar()
        assert answer["returned"] == f"{year}-W{week:02}"
    if call.function == "calendar_weeks.weeks_in":
        assert answer["returned"] == date(call.arguments[0], 12, 28).isocalendar().week


def property_days_are_in_their_week(call: Call, answer: Answer, ask: Ask) -> None:
    """The days of a week follow one another from Monday on, and all are in this week."""
    if call.function == "calendar_weeks.days_of" and "returned" in answer:
        days = [date.fromisoformat(day) for day in answer["returned"]]
        assert [day.weekday() for day in days] == list(range(7))
        assert days[-1] - days[0] == timedelta(days=6)
        assert all(ask(Call("calendar_weeks.week_of", [day])) == {"returned": call.arguments[0]}
                   for day in answer["returned"])  # fmt: skip


def property_only_weeks_that_are_there_have_days(call: Call, answer: Answer, ask: Ask) -> None:
    """A week of the right form is refused if, and only if, its year has not so many."""
    if call.function == "calendar_weeks.days_of" and len(call.arguments[0]) == 8 and "-W" in call.arguments[0][4:6]:
        year, number = (int(part) for part in call.arguments[0].split("-W"))
        weeks = ask(Call("calendar_weeks.weeks_in", [year]))["returned"]
        assert ("returned" in answer) == (1 <= number <= weeks)


def property_sheets_have_every_day_below_its_weekday(call: Call, answer: Answer, ask: Ask) -> None:
    """Each day of the month is there once, in the column of its weekday, and no row is empty."""
    if call.function == "calendar_weeks.month_sheet" and "returned" in answer:
        year, month, first_weekday = [*call.arguments, 0][:3]
        cells = [(day, column) for row in answer["returned"] for column, day in enumerate(row) if day]
        assert [day for day, _ in cells] == list(range(1, len(cells) + 1))
        assert (date(year, month, 1) + timedelta(days=len(cells))).day == 1
        assert len(cells) <= 31
        assert all(date(year, month, day).weekday() == (column + first_weekday) % 7 for day, column in cells)
        assert all(len(row) == 7 and any(row) for row in answer["returned"])
