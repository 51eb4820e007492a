"""A plausible first draft of the json-math verifier, out of the packages that one would reach for.

    python benchmarks/first_draft.py < PAIRS

It reads JSON objects with `text`, `schema`, `gold` and `checks`, one a line, and prints a verdict for each. The text
loses its code fence, or all that stands around its first object, and goes through `json.loads` and the default
validator of `jsonschema`. Values are compared with `==`, expressions, fractions and exact numbers by `math-verify`, and
words are counted with `split()`. It needs `jsonschema`, and `math-verify` for what that compares.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping
from typing import Any

import jsonschema

try:
    from math_verify import parse, verify  # type: ignore[import-not-found, unused-ignore]
except ImportError:
    verify = None

FENCE = re.compile(r"```(?:json)?\s*(.*?)```", re.DOTALL)
COUNTS: Mapping[str, Callable[[str], int]] = {
    "words": lambda text: len(text.split()),
    "lines": lambda text: len(text.splitlines()),
    "characters": len,
    "sentences": lambda text: len(re.findall(r"[.!?]+", text)),
    "commas": lambda text: text.count(","),
    "first_sentence_words": lambda text: len(re.split(r"[.!?]", text)[0].split()),
    "longest_word": lambda text: max(map(len, text.split()), default=0),
    "word_characters": lambda text: max(map(len, text.split()), default=0),
    "line_characters": lambda text: max(map(len, text.splitlines()), default=0),
}
MATHEMATICS = ("fraction", "closed_form", "constant")
NO_WAY = ("program", "solution")


def main() -> None:
    print(json.dumps({"math": verify is not None}), flush=True)
    for line in sys.stdin:
        print(json.dumps(accepts(**json.loads(line))), flush=True)


def accepts(text: str, schema: Mapping[str, Any], gold: Mapping[str, Any], checks: Mapping[str, Any]) -> bool:
    """Tell whether an answer passes."""
    try:
        document = read(text)
        jsonschema.validate(document, schema)
        return all(is_right(document[key], value, checks[key], document) for key, value in gold.items())
    except (ValueError, KeyError, RecursionError, jsonschema.ValidationError):
        return False


def read(text: str) -> Any:
    """Return the document in a text: what a fence holds, or else the first object."""
    fenced = FENCE.search(text)
    text = fenced[1] if fenced else text
    try:
        return json.loads(text)
    except ValueError:
        return json.JSONDecoder().raw_decode(text[text.index("{") :])[0]


def is_right(value: Any, gold: Any, check: Mapping[str, Any], document: Mapping[str, Any]) -> bool:
    """Tell whether one part is right."""
    kind = check["kind"]
    if kind == "count_of":
        return bool(value == COUNTS[check["what"]](document[check["of"]]))
    if kind == "sum_of":
        return bool(value == sum(document[key] for key in check["of"]))
    if kind == "text":
        return all(keeps(str(value), constraint) for constraint in check["constraints"])
    if kind in MATHEMATICS and isinstance(gold, str):
        return bool(verify(parse(f"${gold}$"), parse(f"${value}$")))
    if kind in MATHEMATICS:
        pairs = zip(value, gold, strict=True)
        return all(is_right(mine, its, check, document) for mine, its in pairs)
    return bool(value == gold)


def keeps(text: str, constraint: Mapping[str, Any]) -> bool:
    """Tell whether a text keeps a constraint, for the kinds that one line of Python can count."""
    if constraint["kind"] not in COUNTS:
        return True
    count = COUNTS[constraint["kind"]](text)
    if "exactly" in constraint:
        return bool(count == constraint["exactly"])
    return bool(constraint.get("at_least", 0) <= count <= constraint.get("at_most", count))


if __name__ == "__main__":
    main()
