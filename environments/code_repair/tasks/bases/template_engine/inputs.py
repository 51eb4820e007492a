"""Random calls for `template_engine`."""

import random
from typing import Any

from agentgym.environments.code_repair.tasks.call import Call

PATHS = ("name", "x", "user.name", "tags.0", "loop.index", "loop.last", "count", "ready", "missing", "x.name", "tags.7")
LISTS = ("tags", "tags", "users", "none", "x", "users")
FILTERS = ("upper", "trim", "truncate:5", "truncate:2", "truncate:7", 'default:"-"', "default:0")
LIST_FILTERS = ("length", "last", 'join:", "', "limit:2 | length", 'limit:1 | join:""', "last | upper")
WRONG = ("{{ 5 }}", "{{ name | }}", "{% end %}", "{% if name %}", "{% stop %}", "{{ name | up }}", "{{ tags }}",
         "{{ name | length }}", "{% for x in name %}{% end %}", "{{ name | truncate }}",
         "{% else %}", "{% for x in missing %}{% end %}", '{{ tags | limit:"2" }}')  # fmt: skip


def random_template(rng: random.Random, depth: int, wrong: float) -> str:
    """Return a template."""
    text = ""
    for _ in range(rng.randint(1, 3)):
        kind = rng.random()
        if rng.random() < wrong:
            text += rng.choice(WRONG)
        elif depth > 0 and kind < 0.4:
            first = rng.choice(
                [f"if {rng.choice(PATHS)}", f"if not {rng.choice(PATHS)}", f"for x in {rng.choice(LISTS)}"]
            )
            first = rng.choice(["{% ", "{% ", "{%- "]) + first + rng.choice([" %}", " %}", " -%}"])
            other = "{% else %}" + random_template(rng, depth - 1, wrong) if rng.random() < 0.4 else ""
            text += first + random_template(rng, depth - 1, wrong) + other + "{% end %}"
        elif kind < 0.7:
            safe = "" if rng.random() < 0.1 else ' | default:"?"'
            text += "{{ " + rng.choice(PATHS[:6] if rng.random() < 0.8 else PATHS)
            text += rng.choice(["", "", " | " + rng.choice(FILTERS)]) + safe + rng.choice([" }}", " }}", "-}}"])
        elif kind < 0.8:
            text += "{{ tags | " + rng.choice(LIST_FILTERS) + ' | default:"?" }}'
        else:
            text += rng.choice(["a ", "\n", " b\n ", "{# no #}", "{ ", "%} "])
    return text


def random_values(rng: random.Random) -> dict[str, Any]:
    """Return values, some of which may be missing."""
    values: dict[str, Any] = {
        "name": rng.choice(["Ann", " Bo ", "", "Christopher", "seven"]),
        "user": rng.choice([{"name": "Eve"}, {}]),
        "tags": rng.sample(["red", "Blue", "green", "a"], rng.randint(0, 3)),
        "users": [{"name": name} for name in rng.sample(["Kim", "Lou", "Max"], rng.randint(0, 2))],
        "none": [],
        "x": rng.choice(["outer", ["p", "q"], [["n"]]]),
        "count": rng.choice([0, 3, 2.5]),
        "ready": rng.random() < 0.5,
    }
    return values


def random_call(rng: random.Random) -> Call:
    """Return a call of `render`."""
    template = random_template(rng, 2, rng.choice([0, 0, 0, 0.1]))
    return Call("template_engine.render", [template, random_values(rng)])
