"""How many parts an SMS takes, as providers count them to be paid."""

from lab.platforms.sms.alphabets import DOUBLE, is_gsm


def parts(text: str) -> int:
    """Return the number of parts."""
    if is_gsm(text):
        size, alone, joined = len(text) + sum(letter in DOUBLE.values() for letter in text), 160, 153
    else:
        size, alone, joined = len(text.encode("utf-16-le")) // 2, 70, 67
    return 1 if size <= alone else -(-size // joined)
