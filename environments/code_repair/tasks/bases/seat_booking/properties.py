"""What holds of `seat_booking`."""

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


def place_of(rows: list[str], label: str) -> tuple[int, int]:
    """Return the row and the column of a label in a hall of at most 26 rows."""
    row, number = ord(label[0]) - ord("A"), int(label[1:])
    return row, [column for column, mark in enumerate(rows[row]) if mark != "_"][number - 1]


def property_the_plan_shows_the_seats(call: Call, answer: Answer, ask: Ask) -> None:
    """Nobody shares a seat, all are whole ones, and they are just those marked in the plan."""
    if call.function == "seat_booking.book" and "returned" in answer:
        rows, plan = call.arguments[0], answer["returned"]["plan"]
        places = [place_of(rows, label) for labels in answer["returned"]["seats"].values() for label in labels]
        assert len(places) == len(set(places))
        marked = [list(row) for row in rows]
        for row, column in places:
            assert rows[row][column] == "o"
            marked[row][column] = "#"
        assert ["".join(row) for row in marked] == plan


def property_sizes_are_met(call: Call, answer: Answer, ask: Ask) -> None:
    """Who asked once and was not refused has as many seats as asked for, side by side unless they need not be."""
    if call.function == "seat_booking.book" and "returned" in answer:
        rows, requests = call.arguments
        refused = {text.partition(":")[0] for text in answer["returned"]["refused"]}
        names = [request["name"] for request in requests]
        for request in requests:
            name = request["name"]
            if names.count(name) == 1 and name not in refused:
                places = [place_of(rows, label) for label in answer["returned"]["seats"][name]]
                assert len(places) == request.get("size", len(set(request.get("seats", []))))
                if "size" in request and request.get("together", True):
                    row, column = places[0]
                    assert places == [(row, column + further) for further in range(len(places))]


def property_bills_follow_from_the_seats(call: Call, answer: Answer, ask: Ask) -> None:
    """Each name pays for its rows, and groups 15 percent less."""
    if call.function == "seat_booking.book" and "returned" in answer:
        seats, bills = answer["returned"]["seats"], answer["returned"]["bills"]
        assert seats.keys() == bills.keys()
        for name, labels in seats.items():
            total = sum(1850 if label[0] in "AB" else 1225 for label in labels)
            assert bills[name] == (total if len(labels) < 4 else (total * 85 + 50) // 100)


def property_refused_requests_do_not_matter(call: Call, answer: Answer, ask: Ask) -> None:
    """One refused request more at the end changes nothing else."""
    if call.function == "seat_booking.book" and "returned" in answer:
        rows, requests = call.arguments
        more = ask(call._replace(arguments=[rows, [*requests, {"name": "zoe", "size": 99, "together": False}]]))
        refused = [*answer["returned"]["refused"], "zoe: no room for 99"]
        assert more["returned"] == answer["returned"] | {"refused": refused}


def property_cheaper_seats_make_no_bill_higher(call: Call, answer: Answer, ask: Ask) -> None:
    """With all seats in the third row, a bill is not higher."""
    if call.function == "pricing.bill":
        cheaper = ask(call._replace(arguments=[[[2, number] for _, number in call.arguments[0]]]))["returned"]
        assert cheaper <= answer["returned"]
        assert (cheaper == answer["returned"]) == all(row >= 2 for row, _ in call.arguments[0])
