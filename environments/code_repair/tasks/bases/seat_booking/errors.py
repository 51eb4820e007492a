"""Why a hall or a request is not accepted."""


class HallError(ValueError):
    """A hall that makes no sense."""


class Refused(Exception):
    """A request that cannot be fulfilled; its text tells why."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
