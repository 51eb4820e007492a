"""Names of the columns of joined tables."""

from collections.abc import Sequence

from .errors import JoinError

LEFT_SUFFIX = "_left"
RIGHT_SUFFIX = "_right"


def joined_names(left: Sequence[str], right: Sequence[str], keys: Sequence[str]) -> list[str]:
    """Return the names of all columns of the left table, then those of the right one.

    A name that both have gets a suffix that tells the table, unless it is a key on the left.

    Raises:
        JoinError: two columns would have the same name.
    """
    names = [name + LEFT_SUFFIX if name in right and name not in keys else name for name in left]
    names += [name + RIGHT_SUFFIX if name in left else name for name in right]
    for position, name in enumerate(names):
        if name in names[:position]:
            raise JoinError(f"two columns {name}")
    return names
