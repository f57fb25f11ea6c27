"""Secrets at rest: a JSON object encrypted with the installation's keys (MultiFernet), newest key first."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models
from django.db.models.query_utils import DeferredAttribute

if TYPE_CHECKING:
    _TextField = models.TextField[Any, Any]
else:
    _TextField = models.TextField

_DOTS = "••••"
_SHOWN = 4  # of the last letters: enough to tell two keys apart


@lru_cache(maxsize=4)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def cipher() -> MultiFernet:
    """Return the cipher of the configured keys."""
    return _cipher(tuple(settings.SECRET_KEYS))


def masked(secret: str) -> str:
    """Return what may be shown of a secret after it was shown once: dots, and the end of one that is long enough."""
    return _DOTS + (secret[-_SHOWN:] if len(secret) >= 2 * _SHOWN else "")


class SecretsUnreadableError(Exception):
    """The row was encrypted with a key that the installation no longer has."""


class Secrets(dict[str, Any]):
    """Decrypted secrets, masked wherever they are printed: in logs, error reports, shells."""

    def __repr__(self) -> str:
        return f"Secrets({', '.join(f'{name}={masked(str(value))}' for name, value in self.items())})"

    __str__ = __repr__


class _SecretsAttribute(DeferredAttribute):
    """Keeps whatever a row is given as Secrets, so that it is masked before it was ever saved."""

    def __set__(self, instance: models.Model, value: Mapping[str, Any] | None) -> None:
        instance.__dict__[self.field.attname] = Secrets(value or {})


class EncryptedJSONField(_TextField):
    """A JSON object that is ciphertext in the database. It cannot be filtered on, and prints masked."""

    descriptor_class = _SecretsAttribute

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Secrets:
        """Decrypt; SecretsUnreadableError when no key fits."""
        if not value:
            return Secrets()
        try:
            return Secrets(json.loads(cipher().decrypt(value.encode())))
        except InvalidToken as error:
            raise SecretsUnreadableError from error

    def get_prep_value(self, value: Mapping[str, Any] | None) -> str:
        """Encrypt."""
        if not value:
            return ""
        return cipher().encrypt(json.dumps(dict(value)).encode()).decode()

    def to_python(self, value: Any) -> Any:
        """Pass dictionaries through."""
        return value or {}

    def get_lookup(self, lookup_name: str) -> None:
        """Refuse: the same secret is another ciphertext each time, so nothing would ever be found."""


def is_outdated(ciphertext: str) -> bool:
    """Say whether a ciphertext was made with another key than the newest."""
    try:
        Fernet(settings.SECRET_KEYS[0]).decrypt(ciphertext.encode())
    except InvalidToken:
        return bool(ciphertext)
    return False


def reencrypted(ciphertext: str) -> str:
    """Return the ciphertext made anew with the newest key; SecretsUnreadableError when no key fits."""
    try:
        return cipher().rotate(ciphertext.encode()).decode()
    except InvalidToken as error:
        raise SecretsUnreadableError from error
