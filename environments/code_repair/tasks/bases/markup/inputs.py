"""Random calls for `markup`."""

import random

from agentgym.environments.code_repair.tasks.call import Call

PIECES = ("word", "b c", "*em*", "**strong**", "**a *b* c**", "`co*de*`", "[label](/to?a&b)", "[*x*](y)", "\\*", "\\\\",
          "\\a", "<i>", "*", "**", "`", "[a](b", "*a\\*b*", "***", "[](z)", "2", "&", "**a\\**b**")  # fmt: skip
STARTS = (
    "- ",
    "  - ",
    "1. ",
    "   2. ",
    "- ",
    "> ",
    "> - ",
    ">",
    "> # ",
    "# ",
    "## ",
    "###",
    "####### ",
    "```",
    "    - ",
    "",
    "",
    " ",
)


def random_text(rng: random.Random) -> str:
    """Return a line of text."""
    return rng.choice(["", " ", " "]).join(rng.choices(PIECES, k=rng.randint(1, 4)))


def random_line(rng: random.Random) -> str:
    """Return a line that may begin or continue a block."""
    if rng.random() < 0.15:
        return rng.choice(["", "  ", "```"])
    return rng.choice(STARTS) + random_text(rng) + rng.choice(["", "", "", " #", " "])


def random_call(rng: random.Random) -> Call:
    """Return a call with up to eight lines, with some headings, or with one line of marks."""
    kind = rng.random()
    if kind < 0.25:
        return Call(f"inline.{rng.choice(['to_inline', 'to_inline', 'plain'])}", [random_text(rng)])
    if kind < 0.45:
        titles = rng.choices(["A", "a", "A 2", "*A*", "?", "b c", "a-2", "[A](b)"], k=rng.randint(1, 6))
        lines = [rng.choice(["# ", "### ", "> ## "]) + title + rng.choice(["", " ##", "#"]) for title in titles]
        return Call("markup.outline", ["\n".join(lines)])
    return Call("markup.to_html", ["\n".join(random_line(rng) for _ in range(rng.randint(0, 8)))])
