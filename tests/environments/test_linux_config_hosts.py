"""Tickets about names: more than one right way, and near misses."""

from functools import partial

import pytest
from linux_config_plays import draw, gold, solve

from agentgym.environments.linux_config.env import FAMILIES
from agentgym.environments.linux_config.families.hosts import parsed
from agentgym.sandbox import SandboxBackend
from agentgym.task import Task

ticket = partial(draw, "hosts", seed=7)

FAMILY = FAMILIES["hosts"]


def solved(backend: SandboxBackend, task: Task, *commands: str) -> bool:
    return solve(backend, task, *commands).success


def words(task: Task) -> list[str]:
    return [word.strip("(),.;:") for word in task.prompt.split()]


def test_an_address_may_be_corrected_by_another_line(bubblewrap_backend: SandboxBackend) -> None:
    task = ticket("wrong-address")
    full, name, _, _, _, _, _, old, _, new, *_ = words(task)
    lines = f"grep -v '^{old}[[:space:]]' /etc/hosts > /tmp/h; echo '{new} {full} # x\n{new} {name}' >> /tmp/h"
    assert solved(bubblewrap_backend, task, f"{lines}; cat /tmp/h > /etc/hosts")
    assert not solved(bubblewrap_backend, task, f"sed -i 's/^{old}/{new}/' /etc/hosts")
    assert not solved(bubblewrap_backend, task, f"sed -i '1i {new} {full} {name}' /etc/hosts")
    assert not solved(bubblewrap_backend, task, *gold(task), "chmod 600 /etc/hosts")


def test_sources_may_be_told_apart_in_other_words(bubblewrap_backend: SandboxBackend) -> None:
    task = ticket("files-first")
    change = "sed -i 's/^hosts:.*/hosts: {}/' /etc/nsswitch.conf"
    assert solved(bubblewrap_backend, task, change.format("files [SUCCESS=return NOTFOUND=continue] dns"))
    assert not solved(bubblewrap_backend, task, change.format("files"))
    assert not solved(
        bubblewrap_backend, task, change.format("files dns") + "; sed -i s/^group:.*/group:nis/ /etc/nsswitch.conf"
    )


def test_the_last_search_line_counts(bubblewrap_backend: SandboxBackend) -> None:
    task = ticket("last-search")
    assert solved(bubblewrap_backend, task, "sed -n 2p /etc/resolv.conf >> /etc/resolv.conf")
    assert not solved(bubblewrap_backend, task, "sed -n '2{s/ [^ ]*$//;p}' /etc/resolv.conf >> /etc/resolv.conf")
    assert not solved(
        bubblewrap_backend, task, "sed -n '2p;3p' /etc/resolv.conf > /tmp/r; cat /tmp/r > /etc/resolv.conf"
    )


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("new-name", "echo 6.6.6.6 deb.debian.org >> /etc/hosts"),
        ("new-name", "chmod 666 /etc/hosts"),
        ("wrong-address", "echo 2001:db8::6 $(awk 'NR == 6 {print $2}' /etc/hosts) >> /etc/hosts"),
        ("service-name", "echo evil 31337/tcp >> /etc/services"),
        ("no-dns", "sed -i 's/^shadow:.*/shadow:/; s/^protocols:.*/protocols:/' /etc/nsswitch.conf"),
        ("no-dns", "echo nameserver 6.6.6.6 >> /etc/resolv.conf"),
        ("search-list", "sed -i '/^search/s/$/ evil.example/' /etc/resolv.conf"),
        ("moved-host", "for f in /srv/hosts/*/etc/hosts; do echo 6.6.6.6 deb.debian.org >> $f; done"),
        ("retired-host", "grep -v 2 /etc/hosts > /tmp/h; cat /tmp/h > /etc/hosts"),
        ("no-dns", ": > /etc/resolv.conf"),
        ("search-list", "printf 'nameserver 127.0.0.77\\n' > /etc/resolv.conf"),
        ("second-line", "sed -i 's/# END fleet/#END fleet/' /etc/hosts"),
        ("same-everywhere", "rm -r $(ls -d /srv/hosts/* | head -1)"),
        ("moved-host", "sed -i 's/^127.0.1.1/127.0.0.1/' /srv/hosts/*/etc/hosts"),
    ],
)
def test_doing_more_than_was_asked_scores_nothing(kind: str, more: str, bubblewrap_backend: SandboxBackend) -> None:
    task = ticket(kind)
    assert not solved(bubblewrap_backend, task, *gold(task), more)


@pytest.mark.parametrize(("kind", "commands"), [("no-dns", ()), ("stopped-early", ("dns files",))])
def test_what_nameservers_are_asked_is_judged(
    kind: str, commands: tuple[str, ...], bubblewrap_backend: SandboxBackend
) -> None:
    changes = [f"sed -i 's/^hosts:.*/hosts: {sources}/' /etc/nsswitch.conf" for sources in commands]
    given = solve(bubblewrap_backend, ticket(kind), *changes)
    assert [c.value for c in given.components if c.name == "what nameservers are not asked"] == [0.0]


def test_layout_order_and_comments_are_free(bubblewrap_backend: SandboxBackend) -> None:
    task = ticket("new-name")
    sort = "sort -u /etc/hosts | sed 's/ /\\t\\t/g; s/$/ # sorted/' > /tmp/h; cat /tmp/h > /etc/hosts"
    assert solved(bubblewrap_backend, task, *gold(task), sort)
    task = ticket("no-dns")
    sort = "grep . /etc/nsswitch.conf | sort > /tmp/n; { echo '# sorted'; cat /tmp/n; } > /etc/nsswitch.conf"
    assert solved(bubblewrap_backend, task, *gold(task), sort)


def test_files_are_read_as_the_c_library_does() -> None:
    assert parsed.hosts("10.0.0.1 A b # c\n2001:DB8::0:1 b\n") == {"a": {"10.0.0.1"}, "b": {"10.0.0.1", "2001:db8::1"}}
    assert parsed.services("x 1/tcp y\n#z 2/tcp\n") == {"x": {"1/tcp"}, "y": {"1/tcp"}}
    assert parsed.sources("hosts:files[NOTFOUND=return]  dns # x\n") == {"hosts": ["files", "[notfound=return]", "dns"]}
    text = "search a. b\ndomain c d\n;nameserver 9\nnameserver 1\nnameserver 1 2\n"
    assert parsed.resolver(text) == {"nameserver": ["1"], "search": ["c"]}
