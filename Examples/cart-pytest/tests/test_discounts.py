import pytest

from shop.discounts import discounted, percent_off


@pytest.mark.parametrize("quantity, percent", [(1, 0), (9, 0), (49, 5), (99, 10), (500, 15)])
def test_discount_between_tiers(quantity, percent):
    assert percent_off(quantity) == percent


def test_each_tier_begins_at_its_minimum():
    assert [percent_off(quantity) for quantity in (10, 50, 100)] == [5, 10, 15]


def test_discount_is_rounded_to_cents():
    assert discounted(33, 11) == 345
