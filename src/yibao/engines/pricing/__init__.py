"""Prices: how one fee line is split by its class, its ceiling price and its self-pay-first ratio."""

from yibao.engines.pricing.lines import InconsistentAmountError, LineSplit, line_amount_fen, split_line

__all__ = ["InconsistentAmountError", "LineSplit", "line_amount_fen", "split_line"]
