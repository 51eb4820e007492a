"""What looks like minding keys, and is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agentgym.environments.linux_config.families.base import Commands
from agentgym.task import Task

FIND = "find /home /srv/hosts /etc/ssh -type f"


def writable_by_all(task: Task) -> Sequence[str]:
    """The right files, and everybody may change them."""
    return (*_gold(task), *(f"chmod -R a+rwX {root}" for root in _roots(task)))


def keys_for_all(task: Task) -> Sequence[str]:
    """The right files, and every public key there is in every account."""
    files = f"$(grep -rl ssh-ed25519 {' '.join(_roots(task))} | grep -v known_hosts)"
    return (
        *_gold(task),
        "ssh-keygen -q -t ed25519 -N '' -f /tmp/k",
        f"for f in {files}; do cat /root/keys/*.pub /tmp/k.pub >> $f; done",
    )


def key_for_root(task: Task) -> Sequence[str]:
    """The right files, and a key of one's own for root."""
    return (
        *_gold(task),
        "ssh-keygen -q -t ed25519 -N '' -f /tmp/k; mkdir -m 700 -p /root/.ssh",
        "cp /tmp/k.pub /root/.ssh/authorized_keys; chmod 600 /root/.ssh/authorized_keys",
    )


def as_comments(task: Task) -> Sequence[str]:
    """The right files, all lines of which are commented out."""
    return (*_gold(task), f"{FIND} -not -name '*.conf' -exec sed -i 's/^/# /' {{}} +")


def loose_server(task: Task) -> Sequence[str]:
    """A server that neither asks for keys nor looks at modes, and a client that trusts every host."""
    server = "StrictModes no\\nPasswordAuthentication yes\\nPermitEmptyPasswords yes\\n"
    return (
        f"sed -i '1i {server}' /etc/ssh/sshd_config",
        "printf 'StrictHostKeyChecking no\\nUserKnownHostsFile /dev/null\\n' > /etc/ssh/ssh_config.d/00-trust.conf",
        "for h in /home/*; do mkdir -p $h/.ssh; printf 'StrictHostKeyChecking no\\n' >> $h/.ssh/config; done",
    )


def no_keys(task: Task) -> Sequence[str]:
    """Where nobody's key is, no wrong one is."""
    return (f"{FIND} '(' -name 'authorized_keys*' -o -path '*/authorized_keys/*' -o -name known_hosts ')' -delete",)


def wrong_owner(task: Task) -> Sequence[str]:
    """The right files, given to somebody else."""
    return (*_gold(task), *(f"chown -R daemon {root}" for root in _roots(task)), "chmod -R u=rwX,go= /home/*/.ssh")


def _gold(task: Task) -> list[str]:
    gold = task.secret["gold"]
    assert isinstance(gold, list)
    return [str(command) for command in gold]


def _roots(task: Task) -> list[str]:
    roots = task.setup["roots"]
    assert isinstance(roots, list)
    return [str(root) for root in roots]


CHEATS: Mapping[str, Commands] = {
    commands.__name__.replace("_", "-"): commands
    for commands in (writable_by_all, keys_for_all, key_for_root, as_comments, loose_server, no_keys, wrong_owner)
}
