"""The permission bits of a file in a small archive format."""

NAMES = ("read", "write", "execute", "append", "hidden")
ALL = (1 << len(NAMES)) - 1


class UnknownFlag(ValueError):
    """A flag that the format does not have; `name` is what was asked for."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no flag {name!r}")
        self.name = name


def mask(text: str) -> int:
    """Return the bits of flags that are separated by `|`, such as `read | hidden`.

    Spaces around a name and its case do not matter. `all` stands for every flag, and blank text for none.

    Raises:
        UnknownFlag: a name is neither a flag nor `all`.
    """
    bits = 0
    for part in text.split("|") if text.strip() else []:
        name = part.strip().lower()
        if name == "all":
            bits |= ALL
        elif name in NAMES:
            bits |= 1 << NAMES.index(name)
        else:
            raise UnknownFlag(name)
    return bits


def describe(bits: int) -> str:
    """Return the names of the bits that are set, lowest first, joined by `|`; text that `mask` reads.

    Bits above those of the flags follow in one hexadecimal number, such as `read|0x40`. No bits are empty text.

    Raises:
        ValueError: the bits are negative.
    """
    if bits < 0:
        raise ValueError("bits cannot be negative")
    parts = [name for position, name in enumerate(NAMES) if bits >> position & 1]
    foreign = bits & ~ALL
    return "|".join([*parts, hex(foreign)] if foreign else parts)


def change(bits: int, changes: str) -> int:
    """Return the bits after changes that are separated by commas and made from left to right.

    Each is a sign and flags as for `mask`: `+` sets, `-` clears, `~` inverts them, `=` sets them and clears the others.
    Bits above those of the flags always stay as they are.

    Raises:
        UnknownFlag: a flag is not known.
        ValueError: a change does not begin with one of the four signs.
    """
    for step in changes.split(","):
        sign, flags = step.strip()[:1], mask(step.strip()[1:])
        if sign == "+":
            bits |= flags
        elif sign == "-":
            bits &= ~flags
        elif sign == "~":
            bits ^= flags
        elif sign == "=":
            bits = bits & ~ALL | flags
        else:
            raise ValueError(f"not a change: {step!r}")
    return bits
