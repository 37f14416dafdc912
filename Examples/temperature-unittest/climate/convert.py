"""Conversions and differences of temperatures."""


def fahrenheit(celsius):
    return celsius * 9 / 5 + 32


def change(start, end):
    """How much warmer it is at the end than at the start."""
    return end - start
