import pytest

from .invoice import write_invoice
from .lines import InvoiceError
from .terms import UnknownTerms, due_date

DAY = "2024-05-06"


def test_a_large_order_is_sent_free() -> None:
    answer = write_invoice({"issued": DAY, "lines": [{"quantity": 2, "price": "50.00"}]})
    assert answer == {"net": "100.00", "vat": {"standard": "19.00"}, "to_pay": "119.00", "due": "2024-05-20"}


def test_shipping_is_added_to_a_small_order() -> None:
    answer = write_invoice({"issued": DAY, "lines": [{"quantity": 1, "price": "5.10"}]})
    assert answer["net"] == "10.00"
    assert answer["to_pay"] == "11.90"


def test_fifty_is_enough_for_free_shipping() -> None:
    assert write_invoice({"issued": DAY, "lines": [{"quantity": 1, "price": "50"}]})["net"] == "50.00"
    assert write_invoice({"issued": DAY, "lines": [{"quantity": 1, "price": "49.99"}]})["net"] == "54.89"


def test_vat_by_rate() -> None:
    lines = [
        {"quantity": 1, "price": "40.00", "rate": "reduced"},
        {"quantity": 1, "price": "60.00"},
        {"quantity": 3, "price": "10.00", "rate": "zero"},
    ]
    answer = write_invoice({"issued": DAY, "lines": lines})
    assert answer["vat"] == {"reduced": "2.80", "standard": "11.40"}
    assert answer["to_pay"] == "144.20"


def test_vat_is_rounded_once() -> None:
    lines = [{"quantity": 1, "price": "20.45", "rate": "reduced"}, {"quantity": 1, "price": "30.05", "rate": "reduced"}]
    assert write_invoice({"issued": DAY, "lines": lines})["vat"] == {"reduced": "3.54"}


def test_a_discount() -> None:
    lines = [{"quantity": 1, "price": "80.00", "discount": 25}]
    assert write_invoice({"issued": DAY, "lines": lines})["net"] == "60.00"


def test_many_pieces_are_cheaper() -> None:
    assert write_invoice({"issued": DAY, "lines": [{"quantity": 10, "price": "10.00"}]})["net"] == "95.00"
    assert write_invoice({"issued": DAY, "lines": [{"quantity": 9, "price": "10.00"}]})["net"] == "90.00"


def test_the_larger_discount_counts() -> None:
    lines = [{"quantity": 20, "price": "10.00", "discount": 8}]
    assert write_invoice({"issued": DAY, "lines": lines})["net"] == "184.00"


def test_a_voucher_pays_at_most_everything() -> None:
    lines = [{"quantity": 1, "price": "100.00", "rate": "zero"}]
    assert write_invoice({"issued": DAY, "lines": lines, "voucher": "30.00"})["to_pay"] == "70.00"
    assert write_invoice({"issued": DAY, "lines": lines, "voucher": "300.00"})["to_pay"] == "0.00"


def test_nothing_costs_nothing() -> None:
    answer = write_invoice({"issued": DAY, "lines": [], "terms": "at once"})
    assert answer == {"net": "0.00", "vat": {}, "to_pay": "0.00", "due": DAY}


def test_lines_that_are_wrong() -> None:
    for wrong in ({"quantity": 0}, {"price": "-1.00"}, {"price": "ten"}, {"discount": 101}, {"rate": "none"}):
        with pytest.raises(InvoiceError):
            write_invoice({"issued": DAY, "lines": [{"quantity": 1, "price": "1.00", **wrong}]})


def test_days_of_payment() -> None:
    assert due_date("2024-05-06", "net 30") == "2024-06-05"
    assert due_date("2024-04-06", "end of month") == "2024-04-30"


def test_nothing_is_due_at_a_weekend() -> None:
    assert due_date("2024-05-11", "at once") == "2024-05-13"
    assert due_date("2024-06-05", "end of month") == "2024-07-01"


def test_terms_that_nobody_knows() -> None:
    with pytest.raises(UnknownTerms):
        due_date("2024-05-06", "net")
