"""The strict parser: what it refuses, by name, and that it agrees with `json.loads` on the rest."""

import json
import math
import time
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agentgym.environments.json_math.strict_json import MAX_BYTES, MAX_DEPTH, MAX_DIGITS, Rule, StrictJsonError, parse

REFUSED = [
    (b"\xff\xfe{}", Rule.ENCODING),
    (b'{"a": "\xc3"}', Rule.ENCODING),
    (b" " * (MAX_BYTES + 1), Rule.TOO_LONG),
    ("\ufeff{}", Rule.BYTE_ORDER_MARK),
    ('{"a":\u200b 1}', Rule.INVISIBLE),
    ('{"a\u200d": 1}', Rule.INVISIBLE),
    ('{"a": "\\u200b1"}', Rule.INVISIBLE),
    ('{"a": "1\u00ad"}', Rule.INVISIBLE),
    ('{"a":\u00a01}', Rule.INVISIBLE),
    ('{"a": 1}\u2028', Rule.INVISIBLE),
    ('{"a": "\u2800"}', Rule.INVISIBLE),
    ('{"a": "x\ufe0f"}', Rule.INVISIBLE),
    ('{"a": "\\u0000"}', Rule.INVISIBLE),
    ('{"a": 1}\0', Rule.INVISIBLE),
    (' \ufeff{"a": 1}', Rule.INVISIBLE),
    ('{"a": "\ufeff1"}', Rule.INVISIBLE),
    ('{"a": "\\ufeff1"}', Rule.INVISIBLE),
    ('{"a": "\u202e1"}', Rule.INVISIBLE),
    ('{"a": "\u200f1"}', Rule.INVISIBLE),
    ('{"a": "1\U000e0100"}', Rule.INVISIBLE),
    ('{"a": "1\u180b"}', Rule.INVISIBLE),
    ('{"a": "1\\udb40\\udd00"}', Rule.INVISIBLE),
    ('{"a": "\x7f"}', Rule.INVISIBLE),
    ('{"a": "\x01"}', Rule.INVISIBLE),
    ('{"a": "\\b"}', Rule.INVISIBLE),
    ('{"a":\f1}', Rule.INVISIBLE),
    ('{"a":\v1}', Rule.INVISIBLE),
    ('{"a":\u00851}', Rule.INVISIBLE),
    ('{"a": 1}'.encode("utf-16-le"), Rule.INVISIBLE),
    ('{"a": "\\ud800"}', Rule.SURROGATE),
    ('{"a": "\\udc00\\ud800"}', Rule.SURROGATE),
    ('{"a": "\\ud800\\u0041"}', Rule.SURROGATE),
    ('{"a": "\ud800"}', Rule.SURROGATE),
    ('{"a": １}', Rule.UNICODE_DIGIT),
    ('{"a": 1٢}', Rule.UNICODE_DIGIT),
    ('{"a": 2²}', Rule.UNICODE_DIGIT),
    ('{"a": -５}', Rule.UNICODE_DIGIT),
    ('{"a": 1.５}', Rule.UNICODE_DIGIT),
    ('{"a": 1e５}', Rule.UNICODE_DIGIT),
    ('{"a": 12٣4}', Rule.UNICODE_DIGIT),
    ('```json\n{"a": 1}\n```', Rule.FENCE),
    ('{"a": 1}\n```', Rule.FENCE),
    ('~~~\n{"a": 1}\n~~~', Rule.FENCE),
    ('// so\n{"a": 1}', Rule.COMMENT),
    ('{"a": 1} # so', Rule.COMMENT),
    ('{"a": /* so */ 1}', Rule.COMMENT),
    ('{"a": 1 /* so */}', Rule.COMMENT),
    ("", Rule.EMPTY),
    (" \n", Rule.EMPTY),
    ('Answer: {"a": 1}', Rule.TEXT_BEFORE),
    ("'a'", Rule.TEXT_BEFORE),
    ("<answer>1</answer>", Rule.TEXT_BEFORE),
    ('{"a": 1} or so', Rule.TEXT_AFTER),
    ('{"a": 1}}', Rule.TEXT_AFTER),
    ("1 2", Rule.TEXT_AFTER),
    ("truely", Rule.TEXT_AFTER),
    ('{"a": 1}{"a": 1}', Rule.SECOND_DOCUMENT),
    ('{"a": 1}\n[]', Rule.SECOND_DOCUMENT),
    ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), Rule.TOO_DEEP),
    ("[" * MAX_BYTES, Rule.TOO_DEEP),
    ('{"a":' * 10_000, Rule.TOO_DEEP),
    ('{"a": 1, "a": 1}', Rule.DUPLICATE_KEY),
    ('{"a": 1, "\\u0061": 2}', Rule.DUPLICATE_KEY),
    ('[{"b": {"a": 1, "a": 2}}]', Rule.DUPLICATE_KEY),
    ('{"\u00e9": 1, "e\u0301": 2}', Rule.DUPLICATE_KEY),
    ('{"\u00e9": 1, "\\u0065\\u0301": 2}', Rule.DUPLICATE_KEY),
    ('{"": 1, "": 1}', Rule.DUPLICATE_KEY),
    ('{"a": 1,}', Rule.TRAILING_COMMA),
    ("[1, 2, ]", Rule.TRAILING_COMMA),
    ('{"a": NaN}', Rule.NOT_FINITE),
    ('{"a": -Infinity}', Rule.NOT_FINITE),
    ("Infinity", Rule.NOT_FINITE),
    ("1e999", Rule.NOT_FINITE),
    ("-1E400", Rule.NOT_FINITE),
    ("007", Rule.LEADING_ZERO),
    ("-01", Rule.LEADING_ZERO),
    ("9" * (MAX_DIGITS + 1), Rule.TOO_MANY_DIGITS),
    ("9" * 60_000, Rule.TOO_MANY_DIGITS),
    ("+1", Rule.BAD_NUMBER),
    (".5", Rule.BAD_NUMBER),
    ("1.", Rule.BAD_NUMBER),
    ("0x1F", Rule.BAD_NUMBER),
    ("1_000", Rule.BAD_NUMBER),
    ("1e", Rule.BAD_NUMBER),
    ("1,000.", Rule.TEXT_AFTER),
    ("1½", Rule.BAD_NUMBER),
    ("--1", Rule.BAD_NUMBER),
    ("-", Rule.BAD_NUMBER),
    ('"a', Rule.BAD_STRING),
    ('"a\tb"', Rule.BAD_STRING),
    ('"a\nb"', Rule.BAD_STRING),
    ('"\\x41"', Rule.BAD_STRING),
    ('"\\u00g1"', Rule.BAD_STRING),
    ('"\\', Rule.BAD_STRING),
    ("{a: 1}", Rule.SYNTAX),
    ("{'a': 1}", Rule.SYNTAX),
    ('{"a" 1}', Rule.SYNTAX),
    ('{"a": }', Rule.SYNTAX),
    ('{"a": True}', Rule.SYNTAX),
    ("[1 2]", Rule.SYNTAX),
    ("[,1]", Rule.SYNTAX),
    ('{"a": 1', Rule.SYNTAX),
    ("{", Rule.SYNTAX),
]


