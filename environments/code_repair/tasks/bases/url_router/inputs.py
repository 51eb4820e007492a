"""Random calls for `url_router`."""

import random
from typing import Any

from agentgym.environments.code_repair.tasks.call import Call

PATTERNS = ("/", "/a", "/a/{x}", "/a/{n:int}", "/a/b", "/{x}", "/{x}/b", "/{x:rest}", "/a/{x:rest}", "/{n:int}/{x}",
            "/a.b/", "/7", "/a/7", "/{x:text}/{y:text}", "/{x}/{n:int}")  # fmt: skip
WRONG_PATTERNS = ("a", "/{x}/{x}", "/{x:rest}/b", "/{x:word}")
SEGMENTS = ("a", "a", "b", "7", "012", "x%20y", "a.b", "aab", "100%", "p%2fq", "7a", "+")
QUERIES = ("", "", "?q=1", "?q=1&q=2", "?a=b+c&d", "?&x=%3D=&", "#top", "?q=#x", "?=v", "?%71=%41")
TEXTS = ("a", "x y", "p/q", "50%", "a+b", "", "7", "q&r=s", "\u00e9")


def random_routes(rng: random.Random) -> list[list[str]]:
    """Return up to six routes; one in fifty has a wrong pattern."""
    routes: list[list[str]] = []
    for pattern in rng.sample(PATTERNS, rng.randint(1, 6)):
        methods = "|".join(rng.sample(["GET", "POST", "PUT"], rng.choice([1, 2, 3])))
        pattern = rng.choice(WRONG_PATTERNS) if rng.random() < 0.01 else pattern
        routes.append([methods, pattern, f"r{len(routes)}" if rng.random() < 0.9 else "r0"])
    return routes


def random_call(rng: random.Random) -> Call:
    """Return a call of one of the main functions, or of one of those for percent signs."""
    kind = rng.random()
    if kind < 0.1:
        text = "".join(
            rng.choices(["%41", "%", "%2", "a", " ", "&", "~", "%e9", "/", "\u0100", "\u00ff"], k=rng.randint(0, 4))
        )
        return rng.choice([Call("quoting.decode", [text]), Call("quoting.encode", [text, "/"])])
    routes = random_routes(rng)
    if kind < 0.3:
        values: dict[str, Any] = {
            "x": rng.choice(TEXTS),
            "y": rng.choice(TEXTS),
            "n": rng.choice([0, 7, 7, 12, -1, "7"]),
        }
        if rng.random() < 0.1:
            del values[rng.choice("xyn")]
        query = {
            key: rng.choices(TEXTS, k=rng.randint(0, 2)) for key in rng.sample(["b", "a", "c d"], rng.randint(0, 2))
        }
        return Call("url_router.build_url", [routes, rng.choice(["r0", "r0", "r1", "r0"]), values, query])
    if rng.random() < 0.85:
        routes += [["GET|POST|PUT", "/{all:rest}", "any"], ["GET", "/", "start"]]
    path = "".join("/" + segment for segment in rng.choices(SEGMENTS, k=rng.randint(0, 3)))
    path += rng.choice(["", "", "", "/", "//"]) if path else "/"
    method = rng.choice(["GET", "GET", "GET", "POST", "POST", "HEAD", "HEAD", "PUT", "DELETE"])
    return Call("url_router.find_route", [routes, method, path + rng.choice(QUERIES)])
