"""One file per group of transactions; importing this package registers them all."""

from yibao.interfaces.gateway.handlers import (
    counter,
    downloads,
    fees,
    files,
    looking_up,
    settling,
    stock,
    stock_queries,
    visiting,
)

__all__ = [
    "counter",
    "downloads",
    "fees",
    "files",
    "looking_up",
    "settling",
    "stock",
    "stock_queries",
    "visiting",
]
