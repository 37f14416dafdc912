import pytest

from shop.catalog import UnknownProduct


def test_empty_cart_costs_nothing(cart):
    assert cart.total_cents() == 0


def test_same_product_is_added_up(cart):
    cart.add("S1")
    cart.add("S1", 2)
    assert cart.goods_cents() == 7200


def test_box_of_bolts_gets_its_discount(cart):
    cart.add("B1", 100)
    assert cart.goods_cents() == 1700


def test_removed_product_costs_nothing(cart):
    cart.add("H1")
    cart.remove("H1")
    assert cart.goods_cents() == 0


def test_unknown_product_is_refused(cart):
    with pytest.raises(UnknownProduct):
        cart.add("X9")


def test_quantity_below_one_is_refused(cart):
    with pytest.raises(ValueError):
        cart.add("B1", 0)


def test_receipt_lists_products_and_total(cart):
    cart.add("H1")
    cart.add("B1", 4)
    assert cart.receipt() == "4 x bolt: 0.80\n1 x hammer: 18.50\ntotal: 25.20"
