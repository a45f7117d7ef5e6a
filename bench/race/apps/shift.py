"""What the header edit changes."""


def shift():
    SHIFT = 0
    return SHIFT
