"""The customers of a shop."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Customer:
    """A customer.

    Attributes:
        name: of its own.
        arrives: when, at least 0.
        service: how long a clerk is needed, at least 1.
        patience: how long the customer waits for a clerk at most, at least 0; None: as long as it takes.
        vip: whether the customer is served before those who are not.
    """

    name: str
    arrives: int
    service: int
    patience: int | None = None
    vip: bool = False


def read_customers(records: list[dict[str, Any]]) -> list[Customer]:
    """Return the customers, in order.

    Args:
        records: the attributes of each; `patience` and `vip` may be missing.

    Raises:
        ValueError: an attribute is missing, too low or not known, or two customers share a name.
    """
    try:
        customers = [Customer(**record) for record in records]
    except TypeError as error:
        raise ValueError("a customer has an attribute too few or too many") from error
    for customer in customers:
        if customer.arrives < 0 or customer.service < 1 or (customer.patience or 0) < 0:
            raise ValueError(f"a number of {customer.name} is too low")
    if len({customer.name for customer in customers}) < len(customers):
        raise ValueError("two customers share a name")
    return customers
