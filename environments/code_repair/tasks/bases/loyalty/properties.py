"""What holds of `loyalty`."""

from datetime import date, timedelta

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


def property_no_points_are_lost(call: Call, answer: Answer, ask: Ask) -> None:
    """Without returns, all points that came are there, redeemed or expired."""
    if call.function == "loyalty.statement" and "returned" in answer:
        events, until = call.arguments
        kept = [event for event in events if event[1] != "return"]
        came = sum(event[2] for event in kept if event[1] == "gift" and event[2] > 0)
        for place, event in enumerate(kept):
            if event[1] == "buy" and event[2] > 0:
                tier = ask(call._replace(arguments=[kept[:place], event[0]]))["returned"]["tier"]
                came += ask(Call("tiers.points_for", [event[2], tier]))["returned"]
        result = ask(call._replace(arguments=[kept, until]))["returned"]
        assert result["points"] + result["redeemed"] + result["expired"] == came
        assert min(result["points"], result["redeemed"], result["expired"]) >= 0


def property_refused_events_change_nothing(call: Call, answer: Answer, ask: Ask) -> None:
    """With each refused event made a different refused one, everything is as before."""
    if call.function == "loyalty.statement" and "returned" in answer:
        events, until = call.arguments
        refused = {int(text.split(":")[0].removeprefix("event ")) for text in answer["returned"]["refused"]}
        other = [
            [event[0], "redeem", 1] if number in refused else event for number, event in enumerate(events, start=1)
        ]
        again = ask(call._replace(arguments=[other, until]))["returned"]
        reasons = [f"event {number}: too few points" for number in sorted(refused)]
        assert again == {**answer["returned"], "refused": reasons}


def property_points_expire_when_told(call: Call, answer: Answer, ask: Ask) -> None:
    """Nothing expires before the day that is told, and then just as many points as are told."""
    if call.function == "loyalty.statement" and "returned" in answer:
        events, until = call.arguments
        before = answer["returned"]
        if before["next_to_expire"] is None:
            assert before["points"] == 0
        else:
            day, points = before["next_to_expire"]
            assert day > until
            eve = (date.fromisoformat(day) - timedelta(days=1)).isoformat()
            assert ask(call._replace(arguments=[events, eve]))["returned"]["points"] == before["points"]
            after = ask(call._replace(arguments=[events, day]))["returned"]
            assert after["points"] == before["points"] - points
            assert after["expired"] == before["expired"] + points


def property_the_next_tier_takes_what_is_told(call: Call, answer: Answer, ask: Ask) -> None:
    """With the missing points the tier is another one, and with one less it is not."""
    if call.function == "tiers.missing":
        (points,) = call.arguments
        tiers = [
            ask(Call("tiers.tier_of", [points + more]))["returned"] for more in range((answer["returned"] or 0) + 1)
        ]
        assert len(set(tiers[:-1])) <= 1
        assert tiers == ["gold"] if answer["returned"] is None else tiers[-1] != tiers[0]


def property_points_grow_with_the_tier(call: Call, answer: Answer, ask: Ask) -> None:
    """Gold gives half as many points again as bronze, silver something between, and 100 cents make a difference."""
    if call.function == "tiers.points_for" and "returned" in answer:
        cents, _ = call.arguments
        bronze, silver, gold = (ask(call._replace(arguments=[cents, tier]))["returned"]
                                for tier in ("bronze", "silver", "gold"))  # fmt: skip
        assert bronze <= silver <= gold == bronze + bronze // 2
        assert silver == bronze + bronze // 4
        assert ask(call._replace(arguments=[cents + 100, "bronze"]))["returned"] == bronze + 1
