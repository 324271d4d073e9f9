"""One file per group of transactions; importing this package registers them all."""

from yibao.interfaces.gateway.handlers import (
    clinical,
    counter,
    downloads,
    fees,
    files,
    filing,
    looking_up,
    reconciling,
    selling,
    looking_up_filings,
    settlement_lists,
    settling,
    stock,
    stock_queries,
    visiting,
)

__all__ = [
    "clinical",
    "counter",
    "downloads",
    "fees",
    "files",
    "filing",
    "looking_up",
    "reconciling",
    "selling",
    "looking_up_filings",
    "settlement_lists",
    "settling",
    "stock",
    "stock_queries",
    "visiting",
]
