"""Random calls for `cli_options`."""

import random
from typing import Any

from agentgym.environments.code_repair.tasks.call import Call

KINDS: dict[str, list[Any]] = {
    "flag": [True, False],
    "count": [1],
    "number": [0, 7],
    "text": ["x", ""],
    "list": [["a"], ["b", "a"]],
}
NAMES = ("size", "silent", "tags", "to", "no-to", "verbose", "dry-run", "dry")
VALUES = ("3", "-4", "+5", "a", "b", "a,b", "b,,a", "big", "", "--", "-v", "x=1")


def random_definitions(rng: random.Random) -> list[dict[str, Any]]:
    """Return up to six definitions; few of them are wrong."""
    definitions: list[dict[str, Any]] = []
    for name in rng.sample(NAMES, rng.randint(1, 6)):
        kind = rng.choice([*KINDS, "text" if rng.random() < 0.97 else "date"])
        option: dict[str, Any] = {
            "name": name if rng.random() < 0.99 else rng.choice(["Size", "-s", "a--b", "a_b", ""])
        }
        if kind != "text" or rng.random() < 0.5:
            option["kind"] = kind
        if rng.random() < 0.7:
            letters = {"size": "s", "silent": "q", "verbose": "v", "tags": "t", "dry": "d", "dry-run": "r"}
            option["short"] = letters.get(name, "") if rng.random() < 0.985 else rng.choice(["s", "xy", "1"])
        if rng.random() < 0.3 and kind in KINDS:
            option["default"] = rng.choice(KINDS[kind])
        if rng.random() < 0.2 and kind in ("text", "list"):
            option["choices"] = ["a", "b"]
        if rng.random() < 0.06:
            option["required"] = True
        definitions.append(option)
    return definitions


def random_argument(rng: random.Random, option: dict[str, Any]) -> list[str]:
    """Return one or two arguments for an option; a few do not fit."""
    name, short, kind = option["name"], option.get("short", ""), option.get("kind", "text")
    values = {"number": ["3", "-4", "+5"], "list": ["a", "a,b", "b"], "text": ["a", "b"]}.get(kind, [])
    value = rng.choice(values if values and rng.random() < 0.93 else VALUES)
    if rng.random() < 0.2:
        name = name[: rng.randint(1, len(name) or 1)]
    if kind in ("flag", "count"):
        forms = [[f"--{name}"], [f"--{name}"], [f"-{short * 2}"], [f"--no-{name}"] if kind == "flag" else [f"-{short}"]]
        return rng.choice(forms) if rng.random() < 0.97 else [f"--{name}={value}"]
    forms = [[f"--{name}={value}"], [f"--{name}", value]]
    return rng.choice(forms + [[f"-{short}{value}"], [f"-{short}", value]] * bool(short))


def random_call(rng: random.Random) -> Call:
    """Return a call with up to six options and five arguments or pairs of them."""
    definitions = random_definitions(rng)
    arguments: list[str] = []
    for _ in range(rng.randint(0, 5)):
        if rng.random() < 0.75:
            arguments += random_argument(rng, rng.choice(definitions))
        else:
            arguments.append(rng.choice(["file", "-", "-1", "y", "", "--"]) if rng.random() < 0.93 else rng.choice(
                ["-x", "-vx", "--nothing", "--s", "-vs3", "-vts"]))  # fmt: skip
    if rng.random() < 0.04:
        arguments.append("--" + rng.choice(definitions)["name"])
    return Call("cli_options.parse", [definitions, arguments])
