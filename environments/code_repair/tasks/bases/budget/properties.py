"""What holds of `budget`."""

from fnmatch import fnmatchcase

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


def cents_of(line: str) -> int:
    """Return the cents of a bank's line."""
    units, _, hundredths = line.split()[1].replace(",", ".").partition(".")
    return int(units) * 100 + int(hundredths or 0)


def property_all_payments_are_somewhere(call: Call, answer: Answer, ask: Ask) -> None:
    """What is spent in all categories is what was paid in the months of the report."""
    if call.function == "budget.report" and "returned" in answer:
        lines, _, monthly, first, last = call.arguments
        paid = [line for line in lines if line.strip() and line[0] != "#" and first <= line[:7] <= last]
        assert sum(entry["spent"] for entry in answer["returned"].values()) == sum(map(cents_of, paid))
        assert set(monthly) <= set(answer["returned"])
        assert list(answer["returned"]) == sorted(answer["returned"])


def property_what_is_left_is_at_most_what_was_given(call: Call, answer: Answer, ask: Ask) -> None:
    """Nothing is left that was not put in, and each month without payments adds its money, up to three times that."""
    if call.function == "budget.report" and "returned" in answer:
        lines, rules, monthly, first, last = call.arguments
        months = ask(Call("months.months_from", [first, last]))["returned"]
        for category, entry in answer["returned"].items():
            given = monthly.get(category, 0)
            assert entry["left"] <= given * len(months) - entry["spent"]
            assert 0 <= entry["overspent"] <= len(months)
        if months and last < "2024-04":
            longer = ask(call._replace(arguments=[lines, rules, monthly, first, "2024-04"]))["returned"]
            extra = [
                line for line in lines if line[:7] in ("2023-11", "2023-12", "2024-01", "2024-02") and line[:7] > last
            ]
            if not extra:
                more = len(ask(Call("months.months_from", [last, "2024-04"]))["returned"]) - 1
                for category, entry in answer["returned"].items():
                    given, left = monthly.get(category, 0), entry["left"]
                    for _ in range(more):
                        left = min(left, 2 * given) + given
                    assert longer[category]["left"] == left


def property_the_first_fitting_rule_counts(call: Call, answer: Answer, ask: Ask) -> None:
    """The unsorted purposes are those whose first fitting pattern is for other things, or that fit none."""
    if call.function == "budget.unsorted" and "returned" in answer:
        lines, rules = call.arguments
        purposes = {line.split(maxsplit=2)[2].rstrip() for line in lines if line.strip() and line[0] != "#"}
        expected = []
        for purpose in sorted(purposes):
            fitting = [category for pattern, category in rules if fnmatchcase(purpose.lower(), pattern.lower())]
            if [*fitting, "other"][0] == "other":
                expected.append(purpose)
        assert answer["returned"] == expected


def property_order_of_lines_does_not_matter(call: Call, answer: Answer, ask: Ask) -> None:
    """The same lines the other way round give the same answer."""
    if call.function.startswith("budget."):
        lines, *others = call.arguments
        assert ask(call._replace(arguments=[lines[::-1], *others])) == answer


def property_months_follow_one_another(call: Call, answer: Answer, ask: Ask) -> None:
    """Months go from the first to the last one, each once, and can be listed in two parts."""
    if call.function == "months.months_from" and "returned" in answer:
        first, last = call.arguments
        months = answer["returned"]
        assert months == sorted(set(months))
        assert (months[:1], months[-1:]) == (([first], [last]) if first <= last else ([], []))
        for month in months:
            parts = [ask(call._replace(arguments=part))["returned"] for part in ([first, month], [month, last])]
            assert parts[0][:-1] + parts[1] == months
