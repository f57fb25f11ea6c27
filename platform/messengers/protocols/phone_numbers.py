"""Phone numbers in the one form in which they are kept: digits of E.164. Short numbers and names stay as they are."""

import re

import phonenumbers

_NOISE = re.compile(r"[\s()\-.\u00a0]+")


def normalised(number: str) -> str:
    """Return the digits of a number, with the country's code; what is none is returned as it came."""
    bare = _NOISE.sub("", number)
    if bare.startswith("00"):
        bare = bare[2:]
    elif len(bare) == 11 and bare.startswith("89"):
        bare = f"7{bare[1:]}"  # as mobiles are written within Russia; no country has this code
    try:
        read = phonenumbers.parse(f"+{bare.lstrip('+')}", None)
    except phonenumbers.NumberParseException:
        return number.strip()
    if not phonenumbers.is_possible_number(read):
        return number.strip()
    return phonenumbers.format_number(read, phonenumbers.PhoneNumberFormat.E164).lstrip("+")


def is_phone(number: str) -> bool:
    """Say whether it can be written to."""
    return number.isascii() and number.isdecimal() and 7 <= len(number) <= 15
