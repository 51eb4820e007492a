"""Web sites and reverse proxies, judged by asking nginx."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from agentgym.environments.linux_config.families.base import Claims, Family, Kind, goal, rule
from agentgym.environments.linux_config.families.nginx import cheats, hosts, tickets, vendors
from agentgym.environments.linux_config.families.nginx.answers import mismatch, told
from agentgym.environments.linux_config.families.nginx.settings import unknown
from agentgym.reward import Component

NGINX = "/usr/sbin/nginx"
# nginx's master is root and loads what these name. A directive's name cannot be split or escaped.
LOADERS = (b"load_module", b"ssl_engine")
PROGRAM = b"\x7fELF"
MAX_DUMP = 256 << 10


class Nginx(Family):
    """/etc/nginx, or the configurations of several hosts."""

    name = "nginx"
    summary = "sites, redirects, reverse proxies, who may see what"
    judged_by = "requests to nginx, over fresh content, from several addresses, before recording backends"
    kinds = (
        Kind("wrong-root", 1, tickets.wrong_root, short=True),
        Kind("enable-site", 1, tickets.enable_site, short=True),
        Kind("redirect", 2, tickets.redirect),
        Kind("body-size", 2, tickets.body_size, short=True),
        Kind("single-page", 2, tickets.single_page, short=True),
        Kind("api-proxy", 2, tickets.api_proxy, held_out=True),
        Kind("private-area", 3, tickets.private_area),
        Kind("downloads", 3, tickets.downloads, held_out=True),
        Kind("regex-wins", 4, vendors.regex_wins, short=True),
        Kind("taken-address", 4, vendors.taken_address, short=True),
        Kind("edge-and-app", 5, hosts.edge_and_app),
        Kind("two-edges", 5, hosts.two_edges),
    )
    cheats = cheats.CHEATS
    carries_links = True

    def judge(self, plan: Mapping[str, Any], claims: Claims, seen: Any, before: Any, token: str) -> list[Component]:
        """One component for each request, and what nginx says of its configuration and runs as."""
        components = [
            *_services(plan, seen),
            *_opens(plan, claims, seen),
            _loads_nothing(claims),
            *_stays(plan, claims),
        ]
        for check, answers in zip(plan["checks"], seen["answers"], strict=True):
            wrong = mismatch(check, answers, token)
            judged = goal if check["goal"] else rule
            evidence = f"{told(answers)}{'; ' if wrong else ''}{wrong}"
            components.append(judged(check["name"], not wrong, evidence))
        components += _guarded(plan, seen, token)
        return components


def _services(plan: Mapping[str, Any], seen: Any) -> Iterator[Component]:
    rows = zip(plan["probe"]["hosts"], seen["tests"], seen["processes"], seen["alive"], strict=True)
    for host, test, processes, alive in rows:
        conf = host["conf"]
        yield rule(f"nginx accepts {conf}", test["status"] == 0, test["said"].strip() or f"status {test['status']}")
        runs = alive and processes == {"program": NGINX, "users": ["www-data"]}
        evidence = f"{processes['program'] or 'nothing'} with workers of {', '.join(processes['users']) or 'nobody'}"
        yield rule(f"nginx runs from {conf} with workers of www-data", runs, evidence)


def _opens(plan: Mapping[str, Any], claims: Claims, seen: Any) -> Iterator[Component]:
    """No configuration has nginx listen, serve, write or trust beyond the ticket."""
    # nginx prints the names of files between their lines, and one of several lines would pass for a part of them.
    broken = [f"the file {node['path']!r}" for node in claims.nodes if "\n" in node["path"]]
    for host, dump in zip(plan["probe"]["hosts"], seen["dumps"], strict=True):
        strange = broken + unknown(dump, plan["known"], host["ports"][0][1])
        fits = 0 < len(dump) <= MAX_DUMP
        evidence = "; ".join(strange)[:600] or ("what the ticket names" if fits else "nginx does not show it")
        yield rule(f"{host['conf']} opens nothing else", fits and not strange, evidence)


def _guarded(plan: Mapping[str, Any], seen: Any, token: str) -> Iterator[Component]:
    """At no location and by no name is there a way to what is hidden."""
    for hidden, tried in zip(plan["hidden"], seen["guarded"], strict=True):
        answers = tried["answers"]
        texts = [f"content of {path.replace('{word}', token[:8])}: {token[8:]}" for path in hidden["hides"]]
        ways = [f"{one['host']}{one['path']}" for one in answers if any(text in one["body"] for text in texts)]
        judged = goal if hidden["goal"] else rule
        evidence = f"by {', '.join(ways)}"[:400] if ways else f"{len(answers)} ways tried"
        yield judged(hidden["name"], tried["all"] and not ways, evidence + ("" if tried["all"] else ", not all"))


def _loads_nothing(claims: Claims) -> Component:
    """No configuration has the master load code, and no code was left where it could."""
    found = [
        path
        for path, data in sorted(claims.contents.items())
        if data.startswith(PROGRAM) or any(name in data for name in LOADERS)
    ]
    return rule("nothing is loaded into nginx", not found, ", ".join(found) or "no modules, no engines")


def _stays(plan: Mapping[str, Any], claims: Claims) -> Iterator[Component]:
    for path, text in plan["vendor"].items():
        same = claims.contents.get(path) == text.encode()
        yield rule(f"{path} stays byte for byte", same, "unchanged" if same else "changed or missing")


FAMILY = Nginx()
