"""What holds of `auction`."""

from datetime import UTC, datetime

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


def moment(text: str) -> datetime:
    """Return a moment with its offset."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def accepted(call: Call, answer: Answer) -> list[dict[str, str | int]]:
    """Return the bids that were not refused, in order of time."""
    refused = {int(text.split(":")[0].removeprefix("bid ")) for text in answer["returned"]["refused"]}
    bids = [bid for number, bid in enumerate(call.arguments[1], start=1) if number not in refused]
    return sorted(bids, key=lambda bid: moment(bid["at"]))


def property_the_highest_limit_wins(call: Call, answer: Answer, ask: Ask) -> None:
    """The winner gave the highest limit of all accepted bids, as the first, and pays no more than that."""
    if call.function == "auction.hold_auction" and "returned" in answer:
        result, bids = answer["returned"], accepted(call, answer)
        lot = call.arguments[0]
        best = max(bids, key=lambda bid: int(bid["limit"]), default=None)
        if best is None or int(best["limit"]) < lot.get("reserve", 0):
            assert (result["winner"], result["price"]) == (None, None)
        else:
            assert result["winner"] == str(best["who"]).strip()
            assert max(lot.get("opening", 100), lot.get("reserve", 0)) <= result["price"] <= int(best["limit"])
            others = [int(bid["limit"]) for bid in bids if str(bid["who"]).strip() != result["winner"]]
            assert result["price"] >= max(others, default=0)


def property_prices_only_rise(call: Call, answer: Answer, ask: Ask) -> None:
    """Each accepted bid has a price, none lower than the one before; the first is the opening price."""
    if call.function == "auction.hold_auction" and "returned" in answer:
        prices = answer["returned"]["prices"]
        assert prices == sorted(prices)
        assert len(prices) == len(accepted(call, answer))
        assert prices[:1] in ([], [call.arguments[0].get("opening", 100)])


def property_refused_bids_change_nothing(call: Call, answer: Answer, ask: Ask) -> None:
    """Without the refused bids, and with the others sorted by time, everything is as before."""
    if call.function == "auction.hold_auction" and "returned" in answer:
        again = ask(call._replace(arguments=[call.arguments[0], accepted(call, answer)]))
        assert again == {"returned": {**answer["returned"], "refused": []}}


def property_the_end_is_five_minutes_after_the_last_bid(call: Call, answer: Answer, ask: Ask) -> None:
    """The end is never earlier than planned nor less than five minutes after an accepted bid."""
    if call.function == "auction.hold_auction" and "returned" in answer:
        ends = moment(answer["returned"]["ends"])
        planned = moment(call.arguments[0]["ends"])
        made = [moment(str(bid["at"])) for bid in accepted(call, answer)]
        assert (ends - max(planned, *made, planned)).total_seconds() in (0, 60, 120, 180, 240, 300)
        assert all((ends - at).total_seconds() >= 300 for at in made)
        assert ends == planned or (ends - made[-1]).total_seconds() == 300


def property_a_step_is_part_of_a_raise(call: Call, answer: Answer, ask: Ask) -> None:
    """A raise with a high limit is one step, one with its price as the limit is none, and steps never shrink."""
    if call.function.startswith("steps."):
        price = call.arguments[0]
        size = ask(Call("steps.step", [price]))["returned"]
        assert ask(Call("steps.capped_raise", [price, 10 * price + size]))["returned"] == price + size
        assert ask(Call("steps.capped_raise", [price, price]))["returned"] == price
        assert ask(Call("steps.step", [price + 1]))["returned"] >= size
