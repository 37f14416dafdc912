from shop.shipping import shipping_cents


def test_light_parcel():
    assert shipping_cents(500, 1000) == 390


def test_heavy_parcel_goes_by_freight():
    assert shipping_cents(10_001, 1000) == 2490


def test_large_order_ships_free():
    assert shipping_cents(3_000, 10_000) == 0
