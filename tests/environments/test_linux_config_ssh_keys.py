"""Tickets about keys: more than one right way, near misses, and the formats that they rest on."""

import base64
import hmac
import random
import subprocess
from functools import partial
from pathlib import Path

import pytest
from linux_config_plays import draw, faults, gold, solve

from agentgym.environments.linux_config.env import FAMILIES
from agentgym.environments.linux_config.families.ssh_keys.ed25519 import make_key, public_key
from agentgym.environments.linux_config.families.ssh_keys.lines import names_only, read_lines
from agentgym.sandbox import SandboxBackend
from agentgym.task import Task

ticket = partial(draw, "ssh-keys", seed=7)

KEYS = FAMILIES["ssh-keys"]


def filled(task: Task, command: str) -> str:
    """Put the ticket's first user, and the words that look like paths, into a command."""
    words = [word.strip(".,;:`") for word in task.prompt.split()]
    paths = [word for word in words if word.startswith("/")]
    users = [path.split("/")[2] for path in paths if path.startswith("/home/")]
    address = next((word for word in words if word.startswith("127.")), "")
    return command.format(user=users[0], paths=paths).replace("ADDRESS", address)


RIGHT = {
    "loose-modes": "chmod 700 /home/{user} /home/{user}/.ssh; chmod 600 /home/{user}/.ssh/authorized_keys",
    "host-alias": "cd /home/{user}/.ssh; a=$(ls id_* | sed s/id_//); read h p _ < <(tr '[]:' '   ' < known_hosts); "
    "u=$(cd /home; grep -l $a */.ssh/authorized_keys | cut -d/ -f1); "
    'printf "Match originalhost $a\\n User=$u\\n Port=$p\\n Hostname=$h\\n IdentityFile=%s\\n" $PWD/id_$a > config; '
    "chown {user} config",
    "early-block": "cd /home/{user}/.ssh; sed -n '/^Host \\*/,/^$/p' config > b; sed -i '/^Host \\*/,/^$/d' config; "
    "(echo; cat b) >> config; rm b",
}
RIGHT |= {
    "one-job": "f=/home/{user}/.ssh/authorized_keys; p=$(ls /usr/local/bin/*); "
    "a=$(echo 'ADDRESS'); o='no-pty,no-port-forwarding,no-agent-forwarding,no-X11-forwarding'; "
    'sed -i "/ robot@/s#^#from=\\"$a/32\\",$o,command=\\"exec $p\\" #" $f',
    "rebuilt-host": "cd /home/{user}/.ssh; n=$(ls /root/keys | sed s/.pub//); k=$(cat /root/keys/*.pub); "
    'a=$(sed -n "s/^$n,\\([^ ]*\\) .*/\\1/p" known_hosts); sed -i "s/^$n,$a/@revoked */" known_hosts; '
    '(echo "$n $k"; echo "$a $k") >> known_hosts; ssh-keygen -q -H -f known_hosts; rm -f known_hosts.old; '
    "chown {user}:{user} known_hosts",
}
WRONG = {
    "add-key": "cat {paths[0]} > {paths[1]}",
    "first-keys": "install -d /home/{user}/.ssh; cat /root/keys/{user}*.pub > /home/{user}/.ssh/authorized_keys",
    "first-line": 'sed -i \'s/^.*command="[^"]*" //\' /home/{user}/.ssh/authorized_keys',
}


@pytest.mark.parametrize("name", RIGHT)
def test_there_is_another_right_way(name: str, bubblewrap_backend: SandboxBackend) -> None:
    task = ticket(name)
    assert faults(solve(bubblewrap_backend, task, filled(task, RIGHT[name]))) == []


@pytest.mark.parametrize("name", WRONG)
def test_a_near_miss_scores_nothing(name: str, bubblewrap_backend: SandboxBackend) -> None:
    task = ticket(name)
    assert solve(bubblewrap_backend, task, filled(task, WRONG[name])).value == 0.0


OVERDONE = {
    "host-alias": "cd /home/{user}/.ssh; printf 'Host *\\n StrictHostKeyChecking no\\n' >> config",
    "remove-key": "ssh-keygen -q -t ed25519 -N '' -f /tmp/k; cp /tmp/k.pub /home/{user}/.ssh/authorized_keys2",
}


@pytest.mark.parametrize("name", OVERDONE)
def test_doing_more_than_was_asked_scores_nothing(name: str, bubblewrap_backend: SandboxBackend) -> None:
    task = ticket(name)
    assert solve(bubblewrap_backend, task, *gold(task), filled(task, OVERDONE[name])).value == 0.0


