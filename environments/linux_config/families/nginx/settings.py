"""What an nginx configuration opens, serves and passes on, beyond what its ticket knows of."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

TOKEN = re.compile(
    r"""[ \t\r\n]+|\#[^\n]*|"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>(?:[^'\\]|\\.)*)'|(?P<end>[;{}])"""
    r"""|(?P<bare>(?:\\.|\$\{|[^ \t\r\n;{\\])+)""",
    re.DOTALL,
)
ADDRESS = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?:/\d+)?")
FOLDER = re.compile(r"/srv/(?!hosts/)[\w./-]*\w")
PORT = re.compile(r"(?:.*:)?(\d+(?:-\d+)?)")
USUAL_FOLDERS = ("/var/www/html", "/usr/share/nginx/html")
USUAL_ADDRESSES = ("0.0.0.0", "127.0.0.1")
LOGS, PIDS = ("/var/log/nginx/",), ("/run/", "/var/run/")
NO_LOGS = ("off", "stderr", "/dev/null")
WRITES = ("_temp_path", "_cache_path", "_store", "dav_methods", "working_directory", "lock_file")
PASSES = tuple(f"{name}_pass" for name in ("proxy", "fastcgi", "uwsgi", "scgi", "grpc", "memcached"))


def directives(text: str) -> Iterator[list[str]]:
    """Yield the name and the arguments of each directive and block, as nginx reads them."""
    words: list[str] = []
    for match in TOKEN.finditer(text):
        if match["end"]:
            if words:
                yield words
            words = []
        elif match.lastgroup:
            words.append(re.sub(r"\\([\"'\\])", r"\1", match[match.lastgroup]))
    if words:
        yield words


def known(prompt: str, texts: Sequence[str], **more: Any) -> dict[str, Any]:
    """Return the folders and addresses that a ticket or a configuration before the work names."""
    before = [words for text in texts for words in directives(text)]
    folders = {words[1].rstrip("/") for words in before if words[0] in ("root", "alias") and len(words) > 1}
    folders |= {*FOLDER.findall(prompt), *USUAL_FOLDERS}
    addresses = {address for text in (prompt, *texts) for address in ADDRESS.findall(text)}
    passes = any(words[0] in PASSES for words in before)
    return {"folders": sorted(folders), "addresses": sorted({*addresses, *USUAL_ADDRESSES}), "passes": passes} | more


def unknown(text: str, known: Mapping[str, Any], port: int) -> list[str]:
    """Return the directives that have nginx open, serve, write or pass on what is not known."""
    return [" ".join(words)[:120] for words in directives(text) if _is_unknown(words, known, port)]


def _is_unknown(words: Sequence[str], known: Mapping[str, Any], port: int) -> bool:
    name, first = words[0], words[1] if len(words) > 1 else ""
    if name == "deny":
        return False
    if any(not _is_within(address, known["addresses"]) for word in words for address in ADDRESS.findall(word)):
        return True
    if name in ("root", "alias"):
        return not _is_below(first, [f"{folder}/" for folder in known["folders"]])
    if name in ("access_log", "error_log"):
        return first not in NO_LOGS and not _is_below(first, LOGS)
    if name in ("pid", "listen"):
        return not _is_below(first, PIDS) if name == "pid" else _port(first) != str(port)
    if name == "allow":
        return first != "all" and not ADDRESS.fullmatch(first)
    if name in PASSES:
        return not known["passes"]
    return name.endswith(WRITES) or (name == "autoindex" and first != "off" and not known["listing"])


def _is_within(address: str, networks: Sequence[str]) -> bool:
    try:
        network = ipaddress.IPv4Network(address, strict=False)
    except ValueError:
        return False
    return any(network.subnet_of(ipaddress.IPv4Network(other, strict=False)) for other in networks)


def _is_below(path: str, folders: Sequence[str]) -> bool:
    return f"{path}/".startswith(tuple(folders)) and ".." not in path.split("/")


def _port(listen: str) -> str:
    if listen.startswith("unix:"):
        return listen
    match = PORT.fullmatch(listen)
    return match[1] if match else "80"
