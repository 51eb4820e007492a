"""What holds of `recurring_events`."""

from datetime import datetime, timedelta
from itertools import combinations

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def takes_place(event: dict[str, object], day: datetime) -> bool:
    """Tell whether an event without limits takes place on a day not before its start."""
    start = datetime.fromisoformat(str(event["start"]))
    interval = int(str(event.get("interval", 1)))
    if event["every"] == "day":
        return (day - start).days % interval == 0
    if event["every"] == "week":
        monday = start - timedelta(days=start.weekday())
        names = event.get("on") or [WEEKDAYS[start.weekday()]]
        assert isinstance(names, list)
        return WEEKDAYS[day.weekday()] in names and (day - monday).days // 7 % interval == 0
    months = 12 * (day.year - start.year) + day.month - start.month
    is_last = (day + timedelta(days=1)).day == 1
    return months % interval == 0 and (day.day == start.day or (is_last and day.day < start.day))


def expected(event: dict[str, object], last: datetime) -> list[datetime]:
    """Return when an event begins before the last moment, by a look at each day."""
    start = datetime.fromisoformat(str(event["start"]))
    if "every" not in event:
        begins = [start]
    else:
        days = [start + timedelta(days=passed) for passed in range((last - start).days + 1)]
        begins = [day for day in days if takes_place(event, day)]
    if "times" in event:
        begins = begins[: int(str(event["times"]))]
    if "until" in event:
        begins = [begin for begin in begins if begin.date().isoformat() <= str(event["until"])]
    without = event.get("without", [])
    assert isinstance(without, list)
    return [begin for begin in begins if begin < last and begin.date().isoformat() not in without]


def text_of(moment: datetime) -> str:
    """Return a moment in UTC."""
    return (moment.replace(tzinfo=None) - (moment.utcoffset() or timedelta())).isoformat(timespec="minutes") + "Z"


def property_events_take_place_on_their_days(call: Call, answer: Answer, ask: Ask) -> None:
    """The agenda is what a look at each day finds."""
    if call.function == "recurring_events.agenda" and "returned" in answer:
        events, first, last = call.arguments
        rows = []
        for event in events:
            length = timedelta(minutes=event["minutes"])
            for begin in expected(event, datetime.fromisoformat(last)):
                if begin + length > datetime.fromisoformat(first):
                    rows.append([text_of(begin), text_of(begin + length), event["title"]])
        assert answer["returned"] == sorted(rows)


def property_conflicts_overlap(call: Call, answer: Answer, ask: Ask) -> None:
    """Conflicts are all pairs of rows of the agenda of which the first ends after the second begins."""
    if call.function == "recurring_events.conflicts" and "returned" in answer:
        rows = ask(Call("recurring_events.agenda", call.arguments))["returned"]
        pairs = [[two[0], one[2], two[2]] for one, two in combinations(rows, 2) if one[1] > two[0]]
        assert sorted(answer["returned"]) == sorted(pairs)
        assert [row[0] for row in answer["returned"]] == sorted(row[0] for row in answer["returned"])


def property_windows_can_be_joined(call: Call, answer: Answer, ask: Ask) -> None:
    """In a window up to the middle or in one from there on is what is in the whole one."""
    if call.function == "recurring_events.agenda" and "returned" in answer:
        events, first, last = call.arguments
        middle = datetime.fromisoformat(first) + (datetime.fromisoformat(last) - datetime.fromisoformat(first)) / 2
        halves = ([events, first, middle.isoformat()], [events, middle.isoformat(), last])
        rows = [row for half in halves for row in ask(call._replace(arguments=half))["returned"]]
        assert sorted({tuple(row) for row in rows}) == [tuple(row) for row in answer["returned"]]
        assert len(answer["returned"]) <= len(rows)


def property_months_have_their_days(call: Call, answer: Answer, ask: Ask) -> None:
    """The day after the last one of a month is the first of the next one."""
    if call.function == "months.days_in_month":
        year, month = call.arguments
        last = datetime(year, month, answer["returned"])
        assert (last + timedelta(days=1)).day == 1
