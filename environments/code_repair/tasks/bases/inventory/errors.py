"""Why a catalog or a movement is not accepted."""


class CatalogError(ValueError):
    """A catalog that makes no sense."""


class Rejected(Exception):
    """A movement that cannot be made.

    Attributes:
        reason: why not.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class OutOfStock(Rejected):
    """More pieces are asked for than are free."""

    def __init__(self, sku: str, free: int) -> None:
        super().__init__(f"only {free} of {sku} free")
