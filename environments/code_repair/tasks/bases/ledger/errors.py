"""What can be wrong with a ledger."""


class LedgerError(ValueError):
    """An entry that cannot be posted.

    Attributes:
        line: the number of the entry, from 1.
    """

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line
