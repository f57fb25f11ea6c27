"""Reads the letters that Kaskad has sent."""

import re

from django.core import mail


def link(letter: int = -1) -> str:
    """Return the address in a letter, without the host."""
    found = re.search(r"http://testserver(/(?:accounts|invitations)/\S+)", str(mail.outbox[letter].body))
    assert found, mail.outbox[letter].body
    return found[1]
