"""However a number is written, and whatever WhatsApp calls its owner: he is one person."""

import pytest

from messengers import registry

WHATSAPP = registry.messenger("whatsapp")


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("+7 (916) 123-45-67", "79161234567"),
        ("8 916 123 45 67", "79161234567"),
        ("0079161234567", "79161234567"),
        ("551187654321", "5511987654321"),
        ("5511987654321", "5511987654321"),
        ("551133334444", "551133334444"),  # a telephone with a wire
        ("5215512345678", "525512345678"),
        ("525512345678", "525512345678"),
        ("+54 9 11 2345-6789", "5491123456789"),
        ("+54 9 11 15 2345-6789", "5491123456789"),
        ("+54 11 15 2345-6789", "5491123456789"),
        ("5491115234567", "5491115234567"),
        ("84912345678", "84912345678"),  # of Vietnam: as long as a Russian one, and begins with 8
        ("85212345678", "85212345678"),
        ("BR.13491208655302741918", "BR.13491208655302741918"),
        (" someone ", "someone"),
    ],
)
def test_numbers_have_one_form(written: str, kept: str) -> None:
    assert WHATSAPP.normalise(written) == kept
    assert WHATSAPP.normalise(kept) == kept
