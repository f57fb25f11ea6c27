"""How a text becomes short messages: its alphabet, how many parts it takes, and the octets of each. Pure.

The adapter of SMS counts, prices and sends with it, and reads with it what phones send.
"""

from collections.abc import Iterator
from dataclasses import dataclass

_ESCAPE = "\x1b"
# GSM 03.38: a letter's place in this row is its number.
_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Each of these goes as an escape and another letter's number, so it counts twice.
_EXTENSION = {
    "\f": 0x0A, "^": 0x14, "{": 0x28, "}": 0x29, "\\": 0x2F, "[": 0x3C, "~": 0x3D, "]": 0x3E, "|": 0x40, "€": 0x65,
}  # fmt: skip
_ESCAPE_NUMBER = _BASIC.index(_ESCAPE)
_NUMBERS = {letter: number for number, letter in enumerate(_BASIC) if letter != _ESCAPE}
_LETTERS = {number: letter for letter, number in _EXTENSION.items()}

GSM, UCS2 = "gsm", "ucs2"
ALONE = {GSM: 160, UCS2: 70}  # units in a message of one part
JOINED = {GSM: 153, UCS2: 67}  # and in each of several, where a header says which part it is


@dataclass(frozen=True, slots=True)
class Segments:
    """What a text takes: parts are what is paid for. `units` are septets or UTF-16 units, `left` what is still free."""

    parts: int
    alphabet: str
    units: int
    left: int


def segments(text: str) -> Segments:
    """Count a text before it is sent."""
    alphabet = alphabet_of(text)
    pieces = split(text)
    size = sum(_width(letter, alphabet) for letter in text)
    room = (ALONE if len(pieces) == 1 else JOINED)[alphabet]
    last = sum(_width(letter, alphabet) for letter in pieces[-1])
    return Segments(len(pieces), alphabet, size, room - last)


def alphabet_of(text: str) -> str:
    """Return the alphabet in which a text goes: one letter that GSM lacks makes all of it UCS-2."""
    return GSM if all(letter in _NUMBERS or letter in _EXTENSION for letter in text) else UCS2


def split(text: str, alphabet: str = "") -> list[str]:
    """Return the texts of the parts. No letter is cut in two."""
    alphabet = alphabet or alphabet_of(text)
    if sum(_width(letter, alphabet) for letter in text) <= ALONE[alphabet]:
        return [text]
    return list(_cut(text, alphabet))


def encode(text: str, alphabet: str) -> bytes:
    """Return the octets of a part: in GSM one septet in each."""
    if alphabet == UCS2:
        return text.encode("utf-16-be", "replace")
    octets = bytearray()
    for letter in text:
        if letter in _EXTENSION:
            octets += bytes((_ESCAPE_NUMBER, _EXTENSION[letter]))
        else:
            octets.append(_NUMBERS[letter])
    return bytes(octets)


def decode_gsm(octets: bytes) -> str:
    """Read octets of one septet each. What follows an escape and is not known there is read as if there were none."""
    letters: list[str] = []
    escaped = False
    for octet in octets:
        number = octet & 0x7F
        if number == _ESCAPE_NUMBER and not escaped:
            escaped = True
            continue
        letters.append(_LETTERS.get(number, _BASIC[number]) if escaped else _BASIC[number])
        escaped = False
    return "".join(letters).replace(_ESCAPE, " ")


def _cut(text: str, alphabet: str) -> Iterator[str]:
    room, start, used = JOINED[alphabet], 0, 0
    for place, letter in enumerate(text):
        width = _width(letter, alphabet)
        if used + width > room:
            yield text[start:place]
            start, used = place, 0
        used += width
    yield text[start:]


def _width(letter: str, alphabet: str) -> int:
    if alphabet == GSM:
        return 2 if letter in _EXTENSION else 1
    return 2 if ord(letter) > 0xFFFF else 1
