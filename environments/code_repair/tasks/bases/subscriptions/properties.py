"""What holds of `subscriptions`."""

from datetime import date, timedelta

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call

PRICES = {"basic": 900, "plus": 1900, "team": 4900}


def property_charges_come_in_order(call: Call, answer: Answer, ask: Ask) -> None:
    """Charges come in order of time, none after the last day; a month costs its plan's price, a change less."""
    if call.function == "subscriptions.charges" and "returned" in answer:
        for charged in answer["returned"].values():
            days = [day for day, _, _ in charged]
            assert days == sorted(days)
            assert all(day <= call.arguments[1] for day in days)
            for _, cents, reason in charged:
                old, _, new = reason.partition(" to ")
                assert 0 <= cents <= PRICES[new] - PRICES[old] if new else cents == PRICES[old]


def property_customers_do_not_matter_to_one_another(call: Call, answer: Answer, ask: Ask) -> None:
    """Each customer is charged what their own events say, and the total is the sum of all."""
    if "returned" in answer:
        events, until = call.arguments
        cents = 0
        for customer in {event[1] for event in events}:
            own = [event for event in events if event[1] == customer]
            alone = ask(Call("subscriptions.charges", [own, until]))["returned"]
            cents += sum(charge[1] for charge in alone[customer])
            assert call.function == "subscriptions.total" or answer["returned"][customer] == alone[customer]
        assert ask(Call("subscriptions.total", call.arguments))["returned"] == cents


def property_what_was_charged_stays(call: Call, answer: Answer, ask: Ask) -> None:
    """Looking half a year further only adds charges, and whole months make for a whole number of them."""
    if call.function == "subscriptions.charges" and "returned" in answer:
        events, until = call.arguments
        later = (date.fromisoformat(until) + timedelta(days=190)).isoformat()
        longer = ask(call._replace(arguments=[events, later]))["returned"]
        for customer, charged in answer["returned"].items():
            more = longer[customer][len(charged) :]
            assert longer[customer][: len(charged)] == charged
            cancelled = [event[1:] for event in events if event[1:] == [customer, "cancel"]]
            assert len(more) in ([0] if cancelled else [6, 7])
            assert len({charge[2] for charge in more}) <= 1


def property_a_month_begins_on_the_same_day(call: Call, answer: Answer, ask: Ask) -> None:
    """A customer's months begin in consecutive calendar months, on the first one's day or a month's last day."""
    if call.function == "subscriptions.charges" and "returned" in answer:
        for charged in answer["returned"].values():
            days = [date.fromisoformat(day) for day, _, reason in charged if " to " not in reason]
            for place, day in enumerate(days):
                assert (day.year - days[0].year) * 12 + day.month - days[0].month == place
                short = day.day < days[0].day and (day + timedelta(days=1)).day == 1
                assert short or day.day == days[0].day
