"""What can be wrong with a tournament."""


class TournamentError(ValueError):
    """Teams or results that make no sense."""


class ResultError(TournamentError):
    """A result that makes no sense."""

    def __init__(self, line: str, reason: str) -> None:
        super().__init__(f"{line!r}: {reason}")
