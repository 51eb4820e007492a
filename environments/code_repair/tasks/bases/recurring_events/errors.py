"""What can be wrong with events."""


class EventError(ValueError):
    """An event that makes no sense."""

    def __init__(self, title: str, reason: str) -> None:
        super().__init__(f"{title}: {reason}")
