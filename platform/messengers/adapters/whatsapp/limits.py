"""How many people a day a number may write to first, in the words that Meta has for it."""

UNLIMITED = -1
_THOUSANDS = {"K": 1000}


def daily(told: str | int) -> int:
    """Return how many people a day may be written to first: `TIER_2K` is 2000, -1 is no limit, 0 not known."""
    words = str(told).strip().upper().removeprefix("TIER_")
    if words in ("UNLIMITED", "-1"):
        return UNLIMITED
    factor = 1
    if words[-1:] in _THOUSANDS:
        factor, words = _THOUSANDS[words[-1]], words[:-1]
    return int(words) * factor if words.isascii() and words.isdecimal() and len(words) < 10 else 0
