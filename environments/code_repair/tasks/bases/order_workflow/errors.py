"""What can go wrong with an order."""


class OrderError(Exception):
    """An order cannot do what it was told to."""


class WrongState(OrderError):
    """An action that the state of the order does not allow."""

    def __init__(self, action: str, state: str) -> None:
        super().__init__(f"cannot {action} when {state}")
        self.state = state


class WrongAmount(OrderError):
    """A quantity or an amount of money that does not fit."""
