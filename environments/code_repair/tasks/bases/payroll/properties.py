"""What holds of `payroll`."""

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


def minute(text: str) -> int:
    """Return the minute of the day for a time such as `08:30`."""
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def worked_minutes(shift: str) -> list[int]:
    """Return each minute of a shift, counted from the midnight before it."""
    times = shift.split()[2]
    start, end = (minute(text) for text in times.split("-"))
    return list(range(start, end if end > start else end + 1440))


def property_minutes_are_those_of_the_shifts(call: Call, answer: Answer, ask: Ask) -> None:
    """Minutes, counted one by one, less breaks, and those at night are on the slip of who worked them."""
    if call.function == "payroll.pay_slips" and "returned" in answer:
        _, shifts = call.arguments
        for name, slip in answer["returned"].items():
            own = [worked_minutes(shift) for shift in shifts if shift.startswith(f"{name} ")]
            assert slip["minutes"] == sum(len(shift) - (30 if len(shift) > 360 else 0) for shift in own)
            assert slip["night"] == sum(now % 1440 < 360 or now % 1440 >= 1320 for shift in own for now in shift)
            assert slip["overtime"] == max(slip["minutes"] - 2400, 0)
        assert set(answer["returned"]) == {shift.split()[0] for shift in shifts}


def property_a_slip_follows_from_its_minutes(call: Call, answer: Answer, ask: Ask) -> None:
    """Gross and net are what wages and taxes say, and people have nothing to do with one another."""
    if call.function == "payroll.pay_slips" and "returned" in answer:
        staff, shifts = call.arguments
        for name, slip in answer["returned"].items():
            person = staff[name]
            assert (
                ask(Call("wages.gross", [slip["minutes"], slip["night"], person["hourly"]]))["returned"]
                == slip["gross"]
            )
            taken = ask(Call("taxes.tax", [slip["gross"], person.get("tax_class", "single")]))["returned"]
            assert slip["net"] == slip["gross"] - taken
            own = [shift for shift in reversed(shifts) if shift.startswith(f"{name} ")]
            assert ask(call._replace(arguments=[{name: person}, own]))["returned"] == {name: slip}


def property_tax_grows_with_wages(call: Call, answer: Answer, ask: Ask) -> None:
    """Of ten euros more, one, two or four go to taxes, or less where a bracket or the allowance ends."""
    if call.function == "taxes.tax" and "returned" in answer:
        cents, tax_class = call.arguments
        more = ask(call._replace(arguments=[cents + 1000, tax_class]))["returned"] - answer["returned"]
        assert 0 <= more <= 400
        free = {"single": 20_000, "parent": 35_000, "second": 0}[tax_class]
        percent = 10 if cents < free + 30_000 else 20 if cents < free + 80_000 else 40
        assert cents < free or more >= percent * 10
        assert (answer["returned"] == 0) == (cents < free + 10)


def property_wages_are_rounded_to_the_nearest_cent(call: Call, answer: Answer, ask: Ask) -> None:
    """Wages are within half a cent of the exact ones."""
    if call.function == "wages.gross":
        minutes, night, hourly = call.arguments
        exact = hourly / 60 * (min(minutes, 2400) + max(minutes - 2400, 0) * 1.5 + night * 0.25)
        assert -0.5 - 1e-6 < exact - answer["returned"] < 0.5 + 1e-6
