"""The sites, web roots, applications and hosts that a ticket about nginx is about, and what must be answered."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.families.nginx.settings import known
from agentgym.environments.linux_config.names import NOUNS, PEOPLE, SERVICES, TEAMS
from agentgym.environments.linux_config.state import StartingState

AVAILABLE, ENABLED = "/etc/nginx/sites-available", "/etc/nginx/sites-enabled"
MAIN = "/etc/nginx/nginx.conf"
KEEP = (
    "Only what is in /etc/nginx is taken over. Before we look, nginx is started afresh from /etc/nginx/nginx.conf. Its "
    "workers must go on running as www-data, and everything else it serves must stay as it is: it listens on port 80 "
    "alone, and nothing may have it serve other folders, answer or trust other addresses, pass requests elsewhere, or "
    "write other files than logs in /var/log/nginx. `root` and `alias` begin with a folder that is written out, not "
    "with a variable."
)
KEEP_HOSTS = (
    "Only what is in {folders} is taken over. Before we look, each host's nginx is started afresh with `nginx -c` and "
    "its nginx.conf, all of them on this machine. Their workers must go on running as www-data, and nothing may have "
    "them listen on other ports, serve other folders, trust other addresses, or write other files than logs in "
    "/var/log/nginx."
)
HOST_CONF = """\
user www-data;
worker_processes 1;
pid /run/nginx-{host}.pid;
error_log /var/log/nginx/{host}-error.log;

events {{
    worker_connections 256;
}}

