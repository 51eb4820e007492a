"""What can be wrong with options, and with how they are used."""


class DefinitionError(ValueError):
    """Options that make no sense."""


class UsageError(ValueError):
    """A command line that does not fit the options."""

    def __init__(self, option: str, reason: str) -> None:
        super().__init__(f"{option} {reason}")
