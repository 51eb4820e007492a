"""Permissions: ACLs as bytes, more than one right way, and work that is not quite right or too much."""

import pytest
from linux_config_plays import draw, faults, gold, names, solve

from agentgym.environments.linux_config.families.permissions import FAMILY
from agentgym.environments.linux_config.families.permissions.acl import NOBODY_KNOWN, encode, named_ids
from agentgym.sandbox import SandboxBackend
from agentgym.task import Task


def words(task: Task) -> dict[str, str]:
    """What the commands below name: folders of the ticket in its order, and people in the scene's."""
    paths = [word.strip("`,.;:'s") for word in task.prompt.split() if word.startswith("/srv/")]
    users = names(task, "users")
    folders = {"folder": paths[0], "second": next((path for path in paths if path != paths[0]), "")}
    return folders | {"team": names(task, "groups")[0], "owner": users[0], "member": users[1], "guest": users[2]}


DEFAULTS = "setfacl -d --set u::rwx,g::rwx,o::-"
RIGHT = {
    "with entries for later files": (
        "whole-tree",
        "find {folder} -type d -exec chmod 750 {{}} +; find {folder} -type f -exec chmod 640 {{}} +; "
        "setfacl -R -d -m g:{team}:rX,o::- {folder}",
    ),
    "a default entry for the team": (
        "default-entries",
        "setfacl -k {folder} && setfacl -m d:u::rwX,d:g::-,d:g:{team}:rwX,d:o::- {folder} && chmod 660 {second}",
    ),
    "the entry says more in place of going": ("named-entry", "setfacl -R -m u:{member}:rwX,d:u:{member}:rwX {folder}"),
    "all entries anew": (
        "named-entry",
        "setfacl -R -b {folder}; chmod -R u=rwX,g=rwXs,o= {folder}; find {folder} -type f -exec chmod 660 {{}} +; "
        "setfacl -R -m u:{guest}:rX,d:u:{guest}:rX,d:g::rwX,d:o::- {folder}",
    ),
    "sticky and set-group-id": ("drop-box", "chmod 3770 {folder}"),
    "by name": ("shared-folder", "chown :{team} {folder}; chmod u=rwx,g=rwxs,o= {folder}"),
}
WRONG = {
    "others get through": ("shared-folder", "chgrp {team} {folder}; chmod 2771 {folder}"),
    "later files too": ("whole-tree", "chmod -R u=rwX,g=rX,o= {folder}; setfacl -R -d -m g:{team}:rwx {folder}"),
    "the vendor's folder too": ("default-entries", DEFAULTS + " -R {folder}; chmod 660 {second}"),
    "umask decides": ("default-entries", "setfacl -k {folder}; chmod 660 {second}"),
    "the old file stays open": ("default-entries", DEFAULTS + " {folder}"),
    "the folder is closed": ("default-entries", DEFAULTS + " {folder}; chmod 660 {second}; chmod 2770 {folder}"),
    "the reader loses the entry": ("named-entry", "setfacl -R -b {folder}; setfacl -R -d -m g::rwX,o::- {folder}"),
    "only what is there": ("named-entry", "setfacl -R -x u:{member} {folder}"),
    "everybody in place of a team": ("shared-folder", "chmod 2777 {folder}"),
    "not by itself": ("shared-folder", "chgrp {team} {folder}; chmod 770 {folder}"),
}


@pytest.mark.parametrize(("kind", "command"), RIGHT.values(), ids=RIGHT)
def test_there_is_more_than_one_right_way(kind: str, command: str, bubblewrap_backend: SandboxBackend) -> None:
    task = draw("permissions", kind)
    reward = solve(bubblewrap_backend, task, command.format(**words(task)))
    assert faults(reward) == []


@pytest.mark.parametrize(("kind", "command"), WRONG.values(), ids=WRONG)
def test_what_is_not_quite_right_scores_nothing(kind: str, command: str, bubblewrap_backend: SandboxBackend) -> None:
    task = draw("permissions", kind)
    assert solve(bubblewrap_backend, task, command.format(**words(task))).value == 0.0


# What a single check sees, and no other.
ALONE = {
    "ACLs name nobody whom the ticket does not": "setfacl -m u:daemon:r {folder}",
    "nothing is added": "touch $(dirname {folder})/more",
    "what the ticket does not name stays": "chgrp {team} $(dirname {folder})",
    "no file has a set-id or sticky bit": "chmod +t {folder}",
}


@pytest.mark.parametrize("check", ALONE)
def test_each_check_sees_something(check: str, bubblewrap_backend: SandboxBackend) -> None:
    task = draw("permissions", "one-reader")
    reward = solve(bubblewrap_backend, task, *gold(task), ALONE[check].format(**words(task)))
    assert [component.name for component in reward.components if component.value < 1] == [check]


@pytest.mark.parametrize("left_out", ["chmod g+s", "chmod 1770", "setfacl -d", "find"])
def test_an_exchange_needs_all_of_it(left_out: str, bubblewrap_backend: SandboxBackend) -> None:
    task = draw("permissions", "exchange")
    some = [command for command in gold(task) if not command.startswith(left_out)]
    assert len(some) < len(gold(task))
    assert solve(bubblewrap_backend, task, *some).value == 0.0


@pytest.mark.parametrize("cheat", FAMILY.cheats)
def test_cheats_score_nothing(cheat: str, bubblewrap_backend: SandboxBackend) -> None:
    task = draw("permissions", "named-entry")
    assert solve(bubblewrap_backend, task, *FAMILY.cheats[cheat](task)).value == 0.0


def test_an_acl_is_the_bytes_that_the_kernel_has() -> None:
    ids = {"ann": 7, "ops": 9}
    acl = encode("o::---,g:ops:r-x,u::rwx,u:ann:rw-,m::rwx,g::r--", ids.__getitem__, ids.__getitem__)
    assert acl.startswith("02000000" + "0100" + "0700" + "ffffffff" + "0200" + "0600" + "07000000")
    assert named_ids(acl) == ({7}, {9})
    assert named_ids("020000000100") == ({NOBODY_KNOWN}, set())