# For each rule, what comes near to breaking it.
KEPT: Mapping[Rule, str | bytes] = {
    Rule.ENCODING: b'{"a": "\xc3\xa9"}',
    Rule.TOO_LONG: b'{"a": "' + b"x" * (MAX_BYTES - 9) + b'"}',
    Rule.BYTE_ORDER_MARK: '\n{"a": "BOM"}',
    Rule.INVISIBLE: '{"a": "e\u0301 \\n\\t\\r\u20ac \u05e9"}',
    Rule.SURROGATE: '{"a": "\\uD83D\\uDE00"}',
    Rule.UNICODE_DIGIT: '{"a": "１ is no 1"}',
    Rule.FENCE: '{"a": "```json"}',
    Rule.COMMENT: '{"a": "/* no */ // comment #"}',
    Rule.EMPTY: "{}",
    Rule.TEXT_BEFORE: '\r\n\t {"a": 1}',
    Rule.TEXT_AFTER: '{"a": 1} \n\n',
    Rule.SECOND_DOCUMENT: '[{"a": 1}, {"a": 1}]',
    Rule.TOO_DEEP: '{"a":' * MAX_DEPTH + "1" + "}" * MAX_DEPTH,
    Rule.DUPLICATE_KEY: '{"a": {"a": 1}, "A": 1, "a ": 1, "b": [{"a": 1}, {"a": 1}]}',
    Rule.TRAILING_COMMA: '{"a": ",}", "b": [",]"]}',
    Rule.NOT_FINITE: '{"a": 1e308, "NaN": "Infinity"}',
    Rule.LEADING_ZERO: "[0, -0, 0.07, 0e1, 10]",
    Rule.TOO_MANY_DIGITS: "-" + "9" * (MAX_DIGITS - 1),
    Rule.BAD_NUMBER: "[1e+5, 1E-5, -1.50, 1e5]",
    Rule.BAD_STRING: r'{"a": "\"\\\/\n\u0041"}',
    Rule.SYNTAX: '{"a":true,"b":[null,false,{}],"":""}',
}


