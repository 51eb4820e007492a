"""Random calls for `build_graph`."""

import random

from agentgym.environments.code_repair.tasks.call import Call

TARGETS = "ABCDEF"
FILES = "xyz"


def random_file(rng: random.Random) -> str:
    """Return a build file of up to seven lines, rarely with a circle or a mistake."""
    lines = []
    for _ in range(rng.choice([0, 2, 3, 4, 4, 5, 5, 6, 7])):
        number = rng.randrange(len(TARGETS))
        targets = [TARGETS[number], *rng.sample(TARGETS[: number + 1], rng.choice([0, 0, 0, 1]))]
        below = TARGETS if rng.random() < 0.04 else TARGETS[number + 1 :]
        sources = [rng.choice(below + FILES) for _ in range(rng.randint(0, 3))]
        line = f"{' '.join(targets)}{rng.choice([':', ': ', ' : '])}{rng.choice([' ', '  ']).join(sources)}"
        lines.append(line + rng.choice(["", "", "", " # x: y", " \\\n x", " \\\n y z"]))
    if rng.random() < 0.25:
        lines.insert(rng.randint(0, len(lines)), rng.choice(["", "# A: x", "  ", "A: x", "D: z"]))
    if rng.random() < 0.04:
        lines.append(rng.choice(["A x", ": x", "A: B: x", "x"]))
    rng.shuffle(lines)
    return "\n".join(lines)


def random_call(rng: random.Random) -> Call:
    """Return a call of `plan`, or of one of the three others."""
    text = random_file(rng)
    kind = rng.randrange(10)
    if kind == 0:
        return Call("rules.read_rules", [text])
    if kind == 1:
        return Call("build_graph.levels", [text])
    if kind < 4:
        return Call("build_graph.affected", [text, rng.sample(TARGETS + FILES, rng.randint(0, 2))])
    times = {name: rng.randint(1, 3) for name in TARGETS if rng.random() < 0.8}
    times |= {name: rng.randint(0, 2) for name in FILES if rng.random() < 0.95}
    if rng.random() < 0.4:
        return Call("build_graph.plan", [text, times])
    return Call("build_graph.plan", [text, times, rng.sample(TARGETS, rng.choice([0, 1, 1, 2, 2, 3]))])
