"""What the shop sells."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Product:
    sku: str
    name: str
    cents: int
    grams: int


class UnknownProduct(KeyError):
    """Raised for a product number that is not in the catalog."""


class Catalog:
    def __init__(self, products):
        self._by_sku = {product.sku: product for product in products}

    def find(self, sku):
        if sku not in self._by_sku:
            raise UnknownProduct(sku)
        return self._by_sku[sku]

    def __len__(self):
        return len(self._by_sku)
