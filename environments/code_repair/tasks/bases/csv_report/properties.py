"""What holds of `csv_report`."""

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


def property_lines_are_aligned(call: Call, answer: Answer, ask: Ask) -> None:
    """No line is longer than the rule, and both rules are the same."""
    if call.function.endswith("report") and "returned" in answer and "\n" not in "".join(answer["returned"]):
        lines = answer["returned"]
        assert max(map(len, lines)) == len(lines[1])
        assert all(line == line.rstrip() for line in lines)
        assert len(lines) == 2 or lines[-2] == lines[1]


def property_counts_add_up(call: Call, answer: Answer, ask: Ask) -> None:
    """The counts of all groups together are the number of records, which is the total."""
    if call.function.endswith("report") and "returned" in answer:
        text, column, _, separator = [*call.arguments, None, ","][:4]
        records = ask(Call("reading.read_table", [text, separator]))["returned"]
        if records:
            *groups, _, total = ask(call._replace(arguments=[text, column, ["count"], separator]))["returned"][2:]
            assert sum(int(line.split()[-1]) for line in groups) == int(total.split()[-1]) == len(records)
            assert len(groups) == len({record[column].lower() for record in records})


def property_quoted_records_are_the_same(call: Call, answer: Answer, ask: Ask) -> None:
    """A record written anew in quotes is the same record."""
    if call.function.endswith("read_table") and answer.get("returned"):
        records = answer["returned"]
        separator = call.arguments[1]
        rows = [list(records[0]), *(list(record.values()) for record in records)]
        text = "\n".join(separator.join('"' + field.replace('"', '""') + '"' for field in row) for row in rows)
        assert ask(call._replace(arguments=[text, separator])) == answer


def property_doubled_records_have_the_same_means(call: Call, answer: Answer, ask: Ask) -> None:
    """With every record twice, the mean, median and range stay as they are."""
    if call.function.endswith("report") and "returned" in answer:
        text, column, measures, separator = [*call.arguments, None, ","][:4]
        kept = [
            measure for measure in measures or [] if measure.split()[0] in ("mean", "median", "range", "min", "max")
        ]
        if kept:
            header, _, body = text.partition("\n")
            before = ask(call._replace(arguments=[text, column, kept, separator]))
            assert ask(call._replace(arguments=[f"{header}\n{body}\n{body}", column, kept, separator])) == before
