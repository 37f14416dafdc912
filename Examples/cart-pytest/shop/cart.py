"""The cart: which products, how many, and what it all costs."""

from shop.discounts import discounted
from shop.money import format_cents
from shop.shipping import shipping_cents


class Cart:
    def __init__(self, catalog):
        self._catalog = catalog
        self._quantities = {}

    def add(self, sku, quantity=1):
        if quantity < 1:
            raise ValueError("quantity must be at least 1")
        self._catalog.find(sku)
        self._quantities[sku] = self._quantities.get(sku, 0) + quantity

    def remove(self, sku):
        self._quantities.pop(sku, None)

    def goods_cents(self):
        """The price of all products after discounts, without shipping."""
        return sum(
            discounted(self._catalog.find(sku).cents, quantity)
            for sku, quantity in self._quantities.items()
        )

    def grams(self):
        return sum(
            self._catalog.find(sku).grams * quantity
            for sku, quantity in self._quantities.items()
        )

    def total_cents(self):
        goods = self.goods_cents()
        return goods + shipping_cents(self.grams(), goods)

    def receipt(self):
        """One line a product, then the total."""
        lines = []
        for sku, quantity in sorted(self._quantities.items()):
            product = self._catalog.find(sku)
            price = format_cents(discounted(product.cents, quantity))
            lines.append(f"{quantity} x {product.name}: {price}")
        lines.append(f"total: {format_cents(self.total_cents())}")
        return "\n".join(lines)
