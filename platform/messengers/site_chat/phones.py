"""A phone number as people type it. Called by the site chat's door."""

import phonenumbers


class PhoneError(ValueError):
    """What was typed is not a number that can be dialled."""


def normalise_phone(typed: str, country: str = "RU") -> str:
    """Return the number in E.164; without a country code it is one of `country`."""
    try:
        number = phonenumbers.parse(typed, country)
    except phonenumbers.NumberParseException as error:
        raise PhoneError from error
    if not phonenumbers.is_possible_number(number):
        raise PhoneError
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
