"""Goods on the shelves of institutions (进销存): movements and balances, and each pack by its drug trace code (药品追溯码)."""
