"""Chance (随机数): one seed, one independent stream for every part of the city, so that parts never disturb each other."""

import zlib

import numpy as np


def stream(seed: int, part: str, number: int = 0) -> np.random.Generator:
    """The generator of a part of the city, such as 'people', and of one member of it, such as person 17's visits."""
    key = (zlib.crc32(part.encode()), number)
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=key)))