CONFIG = "/home/{user}/.ssh/config"
BESIDES = {
    ("host-alias", "exec"): f"printf 'Match host slate exec \"cp /etc/hostname /tmp/leak\"\\n' >> {CONFIG}",
    ("host-alias", "agent"): f"echo ForwardAgent yes >> {CONFIG}",
    ("host-alias", "others"): f"printf 'Host 203.0.*\\n ForwardAgent yes\\n' >> {CONFIG}",
    ("early-block", "agent"): f"sed -i '1i ForwardAgent yes' {CONFIG}",
    ("rebuilt-host", "names"): "sed -i '$s/^/198.51.100.*,github.com,/' /home/{user}/.ssh/known_hosts",
    ("one-job", "from"): "sed -i 's/from=\"/&203.0.113.*,/' /home/{user}/.ssh/authorized_keys",
    ("one-job", "command"): "sed -i 's#\",from#; cp ~/.ssh/authorized_keys /tmp&#' /home/{user}/.ssh/authorized_keys",
    ("add-key", "authority"): "sed 's/^/cert-authority /' {paths[0]} >> {paths[1]}",
    ("remove-key", "second file"): "cd /home/{user}/.ssh; cp -p authorized_keys authorized_keys2",
}
SAID = {
    "exec": "ssh starts no other program",
    "agent": "ssh's other settings stay",
    "others": "ssh's other settings stay",
    "names": "no other key is in /home/",
    "from": "restrictions in ",
    "command": "restrictions in ",
    "authority": "no new options in ",
    "second file": "no other file opens a door",
}


@pytest.mark.parametrize(("name", "what"), BESIDES)
def test_nothing_comes_with_it(name: str, what: str, bubblewrap_backend: SandboxBackend) -> None:
    task = ticket(name)
    found = faults(solve(bubblewrap_backend, task, *gold(task), filled(task, BESIDES[name, what])))
    assert found
    assert [fault for fault in found if SAID[what] not in fault and not fault.startswith("ssh's other")] == []


def test_a_key_is_good_for_one_thing() -> None:
    text = (
        'restrict,command="/bin/a",from="127.0.0.1" ssh-ed25519 A\n'
        "no-pty,no-port-forwarding,no-agent-forwarding,no-X11-forwarding,"
        'from="127.0.0.1/32,!*",command="exec \\"/bin/a\\"" ssh-ed25519 A\n'
        'restrict,command="/bin/a; id",from="127.0.0.1" ssh-ed25519 A\n'
        'restrict,command="/bin/a $SSH_ORIGINAL_COMMAND",from="127.0.0.1" ssh-ed25519 A\n'
        'restrict,command="/bin/a",from="127.0.0.*" ssh-ed25519 A\n'
        'restrict,command="/bin/a" ssh-ed25519 A\n'
        'cert-authority,restrict,command="/bin/a",from="127.0.0.1" ssh-ed25519 A\n'
    )
    lines = read_lines(text)
    assert [line.only("/bin/a", "127.0.0.1") for line in lines] == [True, True, *[False] * 5]
    assert lines[5].only("/bin/a", "")


def test_known_hosts_name_the_tickets_hosts_only() -> None:
    hosts = ("slate", "127.1.2.3")
    assert names_only("slate,127.1.2.3", hosts)
    assert names_only("[slate]:22", hosts)
    salt = "AAAAAAAAAAAAAAAAAAAAAAAAAAA="
    assert names_only(f"|1|{salt}|{hashed(salt, 'slate')}", hosts)
    assert not names_only(f"|1|{salt}|{hashed(salt, 'birch')}", hosts)
    for patterns in ("slate,birch", "*", "127.1.2.*", "@cert-authority", "|1|?|?"):
        assert not names_only(patterns, hosts)


def hashed(salt: str, name: str) -> str:
    return base64.b64encode(hmac.new(base64.b64decode(salt), name.encode(), "sha1").digest()).decode()


def test_public_keys_are_those_of_the_standard() -> None:
    # RFC 8032, section 7.1, tests 1 and 2.
    secrets = {
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60": "d75a980182b10ab7d54bfed3c964073a0ee172f3"
        "daa62325af021a68f707511a",
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb": "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf"
        "2ec4968cc0cd55f12af4660c",
    }
    for secret, public in secrets.items():
        assert public_key(bytes.fromhex(secret)).hex() == public


def test_openssh_reads_private_keys(tmp_path: Path) -> None:
    key = make_key(random.Random(3), "ada@desk")
    assert key == make_key(random.Random(3), "ada@desk")
    path = tmp_path / "key"
    path.write_text(key.private)
    path.chmod(0o600)
    try:
        said = subprocess.run(["ssh-keygen", "-y", "-f", path], capture_output=True, text=True, check=True, timeout=20)
    except FileNotFoundError:
        pytest.skip("there is no ssh-keygen here")
    assert said.stdout.strip() == key.line


def test_lines_are_read_as_sshd_reads_them() -> None:
    text = (
        "# ssh-ed25519 NO a\n\n"
        "ssh-ed25519 AAA a comment\r\n"
        'command="say \\"a, b\\" ssh-rsa",NO-pty,from="1.2.3.4" ssh-rsa BBB x\n'
        "  restrict ecdsa-sha2-nistp256 CCC\n"
        "restrict,pty ssh-ed25519 DDD\n"
        "what is this\n"
    )
    lines = read_lines(text)
    assert [line.blob for line in lines[:4]] == ["AAA", "BBB", "CCC", "DDD"]
    assert lines[1].options == ('command="say \\"a, b\\" ssh-rsa"', 'from="1.2.3.4"', "no-pty")
    assert [line.restricted for line in lines[:4]] == [False, False, True, False]
    assert lines[4].type == ""
