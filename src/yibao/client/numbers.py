"""What a number may be in a message: exact always, so never a float."""

from decimal import Decimal

Number = int | str | Decimal
"""A number of the interface (数值型): yuan with two decimals, quantities with four, unit prices with six."""
