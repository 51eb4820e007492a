"""What can be wrong with a query."""


class QueryError(ValueError):
    """A query that cannot be read."""
