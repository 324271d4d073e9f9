"""The messages of the interface as types, one module per group."""