http {{
    include /etc/nginx/mime.types;
    default_type text/plain;
    access_log off;

{body}}}
"""
# The parts of a request, and what they usually are.
REQUEST: Mapping[str, Any] = {
    "host": "",
    "address": "127.0.0.1",
    "port": 80,
    "source": "",
    "method": "GET",
    "headers": {},
    "size": 0,
    "times": 1,
}


class Scene:
    """Sites of one team on one machine; one of them the ticket is not about.

    Attributes:
        rng: the task's randomness.
        state: what the box starts with.
        service: the site that the ticket is about.
        name: its host name.
        root: its web root.
        conf: its file in sites-available.
        nouns: words for folders and pages, all different.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng, self.state = rng, StartingState()
        self.service, self.spare, kept = rng.sample(SERVICES, 3)
        self.team = rng.choice(TEAMS)
        self.nouns = rng.sample(NOUNS, 5)
        self.state.user(rng.choice(PEOPLE))
        self.name = self.named(self.service)
        self.root = f"/srv/www/{self.service}"
        self.conf = f"{AVAILABLE}/{self.service}"
        self.vendor: dict[str, str] = {}
        self._hosts: list[dict[str, Any]] = []
        self._files: list[dict[str, str]] = []
        self._backends: list[dict[str, Any]] = []
        self._requests: list[dict[str, Any]] = []
        self._checks: list[dict[str, Any]] = []
        self._guards: list[dict[str, Any]] = []
        self._hidden: list[dict[str, Any]] = []
        self._texts: list[str] = []
        self.listing = False
        self._networks = ["127.0.0"]
        self._kept = kept

    def named(self, service: str) -> str:
        """Return the host name of a service of this team."""
        return f"{service}.{self.team}.example"

    def address(self) -> str:
        """Return a loopback address in a network (/24) that nothing else in this task is in."""
        while True:
            address = f"127.{self.rng.randrange(1, 250)}.{self.rng.randrange(250)}.{self.rng.randrange(2, 250)}"
            network = address.rpartition(".")[0]
            if network not in self._networks:
                self._networks.append(network)
                return address

    def resolves(self, address: str, *names: str) -> None:
        """Write names into /etc/hosts, which is not carried: it is so in both boxes."""
        self.state.command("/bin/sh", "-c", f"echo '{address} {' '.join(names)}' >> /etc/hosts")

    def site(self, service: str, text: str, *, enabled: bool = True) -> None:
        """Add a site's file, and the link that enables it."""
        self.state.file(f"{AVAILABLE}/{service}", text)
        self._texts.append(text)
        if enabled:
            self.state.link(f"{ENABLED}/{service}", f"{AVAILABLE}/{service}")

    def page(self, path: str, *, link: str = "", hidden: bool = False) -> str:
        """Add a file to a web root, with content of its own in each box; hidden: only in the grading box."""
        if not hidden and not link:
            self.state.file(path, f"sample of {path.rpartition('/')[2]}\n")
        self._files.append({"path": path, "link": link})
        return path

    def backend(self, name: str, port: int, address: str = "127.0.0.1") -> str:
        """Add an application that is there in the grading box alone; return where it listens."""
        self._backends.append({"name": name, "address": address, "port": port})
        return f"{address}:{port}"

    def check(self, name: str, path: str, **how: Any) -> None:
        """Add a request and what must come of it; `{word}` is random in each grading.

        `how` may name parts of the request (`REQUEST`), the backends that are `up` (all unless it is named), whether it
        is a `goal`, the `status` (200 unless it is named), and all else that `answers.mismatch` knows.
        """
        request = {"path": path} | {part: how.pop(part, usual) for part, usual in REQUEST.items()}
        request["host"] = request["host"] or self.name
        request["up"] = list(how.pop("up", [backend["name"] for backend in self._backends]))
        status = list(how.pop("status", [200]))
        self._requests.append(request)
        self._checks.append({"name": name, "goal": how.pop("goal", False), "expect": how | {"status": status}})

    def guard(self, name: str, pages: Sequence[str], *hides: str, **how: Any) -> None:
        """Add pages that are to be asked for at every location and by every name, and what no answer may show.

        `how` may name parts of the request, and whether it is a `goal`.
        """
        request = {part: how.get(part, usual) for part, usual in REQUEST.items()}
        request["host"] = request["host"] or self.name
        self._guards.append(request | {"pages": list(pages)})
        self._hidden.append({"name": name, "goal": how.get("goal", False), "hides": list(hides)})

    def host(self, name: str, address: str, port: int, body: str) -> str:
        """Add a host with a configuration of its own; return the path of that."""
        conf = f"/srv/hosts/{name}/nginx.conf"
        lines = "".join(f"    {line}".rstrip() + "\n" for line in body.splitlines())
        self.state.file(conf, HOST_CONF.format(host=name, body=lines))
        self._texts.append(body)
        self.resolves(address, name)
        self._hosts.append({"conf": conf, "ports": [[address, port]]})
        return conf

    def draft(self, prompt: str, *gold: str) -> Draft:
        """Return the task; on one machine a site that the ticket is not about is added, on several none."""
        roots: tuple[str, ...] = tuple(host["conf"].rpartition("/")[0] for host in self._hosts)
        keep = KEEP_HOSTS.format(folders=" and ".join(roots))
        if not roots:
            self._keep_another()
            roots, keep = ("/etc/nginx",), KEEP
        hosts = self._hosts or [{"conf": MAIN, "ports": [["127.0.0.1", 80]]}]
        probe = {
            "hosts": hosts,
            "files": self._files,
            "backends": self._backends,
            "requests": self._requests,
            "guards": self._guards,
        }
        texts = [*self._texts, *self.vendor.values()]
        knows = known(prompt, texts, listing=self.listing)
        knows["passes"] |= bool(self._backends)
        plan = {"probe": probe, "checks": self._checks, "vendor": self.vendor, "known": knows, "hidden": self._hidden}
        return Draft(f"{prompt}\n\n{keep}", self.state, gold, plan, roots)

    def _keep_another(self) -> None:
        """Add a site that must stay, and requests to it and to the default site."""
        name, root = self.named(self._kept), f"/srv/www/{self._kept}"
        self.resolves("127.0.0.1", self.name, name)
        index = self.page(f"{root}/index.html")
        other = self.page(f"{root}/{{word}}.txt", hidden=True)
        default = self.page("/var/www/html/index.html")
        self.site(self._kept, static(name, root))
        self.check(f"{name} stays", "/", host=name, file=index)
        self.check(f"{name} still shows its files", "/{word}.txt", host=name, file=other)
        self.check(f"{name} still knows what is not there", "/no-{word}", host=name, status=(404,))
        self.check("other names still get the default site", "/", host="{word}.invalid", file=default)


def static(name: str, root: str, *lines: str, listen: str = "80") -> str:
    """Return a server block for files."""
    body = "".join(f"    {line}\n" for line in lines)
    return (
        f"server {{\n    listen {listen};\n    server_name {name};\n    root {root};\n    index index.html;\n{body}}}\n"
    )


def here(path: str, text: str) -> str:
    """Return a shell command that writes a file."""
    return f"cat > {path} <<'END'\n{text.rstrip()}\nEND"
