"""Random calls for `csv_report`."""

import random

from agentgym.environments.code_repair.tasks.call import Call

GROUPS = ("tea", "Tea", "cup", "pen", "", '"a,b"', '"x ""y"""', '"two\nlines"', " tea ", '" tea"', "total sum")
NUMBERS = ("1", "2", "2.5", "0.125", "-3", "", '"1,234"', "+4", "10.005", "7", "-0.005")
WRONG = ("x", '"12,34"', "1.", '"1"2', '"1', "1,1")
MEASURES = ("count", "sum n", "mean n", "median n", "min n", "max m", "range n", "sum m", "mean m", "median m")


def random_text(rng: random.Random, separator: str, wrong: bool) -> str:
    """Return a table with three columns and up to eight records."""
    groups = rng.choices(GROUPS, k=4)
    lines = [separator.join(["g", "n", rng.choice(["m", "m", '"m"', " m "])])]
    for _ in range(rng.randint(0, 8)):
        lines.append(separator.join([rng.choice(groups), rng.choice(NUMBERS), rng.choice(NUMBERS)]))
        if rng.random() < 0.1:
            lines.append(rng.choice(["", "  "]))
    if wrong:
        place = rng.randrange(len(lines))
        lines[place] += rng.choice([separator, rng.choice(WRONG), separator + "n", '"'])
    text = "\n".join(lines) + rng.choice(["", "\n", "\n\n"])
    return text if rng.random() < 0.98 else rng.choice(["", "\n", separator])


def random_call(rng: random.Random) -> Call:
    """Return a call of `report`, or of `read_table`."""
    separator = rng.choice([",", ";"])
    text = random_text(rng, separator, rng.random() < 0.15)
    if rng.random() < 0.25:
        return Call("reading.read_table", [text, separator])
    measures = rng.sample(MEASURES, rng.randint(0, 3))
    if measures and rng.random() < 0.06:
        measures[-1] = rng.choice(["sum x", "mode n", "sum g", "sum"])
    if rng.random() < 0.1 and separator == ",":
        return Call("csv_report.report", [text, "g"])
    column = "g" if rng.random() < 0.97 else "x"
    return Call("csv_report.report", [text, column, measures or rng.choice([None, []]), separator])
