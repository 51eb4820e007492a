"""An order from its draft to its end."""

from .errors import OrderError, WrongAmount
from .pricing import goods_price, shipping_price
from .states import CANCELLED, DRAFT, PLACED, next_state


class Order:
    """An order of some items.

    Attributes:
        state: one of those in `states`.
        lines: quantities by item; none is 0.
        paid: what was paid and not refunded, in cents.
        history: the states in order, each once for every time it was entered from another one.
    """

    def __init__(self, prices: dict[str, int]) -> None:
        self.state = DRAFT
        self.lines: dict[str, int] = {}
        self.paid = 0
        self.history = [DRAFT]
        self._prices = prices
        self._shipping = 0

    @property
    def total(self) -> int:
        """What the order costs as it is; shipping counts from when it is placed on."""
        return goods_price(self.lines, self._prices) + self._shipping

    def do(self, action: str, item: str = "", number: int = 0) -> None:
        """Do an action, or raise an error and leave all as it is.

        Raises:
            WrongState: the state does not allow the action.
            WrongAmount: a quantity or an amount is below 1 or too high.
            OrderError: there is no such item, or an empty order is placed.
        """
        state = next_state(self.state, action)
        if action in ("add", "remove", "return"):
            self._change(action, item, number)
        elif action == "place":
            self._place()
        elif action == "pay":
            state = self._pay(number, state)
        elif action == "reopen":
            self._shipping = 0
        self._enter(state)

    def _enter(self, state: str) -> None:
        if state != self.state:
            self.state = state
            self.history.append(state)
        if state in (CANCELLED, DRAFT):
            self.paid = 0

    def _change(self, action: str, item: str, quantity: int) -> None:
        if item not in self._prices:
            raise OrderError(f"there is no {item}")
        there = self.lines.get(item, 0)
        if quantity < 1 or (action != "add" and quantity > there):
            raise WrongAmount(f"cannot {action} {quantity} of {there}")
        self.lines[item] = there + quantity if action == "add" else there - quantity
        if self.lines[item] == 0:
            del self.lines[item]
        if action == "return":
            self.paid = min(self.paid, self.total)

    def _place(self) -> None:
        if not self.lines:
            raise OrderError("the order is empty")
        self._shipping = shipping_price(goods_price(self.lines, self._prices))

    def _pay(self, amount: int, state: str) -> str:
        if not 1 <= amount <= self.total - self.paid:
            raise WrongAmount(f"{amount} is not within what is open")
        self.paid += amount
        return next_state(PLACED, "settle") if self.paid == self.total else state
