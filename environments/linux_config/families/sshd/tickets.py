"""Tickets about who may log in to one server, how, from where and to do what."""

from __future__ import annotations

import random

from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.families.sshd.scene import (
    CONFIG,
    DROP_INS,
    FORWARDED,
    HELD,
    IN,
    NO_SHELL,
    OUT,
    SHUT,
    Scene,
    server_text,
)
from agentgym.environments.linux_config.families.sshd.switches import PASSWORDS, SWITCHES, WHO, expect_off
from agentgym.environments.linux_config.names import NOUNS, SERVICES

FORWARDING = ("AllowTcpForwarding", "AllowStreamLocalForwarding", "AllowAgentForwarding")
ALL_FORWARDING = (*FORWARDING, "X11Forwarding", "PermitTunnel", "DisableForwarding", "GatewayPorts")
RESTRICTIONS = (*ALL_FORWARDING, "PermitOpen", "PermitListen", "ForceCommand", "PermitTTY", "PermitUserRC")


def root_login(rng: random.Random) -> Draft:
    """Root may log in, and must not."""
    scene = Scene(rng)
    scene.server(server_text("PermitRootLogin yes", *scene.noise))
    scene.may_change = ("PermitRootLogin", *WHO)
    scene.expects("key", "root", OUT, new=True)
    scene.expects("password", "root", OUT, new=True)
    scene.expects("key", scene.member, IN)
    scene.expects("password", scene.other, IN)
    prompt = (
        f"{CONFIG} has `PermitRootLogin yes`. It must be `no`: root may not log in over ssh, neither with a key nor "
        f"with a password. {scene.member} and everybody else log in as before."
    )
    return scene.draft(prompt, f"sed -i 's/^PermitRootLogin yes/PermitRootLogin no/' {CONFIG}")


def another_port(rng: random.Random) -> Draft:
    """The server must listen on another port."""
    scene = Scene(rng)
    port = rng.randrange(1024, 32_000)
    scene.server(server_text("Port 22", *scene.noise))
    scene.may_change = ("Port", "ListenAddress", "AddressFamily")
    scene.listening = [f"0.0.0.0:{port}"]
    scene.expects("key", scene.member, IN, port=port, new=True)
    scene.expects("key", scene.other, IN, to="127.9.8.7", port=port, new=True)
    scene.expects("port", "anybody", SHUT, new=True)
    prompt = (
        f"sshd listens on port 22, as {CONFIG} says. It must listen on port {port} instead, on all addresses, and "
        "nobody may answer on port 22 any more."
    )
    return scene.draft(prompt, f"sed -i 's/^Port 22/Port {port}/' {CONFIG}")


def does_not_start(rng: random.Random) -> Draft:
    """A misspelt setting keeps the server from starting."""
    scene = Scene(rng)
    name = rng.choice(list(SWITCHES))
    misspellings, what = SWITCHES[name]
    wrong = rng.choice(misspellings)
    lines = [f"{name} no", *scene.noise]
    rng.shuffle(lines)
    meant = server_text(*lines)
    text = meant.replace(name, wrong)
    scene.server(text, meant=meant)
    expect_off(scene, name, new=name != "AllowTcpForwarding")
    scene.expects("key", scene.other, IN, new=True)
    number = next(number for number, line in enumerate(text.splitlines(), 1) if line.startswith(wrong))
    prompt = (
        f"sshd does not start. It says `{CONFIG}: line {number}: Bad configuration option: {wrong}`. The line is meant "
        f"to switch off {what}, by the setting {name}. Correct it, so that sshd starts and does what was meant."
    )
    return scene.draft(prompt, f"sed -i 's/^{wrong}/{name}/' {CONFIG}")


