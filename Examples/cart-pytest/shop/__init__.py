"""Prices a shopping cart."""

from shop.cart import Cart
from shop.catalog import Catalog, Product

__all__ = ["Cart", "Catalog", "Product"]
