import pytest

from .patterns import PatternError
from .quoting import decode, encode
from .url_router import MethodNotAllowedError, NotFoundError, build_url, find_route

ROUTES = [
    ["GET", "/", "home"],
    ["GET|POST", "/users", "users"],
    ["GET", "/users/{name}", "profile"],
    ["GET|DELETE", "/users/{id:int}", "user"],
    ["GET", "/users/me", "self"],
    ["GET", "/files/{path:rest}", "file"],
]


def test_a_literal_path() -> None:
    assert find_route(ROUTES, "POST", "/users") == {"name": "users", "values": {}, "query": {}}


def test_the_root() -> None:
    assert find_route(ROUTES, "GET", "/")["name"] == "home"


def test_the_most_special_route_is_taken() -> None:
    names = [find_route(ROUTES, "GET", f"/users/{name}")["name"] for name in ("me", "12", "ann")]
    assert names == ["self", "user", "profile"]


def test_values_are_converted() -> None:
    assert find_route(ROUTES, "DELETE", "/users/012/")["values"] == {"id": 12}


def test_a_rest_may_hold_slashes() -> None:
    assert find_route(ROUTES, "GET", "/files/a/b%20c")["values"] == {"path": "a/b c"}


def test_an_encoded_slash_is_no_separator() -> None:
    assert find_route(ROUTES, "GET", "/users/a%2Fb")["values"] == {"name": "a/b"}


def test_the_query() -> None:
    assert find_route(ROUTES, "GET", "/?tag=a&q=x+y&tag=%26#top")["query"] == {"tag": ["a", "&"], "q": ["x y"]}


def test_head_is_answered_like_get() -> None:
    assert find_route(ROUTES, "HEAD", "/users")["name"] == "users"


def test_an_unknown_path() -> None:
    with pytest.raises(NotFoundError):
        find_route(ROUTES, "GET", "/files")


def test_a_method_that_is_not_allowed() -> None:
    with pytest.raises(MethodNotAllowedError) as caught:
        find_route(ROUTES, "PUT", "/users/12")
    assert caught.value.allowed == ["DELETE", "GET"]


def test_a_rest_is_the_last_segment() -> None:
    with pytest.raises(PatternError, match="behind a rest"):
        find_route([["GET", "/{all:rest}/x", "x"]], "GET", "/")


def test_building_an_address() -> None:
    assert build_url(ROUTES, "file", {"path": "a/b c"}, {"v": ["1", "2"], "q": ["&"]}) == "/files/a/b%20c?q=%26&v=1&v=2"


def test_building_with_a_wrong_value() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        build_url(ROUTES, "user", {"id": "x"}, {})


def test_percent_signs() -> None:
    assert decode(encode("50% & more")) == "50% & more"
    assert decode("100%") == "100%"
