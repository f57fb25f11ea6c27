"""Who a visitor is: a signed word that his browser keeps, and signed tickets for the files he has uploaded.

A token is good for one channel alone. It does not expire, since history must still be there next year; a new
KASKAD_SECRET_KEY ends all of them: those visitors begin anew.
"""

import secrets

from django.core.signing import BadSignature, Signer

_VISITOR = "messengers.site_chat.visitor"
_UPLOAD = "messengers.site_chat.upload"


class ForgedTokenError(Exception):
    """The word was not signed by us, or for something else."""


def new_visitor() -> str:
    """Make up an id for a person who has never been here."""
    return f"v_{secrets.token_urlsafe(18)}"


def issue_token(channel_key: str, visitor: str) -> str:
    """Return the visitor's token for this channel."""
    return Signer(salt=_VISITOR, sep=".").sign(f"{channel_key}.{visitor}")


def read_token(channel_key: str, token: str) -> str:
    """Return the visitor's id; ForgedTokenError when the token is not of this channel."""
    return _read(_VISITOR, channel_key, token)


def issue_ticket(visitor: str, media_id: int) -> str:
    """Return the word by which this visitor, and no other, can send the file that he has uploaded."""
    return Signer(salt=_UPLOAD, sep=".").sign(f"{visitor}.{media_id}")


def read_ticket(visitor: str, ticket: str) -> int:
    """Return the file's id; ForgedTokenError when somebody else uploaded it."""
    return int(_read(_UPLOAD, visitor, ticket))


def _read(salt: str, owner: str, signed: str) -> str:
    try:
        value = Signer(salt=salt, sep=".").unsign(signed)
    except BadSignature as error:
        raise ForgedTokenError from error
    named, _, rest = value.partition(".")
    if named != owner or not rest:
        raise ForgedTokenError
    return rest
