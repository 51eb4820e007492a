"""What holds of `tournament`."""

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


def property_the_table_adds_up(call: Call, answer: Answer, ask: Ask) -> None:
    """Each team is there once, goals scored are goals conceded, and matches have two teams and 2 or 3 points."""
    if call.function == "tournament.play" and "returned" in answer:
        table = answer["returned"]["table"]
        places, names, played, points, scored, conceded = zip(*table, strict=True)
        assert places == tuple(range(1, len(table) + 1))
        assert sorted(names) == sorted(call.arguments[0])
        assert sum(scored) == sum(conceded)
        assert sum(played) % 2 == 0
        assert sum(played) <= sum(points) <= sum(played) * 3 // 2


def property_better_teams_come_first(call: Call, answer: Answer, ask: Ask) -> None:
    """Rows are in order of points, difference and goals; without a match among two equal ones, of names."""
    if call.function == "tournament.play" and "returned" in answer:
        rows = [(row[3], row[4] - row[5], row[4]) for row in answer["returned"]["table"]]
        assert rows == sorted(rows, reverse=True)
        names = [row[1] for row in answer["returned"]["table"] if row[2] == 0]
        assert names == sorted(names)


def property_the_order_of_teams_does_not_matter(call: Call, answer: Answer, ask: Ask) -> None:
    """With teams in another order, table and knockout are the same."""
    if call.function == "tournament.play" and "returned" in answer:
        teams, *others = call.arguments
        again = ask(call._replace(arguments=[teams[::-1], *others]))["returned"]
        assert again["table"] == answer["returned"]["table"]
        assert again["knockout"] == answer["returned"]["knockout"]


def property_open_pairs_have_not_met(call: Call, answer: Answer, ask: Ask) -> None:
    """Each two teams either have a result or are open, once."""
    if call.function == "tournament.play" and "returned" in answer:
        teams, lines = call.arguments[:2]
        met = {frozenset(part.strip() for part in line.rpartition(" ")[0].split("-")) for line in map(str.strip, lines)}
        still = [frozenset(pair) for pair in answer["returned"]["open"]]
        assert len(set(still)) == len(still)
        assert not met & set(still)
        assert len(met | set(still)) == len(teams) * (len(teams) - 1) // 2


def property_everybody_plays_everybody(call: Call, answer: Answer, ask: Ask) -> None:
    """In each leg of a schedule all meet once, nobody plays twice in a round, and two legs are fair."""
    if call.function == "schedule.round_robin" and "returned" in answer:
        teams, legs = [*call.arguments, 1][:2]
        rounds = answer["returned"]
        pairs = [tuple(pair) for each in rounds for pair in each]
        meetings = [frozenset(pair) for pair in pairs]
        assert len(rounds) == legs * (len(teams) - 1 + len(teams) % 2)
        assert all(meetings.count(each) == legs for each in meetings)
        assert len(set(meetings)) == len(teams) * (len(teams) - 1) // 2
        for each in rounds:
            playing = [team for pair in each for team in pair]
            assert len(set(playing)) == len(playing)
        if legs == 2:
            assert len(set(pairs)) == len(pairs)


def property_the_best_are_kept_apart(call: Call, answer: Answer, ask: Ask) -> None:
    """Seeds of a pair add up to one more than the places, and the first two stand in different halves."""
    if call.function == "knockout.bracket":
        pairs, count = answer["returned"], len(call.arguments[0])
        assert sorted(int(team) for pair in pairs for team in pair if team) == list(range(1, count + 1))
        for first, second in pairs:
            assert int(first) + int(second or 2 * len(pairs) + 1 - int(first)) == 2 * len(pairs) + 1
        half = {team for pair in pairs[: len(pairs) // 2] for team in pair}
        assert len(pairs) == 1 or ("1" in half) != ("2" in half)
        assert len(pairs) < count <= 2 * len(pairs)
