"""What can be wrong with tables and joins."""


class TableError(ValueError):
    """A table that makes no sense."""


class JoinError(ValueError):
    """Tables that cannot be joined in this way."""
