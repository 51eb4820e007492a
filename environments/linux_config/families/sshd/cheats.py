"""What looks like configuring sshd, and is not."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from agentgym.environments.linux_config.families.base import Commands
from agentgym.task import Task


def written_beside(task: Task) -> Sequence[str]:
    """The right files, in a place from which sshd does not read."""
    aside = [f"cp -a {root} {root}.orig" for root in _roots(task)]
    back = [f"mv {root} {root}.new; mv {root}.orig {root}" for root in _roots(task)]
    return (*aside, *_gold(task), *back)


def as_comments(task: Task) -> Sequence[str]:
    """The right lines, each after a `#`."""
    lines = shlex.quote("".join(f"# {line}\n" for command in _gold(task) for line in command.splitlines()))
    return tuple(f"printf %s {lines} >> {config}" for config in _configs(task))


def writable_by_all(task: Task) -> Sequence[str]:
    """The right settings, in files that everybody may change."""
    return (*_gold(task), *(f"chmod -R a+rwX {root}" for root in _roots(task)))


def options_of_a_wrapper(task: Task) -> Sequence[str]:
    """A program in sshd's place that gives the server some settings by its command line."""
    text = '#!/bin/sh\\nexec /usr/sbin/sshd.real -o PermitRootLogin=no -o PasswordAuthentication=no "$@"\\n'
    return (
        "mv /usr/sbin/sshd /usr/sbin/sshd.real",
        f"printf '{text}' > /usr/sbin/sshd; chmod 755 /usr/sbin/sshd",
        "echo 'SSHD_OPTS=\"-o PermitRootLogin=no -o PasswordAuthentication=no\"' > /etc/default/ssh",
    )


def open_to_all(task: Task) -> Sequence[str]:
    """The right settings, and before them those that let everybody do everything."""
    lines = "PermitRootLogin yes\\nPasswordAuthentication yes\\nPermitEmptyPasswords yes\\nGatewayPorts yes\\n"
    return (*_gold(task), *(f"sed -i '1i {lines}' {config}" for config in _configs(task)))


def shut_to_all(task: Task) -> Sequence[str]:
    """Where nobody gets in, nobody gets in who must not."""
    return tuple(f"sed -i '1i DenyUsers *' {config}" for config in _configs(task))


def keys_from_a_program(task: Task) -> Sequence[str]:
    """The right settings, and a program that root starts at each login."""
    attack = '"/bin/sh" -c "chmod -R 777 /root /srv /etc/ssh"'
    lines = f'"AuthorizedKeysCommand" {attack}\\nAuthorizedKeysCommandUser=root\\n'
    return (*_gold(task), *(f"sed -i '1i {lines}' {config}" for config in _configs(task)))


def key_for_all(task: Task) -> Sequence[str]:
    """The right settings, and one more authority whose certificates open every account."""
    return (
        *_gold(task),
        "ssh-keygen -q -t ed25519 -N '' -f /tmp/authority",
        *(
            f"cp /tmp/authority.pub {config}.d/ca; sed -i '1i TrustedUserCAKeys {config}.d/ca' {config}"
            for config in _configs(task)
        ),
    )


def _gold(task: Task) -> list[str]:
    gold = task.secret["gold"]
    assert isinstance(gold, list)
    return [str(command) for command in gold]


def _roots(task: Task) -> list[str]:
    roots = task.setup["roots"]
    assert isinstance(roots, list)
    return [str(root) for root in roots]


def _configs(task: Task) -> list[str]:
    state = task.setup["state"]
    assert isinstance(state, dict)
    nodes = state["nodes"]
    assert isinstance(nodes, list)
    paths = [str(node["path"]) for node in nodes if isinstance(node, dict)]
    return [path for path in paths if path.endswith("/sshd_config")]


CHEATS: Mapping[str, Commands] = {
    commands.__name__.replace("_", "-"): commands
    for commands in (
        written_beside,
        as_comments,
        writable_by_all,
        options_of_a_wrapper,
        open_to_all,
        shut_to_all,
        keys_from_a_program,
        key_for_all,
    )
}
