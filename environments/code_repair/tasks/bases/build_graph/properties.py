"""What holds of `build_graph`."""

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


def property_a_second_build_has_nothing_to_do(call: Call, answer: Answer, ask: Ask) -> None:
    """Once everything was built in the order of the plan, nothing is to be built."""
    if call.function == "build_graph.plan" and "returned" in answer:
        text, times, *goals = call.arguments
        built = {target: 100 + number for number, target in enumerate(answer["returned"])}
        assert ask(Call(call.function, [text, {**times, **built}, *goals])) == {"returned": []}


def property_sources_are_built_first(call: Call, answer: Answer, ask: Ask) -> None:
    """A target is built once, behind all its sources, and whenever a source of it is."""
    if call.function == "build_graph.plan" and "returned" in answer:
        rules = ask(Call("rules.read_rules", [call.arguments[0]]))["returned"]
        built = answer["returned"]
        assert len(set(built)) == len(built)
        for position, target in enumerate(built):
            assert not set(rules[target]) & set(built[position:])


def property_a_change_affects_what_is_above(call: Call, answer: Answer, ask: Ask) -> None:
    """A target is affected exactly if a source of it is changed or affected."""
    if call.function == "build_graph.affected" and "returned" in answer:
        rules = ask(Call("rules.read_rules", [call.arguments[0]]))["returned"]
        touched = {*answer["returned"], *call.arguments[1]}
        if all(set(sources).isdisjoint({target}) for target, sources in rules.items()):
            assert answer["returned"] == sorted(target for target in rules if touched & set(rules[target]))


def property_each_level_needs_the_one_before(call: Call, answer: Answer, ask: Ask) -> None:
    """A target's sources are in earlier groups, and one of them in the group just before."""
    if call.function == "build_graph.levels" and "returned" in answer:
        rules = ask(Call("rules.read_rules", [call.arguments[0]]))["returned"]
        depths = {target: number for number, group in enumerate(answer["returned"]) for target in group}
        assert depths.keys() == rules.keys()
        for target, sources in rules.items():
            assert depths[target] == max((depths.get(source, -1) for source in sources), default=-1) + 1
