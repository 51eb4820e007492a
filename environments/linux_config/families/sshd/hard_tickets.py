"""Tickets in which what the server's configuration seems to say is not what holds."""

from __future__ import annotations

import random

from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.families.sshd.scene import (
    CONFIG,
    DROP_INS,
    FORWARDED,
    HELD,
    IN,
    OUT,
    Scene,
    server_text,
)
from agentgym.environments.linux_config.families.sshd.switches import SWITCHES, expect_off
from agentgym.environments.linux_config.names import SERVICES


def overridden(rng: random.Random) -> Draft:
    """A package's file is read first, and wins."""
    scene = Scene(rng)
    name = rng.choice(list(SWITCHES))
    service = rng.choice(SERVICES)
    scene.server(server_text(f"{name} no", *scene.noise))
    vendor = scene.drop_in(
        f"{rng.randrange(30, 60)}-{service}.conf",
        f"# Installed by the package {service}; changes are lost at the next update.\nMaxAuthTries 4\n{name} yes\n",
        packaged=True,
    )
    late = scene.drop_in(f"{rng.randrange(70, 99)}-local.conf", f"# Ours\n{name} no\n")
    expect_off(scene, name, new=True)
    scene.expects("key", scene.other, IN)
    what = SWITCHES[name][1]
    prompt = (
        f"{CONFIG} says `{name} no`, and so does {late}, yet sshd goes on allowing {what}. There must be no {what} for "
        f"anybody. {vendor} belongs to the package {service} and must stay byte for byte; what else it sets must "
        "stay in force."
    )
    return scene.draft(prompt, f"echo '{name} no' > {DROP_INS}/05-local.conf")


def inside_match(rng: random.Random) -> Draft:
    """A setting at the end of the file belongs to the block above it."""
    scene = Scene(rng)
    name = rng.choice(("PasswordAuthentication", "PermitRootLogin"))
    what = SWITCHES[name][1]
    tail = f"\nMatch User {scene.guest}\n    AllowTcpForwarding no\n\n# No {what} from now on.\n{name} no"
    scene.server(server_text(*scene.noise, tail=tail))
    expect_off(scene, name, new=True)
    scene.expects("password", scene.guest, OUT if name == "PasswordAuthentication" else IN)
    scene.expects("key", scene.guest, IN)
    scene.expects("forward", scene.guest, HELD)
    scene.expects("forward", scene.other, FORWARDED)
    prompt = (
        f"Since last week {CONFIG} ends in `{name} no`, and sshd was started anew, yet sshd goes on allowing {what}. "
        f"There must be no {what} for anybody. What {scene.guest} may not do must stay so, and must not come to "
        "hold for anybody else."
    )
    here = f"s/^UsePAM yes/{name} no\\nUsePAM yes/"
    return scene.draft(prompt, f"sed -i '/^{name} no/d; {here}' {CONFIG}")


def first_match(rng: random.Random) -> Draft:
    """Of two blocks that fit the first one wins."""
    scene = Scene(rng)
    name = rng.choice(("AllowTcpForwarding", "PasswordAuthentication"))
    what = {"AllowTcpForwarding": "forward TCP connections", "PasswordAuthentication": "log in with a password"}[name]
    scene.server(server_text(f"{name} yes", *scene.noise))
    sessions = rng.randrange(2, 9)
    of_team = scene.drop_in(
        f"{rng.randrange(20, 40)}-{scene.team}.conf",
        f"Match Group {scene.team}\n    MaxSessions {sessions}\n    {name} no\n",
    )
    of_member = scene.drop_in(
        f"{rng.randrange(50, 90)}-{scene.member}.conf", f"Match User {scene.member}\n    {name} yes\n"
    )
    scene.may_change = (name,)
    do, on, off = ("forward", FORWARDED, HELD) if name == "AllowTcpForwarding" else ("password", IN, OUT)
    scene.expects(do, scene.member, on, new=True)
    for user in (scene.mate, scene.newcomer):
        scene.expects(do, user, off)
        scene.expects("key", user, IN)
    for user in (scene.guest, scene.other):
        scene.expects(do, user, on)
    prompt = (
        f"{scene.member} must be able to {what}, and {of_member} says so, but sshd does not let {scene.member} do it. "
        f"The rest of the group {scene.team}, those whom it gets later included, must not be able to, as "
        f"{of_team} says; what else that file sets must stay in force for the whole group, {scene.member} included."
    )
    return scene.draft(prompt, f"mv {of_member} {DROP_INS}/05-{scene.member}.conf")
