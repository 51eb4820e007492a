"""Keys, certificates and chains of a private authority, judged by verifying and shaking hands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentgym.environments.linux_config.families.base import Claims, Family, Kind, goal, rule
from agentgym.environments.linux_config.families.tls import cheats, hard_tickets, hosts, tickets
from agentgym.reward import Component


class Tls(Family):
    """Certificates below /srv/pki, and of hosts below /srv/hosts."""

    name = "tls"
    summary = "keys, certificates, chains and trust of a private authority"
    judged_by = "openssl's verdicts now and later, handshakes, issuing with them, and reading keys as other users"
    kinds = (
        Kind("key-mode", 1, tickets.key_mode, short=True),
        Kind("missing-intermediate", 1, tickets.missing_intermediate, short=True),
        Kind("renew", 2, tickets.renew),
        Kind("new-certificate", 2, tickets.new_certificate),
        Kind("more-names", 2, tickets.more_names, held_out=True),
        Kind("server-only", 3, tickets.server_only),
        Kind("constrained", 3, tickets.constrained, held_out=True),
        Kind("old-chain", 4, hard_tickets.old_chain),
        Kind("right-key", 4, hard_tickets.right_key),
        Kind("mutual", 5, hosts.mutual),
        Kind("new-root", 5, hosts.new_root),
    )
    cheats = cheats.CHEATS

    def judge(self, plan: Mapping[str, Any], claims: Claims, seen: Any, before: Any, token: str) -> list[Component]:
        """One component for each trial, and one for each file that must stay."""
        components = []
        for check, trial, seen_ in zip(plan["checks"], plan["probe"]["trials"], seen, strict=True):
            judged = goal if check["goal"] else rule
            evidence = f"{trial['do']}: {seen_['said'] or seen_['found']}"
            found = seen_["found"]
            components.append(judged(check["name"], _is_right(check, found), evidence))
        for path, text in plan["vendor"].items():
            same = claims.contents.get(path) == text.encode()
            evidence = "unchanged" if same else "changed or missing"
            components.append(rule(f"{path} stays byte for byte", same, evidence))
        return components


def _is_right(check: Mapping[str, Any], found: Any) -> bool:
    """Whether what was found is one of what is wanted, unlike what is not, or all among what may be."""
    if "unlike" in check:
        return found not in (None, check["unlike"])
    if "among" in check:
        return found is not None and set(found) <= set(check["among"])
    return found in check["want"]


FAMILY = Tls()
