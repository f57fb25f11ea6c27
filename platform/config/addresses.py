"""Addresses of outside servers, as given in the settings, read into what Django and Celery want."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


def database(url: str) -> dict[str, Any]:
    """Return Django's description of a PostgreSQL database."""
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", None) or parts.hostname or "",
        "PORT": options.pop("port", None) or str(parts.port or ""),
        "OPTIONS": options,
        "CONN_MAX_AGE": 0,
        "ATOMIC_REQUESTS": False,
    }


def broker(url: str) -> str:
    """Return Celery's word for the same Valkey: it names sockets differently."""
    return url.replace("unix://", "redis+socket://", 1)


@dataclass(frozen=True, slots=True)
class EmailServer:
    """Where e-mail is handed over, and how."""

    backend: str
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = ""
    encrypted: bool = False  # from the first byte
    starttls: bool = False


def email(url: str) -> EmailServer:
    """Return the server of a KASKAD_EMAIL_URL.

    `smtps:` is encrypted from the first byte; `smtp:` turns to encryption (STARTTLS) unless `?starttls=no` is said.
    """
    parts = urlsplit(url)
    if parts.scheme == "console":
        return EmailServer("django.core.mail.backends.console.EmailBackend")
    encrypted = parts.scheme == "smtps"
    return EmailServer(
        "django.core.mail.backends.smtp.EmailBackend",
        host=parts.hostname or "localhost",
        port=parts.port or (465 if encrypted else 587),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        encrypted=encrypted,
        starttls=not encrypted and dict(parse_qsl(parts.query)).get("starttls") != "no",
    )
