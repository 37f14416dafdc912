import pytest

from shop import Cart, Catalog, Product


@pytest.fixture
def cart():
    catalog = Catalog(
        [
            Product("B1", "bolt", cents=20, grams=5),
            Product("H1", "hammer", cents=1850, grams=700),
            Product("S1", "saw", cents=2400, grams=450),
        ]
    )
    return Cart(catalog)
