"""Programs that wait for a person at a terminal, of which a box has none, and what to use in their place."""

from __future__ import annotations

import re

# What a command line is searched for, at the start of a command; the first that fits counts.
HINTS = (
    (r"visudo(?!.* (-\w*c|--check))", "write the rules with `write_file`, then check them with `visudo -c`"),
    (r"crontab\b.* -\w*e", "pipe the whole table into `crontab -`, as in `(crontab -l; echo '...') | crontab -`"),
    (
        r"(vi|vim|vim\.tiny|view|nano|emacs|ed|ex|editor|sensible-editor|vipw|vigr|sudoedit|edquota)",
        "use `write_file`, `sed -i` or a here-document",
    ),
    (r"(less|more|most|pager|man)", "use `cat`, `head` or `sed -n`"),
    (r"(top|htop|atop|watch)", "use `ps aux`, or `top -b -n 1`"),
    (r"tail\b.* (-\w*[fF]|--follow)", "leave `-f` out"),
    (r"passwd(?!.* (-\w*[SldeUux]|--\w))", "use `echo 'NAME:PASSWORD' | chpasswd`"),
    (r"(adduser|addgroup|chfn|chsh)", "give every answer as an option, as `useradd -m -s /bin/bash NAME` does"),
    (r"(gpasswd|newgrp|login|su(?!.* -\w*c))", "name the command to run, as in `su - NAME -c 'COMMAND'`"),
    (r"ssh-keygen(?!.* -\w*[Nly])", "give the passphrase and the file, as in `ssh-keygen -q -N '' -f FILE`"),
    (r"(ssh|scp|sftp)\b(?!.*BatchMode)(?!-)", "add `-o BatchMode=yes`, so that it fails where it would ask"),
    (r"openssl\b.* req(?!.* -subj)", "name the subject, as in `openssl req -subj '/CN=NAME' -nodes`"),
    (
        r"git\b.* (commit|rebase|merge|tag|add -\w*[ip])(?!.* (-\w*m|--no-edit))",
        "give the message with `-m`, or `--no-edit`",
    ),
    (r"(dpkg-reconfigure|debconf|tzselect|nginx-configure)", "write the configuration file, or preseed the answers"),
    (r"(apt|apt-get)\b(?!.* (-\w*[ys]\b|--yes))", "add `-y`, or `-s` to see what it would do"),
)
START = r"(?:^|[;&|(]|\b(?:sudo|exec|time|nohup|env|then|do|else)[ \t])[ \t]*(?:\w+=\S*[ \t]+)*(?:/\S*/)?"
LOOKED_AT = 2_000
WAITED = "It may have waited for input: there is no terminal here, and nobody to answer."
NO_TERMINAL = "There is no terminal here."


def hint(command: str, *, timed_out: bool) -> str:
    """Return what to do in place of a command that ran out of time or failed, if it is one that talks to a person."""
    for pattern, instead in HINTS:
        if re.search(rf"{START}{pattern}(?=$|[\s;&|)])", command[:LOOKED_AT], re.MULTILINE):
            return f"[{WAITED if timed_out else NO_TERMINAL} In place of it, {instead}.]"
    return f"[{WAITED} If it was meant to go on running, start it with `&`.]" if timed_out else ""
