"""What an answer of a web server must be like, and in what it differs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

REFUSED = (403, 404)


def mismatch(check: Mapping[str, Any], answers: Sequence[Mapping[str, Any]], token: str) -> str:
    """Return in what the answers to a check's request are not as expected; empty if they are.

    A check's `expect` may hold: `status` (those that are right), `file` (the body is this file's), `hides` (the body
    has nothing of this file), `location`, `with_headers` (of the answer), `body` (the exact text), `lists` and
    `names_not` (words in the body, or not), `backends` (all that the requests reached, each of them one, whose answer
    was passed on; empty: none), `target`, `size` and `sent` (what the backend got), and `client` (the last address in
    the X-Forwarded-For that it got).
    """
    expect = json.loads(json.dumps(check["expect"]).replace("{word}", token[:8]))
    for answer in answers:
        if wrong := _answer(expect, answer, token[8:]) or _relayed(expect, answer):
            return wrong
    reached = sorted({hit["backend"] for answer in answers for hit in answer["hits"]})
    if "backends" in expect and reached != sorted(expect["backends"]):
        return f"wanted it to reach {', '.join(expect['backends']) or 'no backend'}, got {', '.join(reached) or 'none'}"
    return ""


def told(answers: Sequence[Mapping[str, Any]]) -> str:
    """Return the answers in a line."""
    first = answers[0]
    where = [hit["backend"] for answer in answers for hit in answer["hits"]]
    parts = [f"status {', '.join(sorted({str(answer['status']) for answer in answers}))}"]
    parts += [f"location {first['headers']['location']}"] if "location" in first["headers"] else []
    parts += [f"reached {', '.join(where)}"] if where else []
    return f"{'; '.join(parts)}; body {first['body'][:80]!r}"


def _answer(expect: Mapping[str, Any], answer: Mapping[str, Any], content: str) -> str:
    body, headers = answer["body"], answer["headers"]
    wrong = []
    if answer["status"] not in expect["status"]:
        wrong.append(f"wanted status {' or '.join(map(str, expect['status']))}")
    if "file" in expect and body != f"content of {expect['file']}: {content}\n":
        wrong.append(f"wanted the content of {expect['file']}")
    if "hides" in expect and f"content of {expect['hides']}: {content}" in body:
        wrong.append(f"it shows {expect['hides']}")
    if "body" in expect and body != expect["body"]:
        wrong.append(f"wanted the text {expect['body']!r}")
    if "location" in expect and headers.get("location") != expect["location"]:
        wrong.append(f"wanted the location {expect['location']}")
    wrong += [f"wanted {word} in the body" for word in expect.get("lists", ()) if word not in body]
    wrong += [f"{word} is in the body" for word in expect.get("names_not", ()) if word in body]
    wrong += [
        f"wanted the header {name}: {value}, got {headers.get(name)}"
        for name, value in expect.get("with_headers", {}).items()
        if headers.get(name) != value
    ]
    return "; ".join(wrong)


def _relayed(expect: Mapping[str, Any], answer: Mapping[str, Any]) -> str:
    """What reached an application, and whether the client got its answer."""
    if not expect.get("backends"):
        return ""
    if len(answer["hits"]) != 1:
        return f"wanted one request at a backend, got {len(answer['hits'])}"
    hit = answer["hits"][0]
    wrong = [] if hit["reply"] in answer["body"] else ["the backend's answer is not passed on"]
    wrong += [
        f"wanted the backend to get {key} {expect[key]}, got {hit[key]}"
        for key in ("target", "size")
        if key in expect and hit[key] != expect[key]
    ]
    wrong += [
        f"wanted the backend to get {name}: {value}, got {hit['headers'].get(name)}"
        for name, value in expect.get("sent", {}).items()
        if hit["headers"].get(name) != value
    ]
    chain = [address.strip() for address in hit["headers"].get("x-forwarded-for", "").split(",")]
    if "client" in expect and chain[-1] != expect["client"]:
        wrong.append(f"wanted {expect['client']} last in X-Forwarded-For, got {chain}")
    return "; ".join(wrong)
