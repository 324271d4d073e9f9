"""Settlements and reversals, the trace of each, and the yearly accumulators of each person."""
