"""One form of a number for one person: what WhatsApp calls him, what a list says and what was typed often differ."""

import re

# How a number may be written, and how it is kept. WhatsApp delivers to the latter, whatever it calls the person.
FORMS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"89(\d{9})"), r"79\1"),  # as mobile numbers are written within Russia
    (re.compile(r"55(\d\d)([6-9]\d{7})"), r"55\g<1>9\2"),  # Brazil's mobile numbers before they had a ninth digit
    (re.compile(r"521(\d{10})"), r"52\1"),  # Mexico's had a 1 until 2019
    (re.compile(r"549?(\d{2,4})15(\d{6,8})"), r"549\1\2"),  # Argentina's, dialled there with 15 instead of 9
)
_ARGENTINE = 13  # digits of a whole mobile number
_NOISE = re.compile("[+\\-() .\u00a0]")


def normalised(told: str) -> str:
    """Return a phone's digits in the form in which they are kept; an id that is no phone stays as it is."""
    digits = _NOISE.sub("", told)
    if not (digits.isascii() and digits.isdecimal()):
        return told.strip()
    digits = digits.removeprefix("00")
    for written, kept in FORMS:
        if written.fullmatch(digits):
            made = written.sub(kept, digits)
            return made if not made.startswith("549") or len(made) == _ARGENTINE else digits
    return digits
