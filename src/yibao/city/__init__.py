"""The synthetic city (虚拟城市): people, institutions, a catalogue and visits, made from a seed and played through the gateway."""
