import pytest

from .escaping import split_plain, unescape
from .line_protocol import LineError, compact, read_points


def test_a_whole_point() -> None:
    assert read_points("cpu,host=a,core=1 load=0.5 1700") == [
        {"name": "cpu", "tags": {"host": "a", "core": "1"}, "fields": {"load": 0.5}, "time": 1700}
    ]


def test_tags_and_time_may_be_missing() -> None:
    assert read_points("cpu load=1") == [{"name": "cpu", "tags": {}, "fields": {"load": 1.0}, "time": None}]


def test_types_of_fields() -> None:
    assert read_points('m a=3i,b=-2,c=T,d=false,e="x y"')[0]["fields"] == {
        "a": 3,
        "b": -2.0,
        "c": True,
        "d": False,
        "e": "x y",
    }


def test_escapes_and_quotes() -> None:
    point = read_points(r'disk\ space,path=/a\,b text="say \"a,b=c\""')[0]
    assert point["name"] == "disk space"
    assert point["tags"] == {"path": "/a,b"}
    assert point["fields"] == {"text": 'say "a,b=c"'}


def test_comments_and_empty_lines() -> None:
    assert read_points("# note\n\n  \n") == []


def test_a_line_without_fields() -> None:
    with pytest.raises(LineError, match="line 2"):
        read_points("m a=1\ncpu,host=a")


def test_a_value_that_means_nothing() -> None:
    with pytest.raises(LineError, match=r"line 1: 1\.5i is no value"):
        read_points("m a=1.5i")


def test_points_that_belong_together() -> None:
    assert compact("m,b=2,a=1 x=1i 5\nm,a=1,b=2 y=2i,x=3i 5") == "m,a=1,b=2 x=3i,y=2i 5"


def test_points_are_sorted_by_time() -> None:
    assert compact("m x=1\nm x=2 20\nm x=3 3") == "m x=3.0 3\nm x=2.0 20\nm x=1.0"


def test_what_is_special_is_escaped_again() -> None:
    line = r'a\ b,k\=1=v\,w f="\"\\"'
    assert compact(line) == line


def test_splitting_leaves_escapes() -> None:
    assert split_plain(r'a\,b,"c,d",', ",") == [r"a\,b", '"c,d"', ""]


def test_a_last_backslash_stays() -> None:
    assert unescape("a\\\\b\\") == "a\\b\\"