def keys_only(rng: random.Random) -> Draft:
    """Two settings together let passwords in."""
    scene = Scene(rng)
    lines = ["PasswordAuthentication yes", "KbdInteractiveAuthentication yes", "PermitRootLogin yes", *scene.noise]
    rng.shuffle(lines)
    scene.server(server_text(*lines))
    scene.may_change = (*PASSWORDS, "PermitRootLogin")
    for user in (scene.member, scene.other, "root"):
        scene.expects("password", user, OUT, new=True)
        scene.expects("key", user, IN)
    prompt = (
        f"Everybody has a key now, {scene.member} was the last. So nobody may log in over ssh with a password any "
        "more, root neither, whichever way the password is asked for: by the password method or by the "
        "keyboard-interactive one. Keys open the door as before, to root as well."
    )
    both = "s/^\\(PasswordAuthentication\\|KbdInteractiveAuthentication\\) yes/\\1 no/"
    return scene.draft(prompt, f"sed -i '{both}' {CONFIG}")


def one_group(rng: random.Random) -> Draft:
    """Only the members of a group may log in."""
    scene = Scene(rng)
    scene.server(server_text("PermitRootLogin yes", *scene.noise))
    scene.may_change = (*WHO, "PermitRootLogin")
    for user in (scene.member, scene.mate, scene.newcomer):
        scene.expects("key", user, IN)
    scene.expects("password", scene.member, IN)
    for user in (scene.guest, scene.other, "root"):
        scene.expects("key", user, OUT, new=True)
    scene.expects("password", scene.guest, OUT, new=True)
    prompt = (
        f"From now on only the members of the group {scene.team} may log in over ssh, those whom it gets later "
        "included, with keys and passwords as before. Nobody else may, by whatever method; root is no exception."
    )
    return scene.draft(prompt, f"echo 'AllowGroups {scene.team}' > {DROP_INS}/{scene.team}.conf")


def two_addresses(rng: random.Random) -> Draft:
    """The server must listen on two addresses, each with its port, and nowhere else."""
    scene = Scene(rng)
    net = f"127.{rng.randrange(20, 250)}.{rng.randrange(250)}"
    first, second = (f"{net}.{number}" for number in rng.sample(range(1, 250), 2))
    port = rng.randrange(1024, 32_000)
    scene.server(server_text("Port 22", *scene.noise))
    scene.may_change = ("Port", "ListenAddress", "AddressFamily")
    scene.everywhere = False
    scene.listening = [f"{first}:22", f"{second}:{port}"]
    scene.expects("key", scene.member, IN, to=first)
    scene.expects("key", scene.other, IN, to=second, port=port, new=True)
    for address in ("127.0.0.1", second):
        scene.expects("port", "anybody", SHUT, to=address, new=True)
    for address in ("127.0.0.1", first):
        scene.expects("port", "anybody", SHUT, to=address, port=port)
    prompt = (
        f"sshd listens on every address of the machine. It must listen on {first} port 22 and on {second} port {port}, "
        "and on no other address or port."
    )
    lines = f"ListenAddress {first}:22\\nListenAddress {second}:{port}"
    return scene.draft(prompt, f"sed -i 's/^Port 22/{lines}/' {CONFIG}")


def passwords_inside(rng: random.Random) -> Draft:
    """Passwords only from one network, and never for root."""
    scene = Scene(rng)
    scene.server(server_text("PasswordAuthentication yes", "PermitRootLogin yes", *scene.noise))
    scene.may_change = (*PASSWORDS, "PermitRootLogin")
    first, second = rng.randrange(20, 250), rng.randrange(1, 250)
    inside, beside = f"127.{first}.{second}.{rng.randrange(1, 250)}", f"127.{first}.{second + 1}.7"
    scene.expects("password", scene.member, IN, source=inside)
    scene.expects("password", scene.guest, IN, source=f"127.{first}.{second}.251")
    for user, source in ((scene.member, beside), (scene.guest, "127.0.0.1"), ("root", inside), ("root", beside)):
        scene.expects("password", user, OUT, source=source, new=True)
    for user, source in ((scene.member, beside), (scene.other, inside), ("root", beside), ("root", inside)):
        scene.expects("key", user, IN, source=source)
    net = f"127.{first}.{second}.0/24"
    scene.zones = {"0": [net]}
    prompt = (
        f"Passwords may be used over ssh only by clients in the office's network {net}. From everywhere else a key is "
        "the only way in. Root may not log in with a password from anywhere, the office included. With their keys "
        "all users, root too, log in from everywhere as before."
    )
    return scene.draft(
        prompt,
        f"sed -i 's/^PasswordAuthentication yes/PasswordAuthentication no/' {CONFIG}",
        f"sed -i 's/^PermitRootLogin yes/PermitRootLogin prohibit-password/' {CONFIG}",
        f"printf 'Match Address {net}\\n    PasswordAuthentication yes\\n' >> {CONFIG}",
    )