def encoded(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")


@pytest.mark.parametrize(("text", "rule"), REFUSED, ids=lambda value: ascii(value)[:24])
def test_a_broken_rule_has_its_own_error(text: str | bytes, rule: Rule) -> None:
    with pytest.raises(StrictJsonError) as caught:
        parse(encoded(text))
    assert caught.value.rule is rule


def test_every_rule_is_tried() -> None:
    assert {rule for _, rule in REFUSED} == set(KEPT) == set(Rule)


@pytest.mark.parametrize("rule", KEPT)
def test_what_keeps_a_rule_is_read(rule: Rule) -> None:
    text = encoded(KEPT[rule])
    assert parse(text) == json.loads(text)


@pytest.mark.parametrize(("text", "rule"), REFUSED, ids=lambda value: ascii(value)[:24])
def test_a_message_says_what_where_and_what_to_write(text: str | bytes, rule: Rule) -> None:
    with pytest.raises(StrictJsonError) as caught:
        parse(encoded(text))
    said, shown, caret, remedy = caught.value.explained().split("\n")
    assert said.startswith(f"{rule} at line {caught.value.line}, column {caught.value.column}: ")
    assert len(said) > len(f"{rule} at line 1, column 1: ")
    assert caret.strip() == "^"
    assert len(caret) - 1 <= max(len(shown), 2)
    assert remedy.endswith(".")
    assert len(caught.value.explained()) < 400
    caught.value.explained().encode()


@pytest.mark.parametrize(
    ("text", "place", "line"),
    [
        ('{"a": 1,\n "b": 007}', (2, 7), ' "b": 007}'),
        ('{"a": 1,\r\n "a": 2}', (2, 2), ' "a": 2}'),
        ('{"a": "x\\u200by"}', (1, 9), '{"a": "x\\u200by"}'),
        ('{"a": "\\n\\n\\ud800"}', (1, 12), '{"a": "\\n\\n\\ud800"}'),
        ('{"a":\u200b 1}', (1, 6), '{"a":\ufffd 1}'),
        (b'{"\xc3\xa9": "\xff"}', (1, 8), '{"\u00e9": "'),
        ("[" + "1, " * 50 + "+2]", (1, 152), "1, " * 10 + "+2]"),
    ],
)
def test_the_caret_stands_under_the_fault(text: str | bytes, place: tuple[int, int], line: str) -> None:
    with pytest.raises(StrictJsonError) as caught:
        parse(encoded(text))
    assert (caught.value.line, caught.value.column) == place
    _, shown, caret, _ = caught.value.explained().split("\n")
    assert shown == f"  {line}"
    assert caret == "  " + " " * min(place[1] - 1, 30) + "^"


def test_equal_looking_keys_cost_no_time() -> None:
    accents = "".join(chr(0x300 + i % 0x4E) for i in range(MAX_BYTES // 2 - 20))
    started = time.process_time()
    parse(encoded(f'{{"{accents}": 1}}'))
    assert time.process_time() - started < 1.0


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 838}', {"a": 838}),
        (' \r\n\t{"b" : [ ] , "a" : { } } ', {"b": [], "a": {}}),
        ('"\\u00e9\\ud83d\\ude00\\/\\n"', "é😀/\n"),
        ('"é😀 ½"', "é😀 ½"),
        ("-0", 0),
        ("9" * MAX_DIGITS, int("9" * MAX_DIGITS)),
        ("[[[[[[[[1]]]]]]]]", [[[[[[[[1]]]]]]]]),
        ("[true, false, null, -1.5e3]", [True, False, None, -1500.0]),
    ],
)
def test_json_is_read(text: str, value: Any) -> None:
    assert parse(text.encode()) == value


def test_integers_are_told_from_other_numbers_by_their_literal() -> None:
    assert [type(value) for value in parse(b"[838, 838.0, 8e2]")] == [int, float, float]  # type: ignore[union-attr]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
# Text that is nearly JSON finds more than text that is not.
pieces = st.sampled_from(
    [
        '"',
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "1",
        "0",
        "-",
        ".",
        "e5",
        "true",
        "null",
        "NaN",
        "\\",
        "\\u",
        "d800",
        "a",
        " ",
        "/*",
    ]
)
near_json = st.lists(pieces, max_size=30).map("".join)


@given(json_values, st.sampled_from([None, 2]), st.booleans())
def test_what_is_accepted_is_what_json_loads_makes_of_it(value: Any, indent: int | None, ascii_only: bool) -> None:
    agrees_with_json_loads(json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass"))


@given(
    near_json | st.text() | json_values.map(json.dumps).flatmap(lambda text: st.permutations(text[:40]).map("".join))
)
@example("[" * 60_000)
@example('{"a":' * 12_000)
@example('"' + "\\u0041" * 10_000 + '"')
@example("[" + "1," * 30_000 + "1]")
@example("{" + ",".join(f'"{i}":0' for i in range(6_000)) + "}")
@settings(deadline=None)
def test_any_text_is_read_or_refused_within_a_second(text: str) -> None:
    agrees_with_json_loads(text.encode("utf-8", "surrogatepass"))


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    agrees_with_json_loads(data)


def agrees_with_json_loads(data: bytes) -> None:
    started = time.process_time()
    try:
        value = parse(data)
    except StrictJsonError:
        return
    finally:
        assert time.process_time() - started < 1.0
    expected = json.loads(data.decode())
    assert value == expected
    assert json.dumps(value) == json.dumps(expected)
    assert not isinstance(value, float) or math.isfinite(value)
