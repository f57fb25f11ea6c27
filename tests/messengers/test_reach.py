"""No name and no spelling of an address leads into our own network."""

import socket
from contextlib import nullcontext

import pytest

from messengers.transports.reach import NotReachableError, reach


@pytest.mark.parametrize(
    ("address", "is_open"),
    [
        *(("::1", False), ("::ffff:10.0.0.1", False), ("fd00::1", False), ("fe80::1%lo", False)),
        *(
            ("64:ff9b::7f00:1", False),
            ("2002:a00:1::", False),
            ("64:ff9b::5db8:d822", True),
            ("2002:5db8:d822::", True),
        ),
        *(("93.184.216.34", True), ("2606:2800:220:1::1", True)),
    ],
)
async def test_no_spelling_of_an_address_leads_inside(
    monkeypatch: pytest.MonkeyPatch, address: str, is_open: bool
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(0, 0, 0, "", (address, 25))])
    with nullcontext() if is_open else pytest.raises(NotReachableError):
        assert await reach("mail.example", 25, inside=False) == (address, 25)
