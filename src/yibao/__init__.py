"""yibao (医保): the open platform that runs public health insurance for a pooling region (统筹区)."""

__version__ = "0.1.0"
