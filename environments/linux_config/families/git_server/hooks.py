"""Right hooks, as gold writes them."""

from __future__ import annotations

_EACH = """\
#!/bin/sh
while read -r old new ref; do
    case "$new" in *[!0]*) ;; *) continue ;; esac
{body}
done
exit 0
"""


def message_rule(key: str) -> str:
    """Return a hook that refuses new commits whose subject does not begin with the key, a number and a colon."""
    return _EACH.format(
        body=(
            '    for commit in $(git rev-list "$new" --not --all); do\n'
            f"        git log -1 --format=%s \"$commit\" | grep -Eq '^{key}-[0-9]+: ' && continue\n"
            f'        echo "$commit does not begin with {key}-NUMBER" >&2\n'
            "        exit 1\n    done"
        )
    )


def size_rule(limit: int) -> str:
    """Return a hook that refuses new files larger than a number of bytes."""
    return _EACH.format(
        body=(
            '    git rev-list --objects "$new" --not --all |\n'
            "        git cat-file --batch-check='%(objecttype) %(objectsize) %(rest)' |\n"
            f'        awk \'$1 == "blob" && $2 > {limit} {{ print "too large: " $0; bad = 1 }} END {{ exit bad }}\' '
            f">&2 ||\n"
            "        exit 1"
        )
    )


def protected(leads: str, patterns: str) -> str:
    """Return a hook that lets only a group change the refs of a shell pattern."""
    return (
        f"#!/bin/sh\nid -nG | tr ' ' '\\n' | grep -qx '{leads}' && exit 0\nwhile read -r old new ref; do\n"
        f'    case "$ref" in\n        {patterns}) echo "$ref is for {leads}" >&2; exit 1 ;;\n    esac\ndone\nexit 0\n'
    )


def fixed_tags() -> str:
    """Return a hook that refuses to move or delete tags, and tags that are no versions."""
    return (
        '#!/bin/sh\nwhile read -r old new ref; do\n    case "$ref" in refs/tags/*) ;; *) continue ;; esac\n'
        '    case "$old" in *[!0]*) echo "$ref stays" >&2; exit 1 ;; esac\n'
        "    echo \"$ref\" | grep -Eq '^refs/tags/v[0-9]+\\.[0-9]+\\.[0-9]+$' || "
        '{ echo "$ref is no version" >&2; exit 1; }\n'
        "done\nexit 0\n"
    )


def copied(mirror: str) -> str:
    """Return a hook that does to another repository what was done to this one."""
    return _EACH.replace('    case "$new" in *[!0]*) ;; *) continue ;; esac\n', "").format(
        body=(
            f'    case "$new" in\n        *[!0]*) git push -q --force {mirror} "$new:$ref" ;;\n'
            f'        *) git push -q {mirror} ":$ref" ;;\n    esac'
        )
    )
