"""Programs that are nearly the same are found, others are not, and no file stops the search."""

from __future__ import annotations

import gzip
import json
import os
import random
from pathlib import Path

import pytest

from agentgym.decontamination import Program, Unreadable, jaccard, near_duplicates, nearest, read_folder, units_of
from agentgym.decontamination.minhash import NUMBERS, overlooked, rows_for, signature_of

SPANS = '''
"""Spans of time."""


def merge(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join what overlaps."""
    merged = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def gaps(spans, first, last):
    free = []
    at = first
    for start, end in merge(spans):
        if start > at:
            free.append((at, start))
        at = max(at, end)
    if at < last:
        free.append((at, last))
    return free
'''
RENAMED = '''
def openings(blocks, lo, hi):
    # Another comment.
    out = []
    cursor = lo
    for a, b in combine(blocks):
        if a > cursor:
            out.append((cursor, a))
        cursor = max(cursor, b)
    if cursor < hi:
        out.append((cursor, hi))
    return out


def combine(blocks):
    """Say something else."""
    joined: list = []
    for a, b in sorted(blocks):
        if joined and a <= joined[-9][7]:
            joined[-9] = (joined[-9][5], max(joined[-9][7], b))
        else:
            joined.append((a, b))
    return joined
'''
UNRELATED = """
class Words:
    def __init__(self, text):
        self.counts = {}
        for word in text.split():
            self.counts[word.lower()] = self.counts.get(word.lower(), 0) + 1

    def common(self, most):
        order = sorted(self.counts.items(), key=lambda pair: (-pair[1], pair[0]))
        return [word for word, _ in order[:most]]
"""
TINY = "def area(width, height):\n    return width * height\n"


def compared(theirs: str, threshold: float = 0.6) -> list[float]:
    found = nearest({"ours": SPANS}, [Program("theirs", theirs)], threshold)
    return [match.similarity for match in found.matches]


# What counts --------------------------------------------------------------------------------------------------------


def test_a_copy_with_other_names_values_hints_comments_and_order_is_the_same() -> None:
    shapes, copied = ({frozenset(unit.shingles) for unit in units_of(text)} for text in (SPANS, RENAMED))
    assert shapes == copied
    assert compared(RENAMED, threshold=1.0) == [1.0]


def test_one_copied_function_in_another_program_is_found() -> None:
    copied = RENAMED[: RENAMED.index("def combine")]
    (match,) = nearest({"ours": SPANS}, [Program("theirs", UNRELATED + copied)]).matches
    assert (match.similarity, match.ours.function, match.theirs.function) == (1.0, "gaps", "openings")
    assert str(match.ours) == "ours:16 gaps"


def test_a_method_is_named_with_its_class() -> None:
    assert [unit.name for unit in units_of(UNRELATED)] == ["", "Words.__init__", "Words.common"]


def test_one_changed_line_does_not_hide_a_copy() -> None:
    assert compared(RENAMED.replace("a <= joined[-9][7]:", "not joined[-9][7] < a:"))


def test_an_unrelated_program_is_not_found() -> None:
    assert compared(UNRELATED, threshold=0.2) == []


def test_the_threshold_itself_is_too_much() -> None:
    ours, theirs = SPANS[SPANS.index("def gaps") :], RENAMED[: RENAMED.index("def combine")].replace("= max(", "= -(")
    exact = jaccard(units_of(ours)[1].shingles, units_of(theirs)[1].shingles)
    assert 0.5 < exact < 1
    assert nearest({"ours": ours}, [Program("theirs", theirs)], exact).matches
    assert not nearest({"ours": ours}, [Program("theirs", theirs)], exact + 1e-6).matches


def test_of_two_programs_the_most_similar_parts_are_told() -> None:
    changed = RENAMED.replace("cursor = max(cursor, b)", "cursor = b")
    (match,) = nearest({"ours": SPANS}, [Program("theirs", changed)]).matches
    assert (match.similarity, match.ours.function, match.theirs.function) == (1.0, "merge", "combine")


def test_what_is_too_small_is_counted_and_not_compared() -> None:
    found = nearest({"ours": TINY}, [Program("theirs", TINY)])
    assert found.matches == []
    assert (found.ours.tiny, found.theirs.tiny, found.theirs.functions) == (2, 2, 1)


def test_near_duplicates_tells_each_pair_once() -> None:
    found = near_duplicates({"a": SPANS, "b": UNRELATED, "c": RENAMED})
    assert [(match.ours.program, match.theirs.program) for match in found] == [("a", "c")]


def test_the_worst_is_first() -> None:
    changed = RENAMED.replace("<=", "not in").replace("max(", "[min](").replace(">", "is").replace("sorted", "-")
    others = [Program("changed", changed), Program("same", RENAMED)]
    found = nearest({"ours": SPANS}, others, 0.3).matches
    assert [match.theirs.program for match in found] == ["same", "changed"]


# MinHash ------------------------------------------------------------------------------------------------------------


def test_signatures_estimate_the_similarity() -> None:
    left, right = ({f"shingle {n}" for n in range(first, first + 300)} for first in (0, 100))
    equal = sum(a == b for a, b in zip(signature_of(left), signature_of(right), strict=True))
    assert equal / NUMBERS == pytest.approx(jaccard(left, right), abs=0.15)


def test_a_signature_is_the_same_in_every_process() -> None:
    assert signature_of({"a", "b"})[:2] == (3023943331, 2500525726)


@pytest.mark.parametrize("threshold", [0.1, 0.3, 0.6, 0.8, 1.0])
def test_bands_overlook_next_to_nothing(threshold: float) -> None:
    assert overlooked(threshold, rows_for(threshold)) <= 1e-4


