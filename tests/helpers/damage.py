"""Bytes with one fault."""


def every_flip_and_cut(content):
    """Yield bytes with each bit of them flipped, and cut off at each place."""
    for place in range(len(content)):
        yield content[:place]
        for bit in range(8):
            flipped = bytearray(content)
            flipped[place] ^= 1 << bit
            yield bytes(flipped)
