"""Random calls for `ini_reader`."""

import random

from agentgym.environments.code_repair.tasks.call import Call

KEYS = ("host", "Host", "port", "path", "log-dir")
SECTIONS = ("web", "db.main", "default", "web")
VALUES = (
    "yes",
    "True",
    "Off",
    "none",
    "8",
    "-2k",
    "3M",
    "1.5",
    "text",
    '"quoted"',
    '"no"',
    "a, 2,, on",
    '"a","b"',
    "x#y",
    "",
    "[x]",
)
REFERENCES = (
    "${port}",
    "${host}/x",
    "${web:Port}",
    "${ db.main : path }",
    "${default:host}",
    "a${path}b${port}",
    "${web:host}",
)
WRONG = ("just words", "[a b]", "= 3", "[]", "host = 1\nhost = 2")
COMMENTS = ("# note", "; note", "", "  ", "  more", "  more # note")


def random_line(rng: random.Random, wrong: bool) -> str:
    """Return a line, or two."""
    kind = rng.random()
    if kind < 0.15:
        return rng.choice(COMMENTS)
    if wrong and kind < 0.3:
        return rng.choice(WRONG)
    value = rng.choice(REFERENCES if rng.random() < 0.25 else VALUES)
    return rng.choice(KEYS) + rng.choice([" = ", "=", ": ", ":"]) + value + rng.choice(["", "", " ; why", "# x"])


def random_text(rng: random.Random, wrong: bool) -> str:
    """Return a text of up to three sections."""
    lines: list[str] = []
    seen: set[tuple[str, str]] = set()
    for _ in range(rng.randint(1, 3)):
        section = rng.choice(SECTIONS)
        lines.append(rng.choice(["[{}]", "[ {} ]", "[{}] # note"]).format(section))
        for _ in range(rng.randint(0, 4)):
            line = random_line(rng, wrong)
            if line.startswith("  m") and lines[-1].startswith("[") and not wrong:
                line = ""
            key = line.split("=")[0].split(":")[0].strip().lower()
            if wrong or (section, key) not in seen or line in COMMENTS:
                lines.append(line)
                seen.add((section, key))
    if rng.random() < 0.05:
        lines.insert(0, rng.choice(["host = 1", "  more", "# first"]))
    return "\n".join(lines)


def random_call(rng: random.Random) -> Call:
    """Return a call with up to three texts, or with one value."""
    if rng.random() < 0.15:
        return Call("values.convert", [rng.choice(VALUES) + rng.choice(["", "", "", ",", "k", "m", ", 7", ".5"])])
    wrong = rng.random() < 0.1
    common = ["[default]\nport = 80\npath = /srv/${port}\nhost = a\n"] if rng.random() < 0.6 else []
    shared = ["[web]\nport = 1\n[db.main]\npath = x"] if rng.random() < 0.4 else []
    return Call(
        "ini_reader.read_settings", [[*common, *shared, *(random_text(rng, wrong) for _ in range(rng.randint(1, 2)))]]
    )