def sftp_only(rng: random.Random) -> Draft:
    """A group gets sftp in one folder, and nothing else."""
    scene = Scene(rng)
    root = scene.state.directory(f"/srv/{rng.choice(SERVICES)}")
    shown = sorted(rng.sample(NOUNS, 2))
    for name in shown:
        scene.state.directory(f"{root}/{name}", 0o775, group=scene.team)
    scene.server(server_text(*scene.noise))
    scene.may_change = ("Subsystem",)
    concerned = (scene.member, scene.mate, scene.newcomer)
    scene.may_change_of = dict.fromkeys(concerned, (*RESTRICTIONS, "ChrootDirectory"))
    for user in (scene.member, scene.newcomer):
        scene.expects("sftp", user, f"sftp at / {' '.join(shown)}", new=True)
        scene.expects("key", user, NO_SHELL, new=True)
    scene.expects("forward", scene.member, HELD, new=True)
    scene.closed(scene.mate, *FORWARDING, "X11Forwarding", "PermitTunnel")
    scene.expects("key", scene.other, IN)
    scene.expects("sftp", scene.other, f"sftp at /home/{scene.other}")
    scene.expects("forward", scene.guest, FORWARDED)
    prompt = (
        f"The members of the group {scene.team}, those whom it gets later included, are to exchange files by sftp and "
        f"do nothing else on this machine. They must be locked into {root} (which is there and is root's), so that "
        "for them it is /, where they start. They get no shell, can run no command, and nothing is forwarded for "
        "them: no TCP connections, no sockets, no agent, no X11, no tunnels. For everybody else all stays as it is."
    )
    block = f"Match Group {scene.team}\\n    ChrootDirectory {root}\\n    ForceCommand internal-sftp\\n"
    return scene.draft(prompt, f"printf '{block}    DisableForwarding yes\\n' > {DROP_INS}/{scene.team}.conf")


def one_program(rng: random.Random) -> Draft:
    """One user may run one program, and nothing else."""
    scene = Scene(rng)
    noun, number = rng.choice(NOUNS), rng.randrange(1000)
    path = f"/usr/local/bin/show-{noun}"
    scene.state.file(path, f'#!/bin/sh\necho "{noun} {number} for $(id -un)"\n', 0o755)
    scene.programs = [path]
    scene.server(server_text(*scene.noise))
    scene.may_change_of = {scene.guest: RESTRICTIONS}
    scene.expects("key", scene.guest, f"said: {noun} {number} for {scene.guest}", new=True)
    scene.expects("password", scene.guest, f"said: {noun} {number} for {scene.guest}", new=True)
    scene.expects("sftp", scene.guest, "no sftp", new=True)
    scene.expects("forward", scene.guest, HELD, new=True)
    scene.closed(scene.guest, *FORWARDING, "X11Forwarding", "PermitTunnel")
    scene.setting("PermitTTY", "no", user=scene.guest)
    for user in (scene.other, scene.member):
        scene.expects("key", user, IN)
    scene.expects("sftp", scene.other, f"sftp at /home/{scene.other}")
    scene.expects("forward", scene.member, FORWARDED)
    prompt = (
        f"When {scene.guest} logs in over ssh, with key or password, the server must run {path} and nothing else, "
        f"whatever {scene.guest} asks for: no shell, no other command, no sftp, no terminal, and nothing is forwarded "
        f"(no TCP connections, sockets, agent, X11 or tunnels). It is for the server's configuration to say so, not "
        f"for files in {scene.guest}'s home. For everybody else all stays as it is."
    )
    block = f"Match User {scene.guest}\\n    ForceCommand {path}\\n    DisableForwarding yes\\n    PermitTTY no\\n"
    return scene.draft(prompt, f"printf '{block}' > {DROP_INS}/{scene.guest}.conf")
