"""Reconciliation (对账): what institutions say they settled, held against what stands here; and monthly clearing (清算)."""
