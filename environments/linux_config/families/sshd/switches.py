"""Settings that are on or off, and what must come of them."""

from __future__ import annotations

from agentgym.environments.linux_config.families.sshd.scene import HELD, IN, OUT, Scene

PASSWORDS = ("PasswordAuthentication", "KbdInteractiveAuthentication", "AuthenticationMethods")
WHO = ("AllowUsers", "AllowGroups", "DenyUsers", "DenyGroups")
# Settings that must be `no`, with misspellings that sshd does not take, and what they put an end to.
SWITCHES = {
    "PasswordAuthentication": (("PasswordAuthentification", "PasswdAuthentication"), "password logins"),
    "PermitRootLogin": (("AllowRootLogin", "PermitRootLogins"), "logins as root"),
    "AllowTcpForwarding": (("AllowTCPForward", "AllowPortForwarding"), "forwarding of TCP connections"),
}


def expect_off(scene: Scene, name: str, *, new: bool) -> None:
    """Expect that one of the switches is off, and that the others are as they were."""
    scene.may_change = {"PasswordAuthentication": PASSWORDS, "PermitRootLogin": ("PermitRootLogin", *WHO)}.get(
        name, ("AllowTcpForwarding",)
    )
    if name == "PasswordAuthentication":
        scene.expects("password", scene.member, OUT, new=new)
        scene.expects("password", scene.other, OUT, new=new)
    elif name == "PermitRootLogin":
        scene.expects("key", "root", OUT, new=new)
        scene.expects("password", scene.other, IN)
    else:
        scene.expects("forward", scene.member, HELD, new=new)
        scene.expects("password", scene.other, IN)
    scene.expects("key", scene.member, IN)