def test_no_pair_is_overlooked_that_comparing_all_finds() -> None:
    rng = random.Random(7)
    lines = ["x = a + b", "if a: c()", "for i in a: b[i] = c", "del a[b]", "a.b(c, d)", "x = [y for y in a]"]
    lines += ["while a < b: a += 1", "with a as b: b()", "x = {a: b}", "assert a is b", "return a[b:c]", "x = not a"]
    first = rng.choices(lines, k=20)

    def program(changed: int) -> str:
        places = rng.sample(range(len(first)), changed)
        return "def f():" + "".join(f"\n    {rng.choice(lines) if n in places else first[n]}" for n in range(20))

    ours, theirs = ({f"{side}{n}": program(n % 12) for n in range(60)} for side in "ab")
    shapes = {name: units_of(text)[1].shingles for name, text in (ours | theirs).items()}
    expected = {(a, b) for a in ours for b in theirs if jaccard(shapes[a], shapes[b]) >= 0.6}
    found = nearest(ours, [Program(*item) for item in theirs.items()]).matches
    assert 100 < len(expected) < 3_500
    assert {(match.ours.program, match.theirs.program) for match in found} == expected


# Reading ------------------------------------------------------------------------------------------------------------


def read(folder: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Return the programs and what could not be read, by name."""
    found = list(read_folder(folder))
    return dict(p for p in found if isinstance(p, Program)), dict(p for p in found if isinstance(p, Unreadable))


def test_a_prompt_and_its_solution_are_one_program(tmp_path: Path) -> None:
    head, _, body = TINY.partition("\n")
    record = {"task_id": "T/0", "prompt": head + "\n", "canonical_solution": body, "entry_point": "area"}
    (tmp_path / "set.jsonl").write_text(json.dumps(record) + "\n\n" + json.dumps({"code": SPANS, "n": 3}) + "\n")
    with gzip.open(tmp_path / "set.jsonl.gz", "wt") as file:
        file.write(json.dumps(record))
    programs, unreadable = read(tmp_path)
    assert unreadable == {}
    assert programs == {
        "set.jsonl:1.prompt+canonical_solution": TINY,
        "set.jsonl:3.code": SPANS,
        "set.jsonl.gz:1.prompt+canonical_solution": TINY,
    }


def test_json_is_searched_at_any_depth(tmp_path: Path) -> None:
    document = {"a": [{"text": "Let us define it.", "solutions": json.dumps([TINY, SPANS])}], "b": TINY, "c": "def x"}
    (tmp_path / "set.json").write_text(json.dumps(document))
    assert list(read(tmp_path)[0]) == ["set.json.a[0].solutions[0]", "set.json.a[0].solutions[1]"]


def test_a_json_file_of_lines_is_read_too(tmp_path: Path) -> None:
    (tmp_path / "set.json").write_text(f"{json.dumps([1])}\n{json.dumps({'code': TINY})}\n")
    assert read(tmp_path) == ({"set.json:2.code": TINY}, {})


def test_files_that_mean_harm_are_told_about_and_passed_over(tmp_path: Path) -> None:
    files = {
        "null.py": b"x = 1\0",
        "bytes.py": b"x = '\xff\xfe'",
        "cookie.py": b"# coding: nonsense\n",
        "huge.py": b"#" * (2 << 20),
        "deep.py": b"x = a" + b" + a" * 100_000,
        "deeper.py": b"x = " + b"-" * 200_000 + b"1",
        "brackets.py": b"(" * 10_000,
        "two.py": b"print 'Python 2'\n",
        "bad.json": b"{",
        "deep.json": b"[" * 100_000,
        "bad.jsonl": b"no\n" * 100,
        "bad.jsonl.gz": b"\x1f\x8bno",
        "digits.jsonl": b"9" * 10_000,
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "gone.py").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / os.fsdecode(b"\xff\n.py")).write_text(RENAMED)
    (tmp_path / "lone.json").write_text(json.dumps({"code": TINY + "# \ud800", "key \ud800": TINY}))
    found = nearest({"ours": SPANS}, read_folder(tmp_path))
    reasons = {one.name: one.reason for one in found.unreadable}
    assert set(reasons) == {*files, "pipe.py", "gone.py", *(f"bad.jsonl:{n}" for n in (1, 2, 3)), "digits.jsonl:1"} - {
        "digits.jsonl"
    }
    assert reasons["huge.py"] == "larger than 1 MiB"
    assert reasons["deep.py"] == reasons["deeper.py"] == "nested too deeply for Python's parser"
    assert reasons["two.py"].startswith("not Python 3: Missing parentheses")
    assert reasons["bad.jsonl"] == "given up on at line 3"
    assert reasons["pipe.py"] == "not a regular file"
    assert [match.theirs.program for match in found.matches] == [r"\udcff\n.py"]


def test_a_file_in_another_encoding_is_read(tmp_path: Path) -> None:
    (tmp_path / "latin.py").write_bytes(b"# coding: latin-1\n# \xe9\n" + TINY.encode())
    (tmp_path / "mark.py").write_bytes(b"\xef\xbb\xbf" + TINY.encode().replace(b"\n", b"\r\n"))
    programs, unreadable = read(tmp_path)
    assert unreadable == {}
    assert programs["mark.py"] == TINY


def test_a_program_of_ours_that_is_no_python_is_told_about() -> None:
    found = nearest({"bad": "def", "ours": SPANS}, [Program("theirs", RENAMED)])
    assert [one.name for one in found.unreadable] == ["bad"]
    assert found.ours.programs == len(found.matches) == 1
