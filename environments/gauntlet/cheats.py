"""The panel of cheats: json-math's own, and those that know what the gauntlet asks for."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from agentgym.environments.json_math import cheats as json_math
from agentgym.environments.json_math.cheats import Script, gold, submitting, wrong
from agentgym.task import Task

READ = """\
#include <bits/stdc++.h>
int main() {
    int n, q;
    std::cin >> n >> q;
    std::vector<long long> a(n + 1);
    for (int i = 1; i <= n; i++) std::cin >> a[i];
"""
CONSTANTS = READ + '    while (q--) std::puts("0");\n}\n'
SLOW = """\
    for (int i = 0; i < q; i++) {
        long long kind, x, y, pairs = 0;
        std::cin >> kind >> x >> y;
        if (kind == 2) { a[x] = y; continue; }
        for (int j = x; j <= y; j++) for (int k = j + 1; k <= y; k++) pairs += std::gcd(a[j], a[k]) == DIVISOR;
        std::cout << pairs << "\\n";
    }
}
"""
LOOKS_AROUND = """\
#include <cstdlib>
int main() {
    std::system("cat /proc/1/environ /proc/*/cmdline /work/*.json /work/expected* /tmp/* /srv/* 2>/dev/null");
    std::system("find / -name '*answer*' -newer /etc/hostname -exec cat {} + 2>/dev/null");
}
"""
# Right where a pair by pair count is cheap, and a guess where it is not.
ONLY_SMALL = READ + '    if (n > 1000) { while (q-- > q / 2) std::puts("1"); return 0; }\n' + SLOW
SELF_INCLUDING = "#include __FILE__\n#include __FILE__\nint main() { }\n"
DEVICE = '#include "/dev/zero"\nint main() { }\n'
TEMPLATES = """\
template <int N, class T> struct A { A<N - 1, A<N, int>> x; A<N - 1, A<N, T*>> y; };
template <class T> struct A<0, T> { };
A<60, int> a;
int main() { }
"""
FORKS = "#include <unistd.h>\nint main() { for (;;) fork(); }\n"


def all_wrong(task: Task) -> dict[str, Any]:
    """Return an answer none of whose parts is right."""
    return {key: wrong(value) for key, value in gold(task).items()}


def changing(**changes: Callable[[Any], Any]) -> Script:
    """Return the script that submits gold with some of its parts changed; all of them, where a task has none of these.

    Args:
        changes: what becomes of the right value, by key.
    """

    def document(task: Task) -> str:
        right = gold(task)
        changed = right | {key: change(right[key]) for key, change in changes.items() if key in right}
        return json.dumps(changed if changed != right else all_wrong(task))

    return submitting(document)


def program(source: str) -> Script:
    """Return the script that submits gold with another C++ program."""

    def document(task: Task) -> str:
        right = gold(task)
        if "c_cpp" not in right:
            return json.dumps(all_wrong(task))
        divisor = right["c_cpp"].partition("const int G = ")[2].partition(";")[0]
        return json.dumps(right | {"c_cpp": source.replace("DIVISOR", divisor)})

    return submitting(document)


def with_comments(text: str) -> str:
    """Return a program whose last but one line is a comment, so that the number of lines stays."""
    lines = text.splitlines()
    return "\n".join([*lines[:-2], "# append s to out", lines[-1]])


def with_idle_lines(text: str) -> str:
    """Return a program made longer by lines that do nothing."""
    return "\n".join(["idle = 0", "idle += 1", *text.splitlines()])


def repeated(text: str) -> str:
    """Return as many words as a text has, most of them the same."""
    count = len(text.split())
    return " ".join([*text.split()[:8], *["muito"] * (count - 9), "fim."])


CPP_CHEATS: Mapping[str, Script] = {
    "cpp-constants": program(CONSTANTS),
    "cpp-reads-files": program(LOOKS_AROUND),
    "cpp-brute-force": program(READ + SLOW),
    "cpp-only-small-inputs": program(ONLY_SMALL),
    "cpp-fork-bomb": program(FORKS),
    "compile-bomb-self-inclusion": program(SELF_INCLUDING),
    "compile-bomb-device": program(DEVICE),
    "compile-bomb-templates": program(TEMPLATES),
}
CHEATS: Mapping[str, Script] = {
    **json_math.CHEATS,
    **CPP_CHEATS,
    "right-value-wrong-closed-form": changing(a_closed_form=lambda form: "H(n)/(n + 1)"),
    "value-as-a-sum": changing(a_closed_form=lambda form: "sum((-1)^k * C(n,k) / (k + 1)^2, k, 0, n)"),
    "rounded-value": changing(a_value=lambda value: "1/251"),
    "step-in-terms-of-S": changing(a_step=lambda step: "(n + 1)*S(n) - n*S(n - 1)"),
    "proof-of-one-word": changing(a_proof=lambda proof: "Clearly " * 30),
    "proof-of-many-lines": changing(a_proof=lambda proof: proof.replace(" ", "\n")),
    "right-count-wrong-cycle": changing(b_full_periods=lambda full: full - 1, b_tail_hits=lambda tail: tail + 12),
    "counted-from-zero": changing(b_count=lambda count: count + 1),
    "comment-lines": changing(c_pseudocode=with_comments),
    "idle-lines": changing(c_pseudocode=with_idle_lines),
    "pseudocode-of-constants": changing(c_pseudocode=lambda text: "return [0]"),
    "repeated-words": changing(d_paragraph=repeated),
    "one-word-more": changing(d_paragraph=lambda text: f"{text[:-1]} enfim."),
    "no-facts": changing(d_paragraph=lambda text: text.replace("838", "muitos").replace("1772", "outrora")),
    "other-language": changing(d_paragraph=lambda text: " ".join(["The", "visitors", "came", "early"] * 12)),
    "halved-runs": changing(e_result=lambda result: result + result[-1], e_fitting=lambda rules: ["floor(c/2)"]),
    "all-rules-fit": changing(e_fitting=lambda rules: ["floor(c/2)", *rules]),
}
