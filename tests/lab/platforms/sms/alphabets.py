"""The alphabets of SMS: GSM 03.38 in one septet an octet, and UCS-2."""

_ESCAPE = 0x1B
BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
DOUBLE = {
    0x0A: "\f", 0x14: "^", 0x28: "{", 0x29: "}", 0x2F: "\\", 0x3C: "[", 0x3D: "~", 0x3E: "]", 0x40: "|", 0x65: "€",
}  # fmt: skip
_OCTETS = {
    **{letter: bytes((at,)) for at, letter in enumerate(BASIC) if at != _ESCAPE},
    **{letter: bytes((_ESCAPE, at)) for at, letter in DOUBLE.items()},
}

GSM_CODING, LATIN1_CODING, UCS2_CODING = 0, 3, 8


def is_gsm(text: str) -> bool:
    """Say whether GSM's alphabet has all letters of a text."""
    return all(letter in _OCTETS for letter in text)


def decoded(octets: bytes, coding: int) -> str:
    """Return what a phone shows."""
    if coding == UCS2_CODING:
        return octets.decode("utf-16-be", "replace")
    return octets.decode("latin-1") if coding == LATIN1_CODING else _from_gsm(octets)


def pieces(text: str) -> list[tuple[bytes, int]]:
    """Return the octets and the data coding of each part that a phone makes of a text."""
    gsm = is_gsm(text)
    each = [_OCTETS[letter] if gsm else letter.encode("utf-16-be") for letter in text]
    coding, alone, joined = (GSM_CODING, 160, 153) if gsm else (UCS2_CODING, 140, 134)
    if sum(map(len, each)) <= alone:
        return [(b"".join(each), coding)]
    cut = [b""]
    for letter in each:
        if len(cut[-1]) + len(letter) > joined:
            cut.append(b"")
        cut[-1] += letter
    return [(part, coding) for part in cut]


def _from_gsm(octets: bytes) -> str:
    letters, escaped = [], False
    for octet in octets:
        if octet == _ESCAPE and not escaped:
            escaped = True
            continue
        basic = BASIC[octet] if octet < len(BASIC) else "?"
        letters.append(DOUBLE.get(octet, basic) if escaped else basic)
        escaped = False
    return "".join(letters)
