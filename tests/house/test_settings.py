"""Settings: each is documented, and a wrong one is named instead of being passed over."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from config import addresses
from config.environment import ROOT, setting_names

GOOD = {
    "PATH": os.environ.get("PATH", ""),
    "KASKAD_ENV_FILE": os.devnull,
    "KASKAD_SECRET_KEY": "x",
    "KASKAD_ENCRYPTION_KEYS": "MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA=",
}


def start(**settings: str) -> subprocess.CompletedProcess[str]:
    """Start a process of Kaskad with these settings; it only looks at one of them."""
    program = "from config.settings import env; print(env.kaskad_base_url, env.kaskad_log_level)"
    environment = {name: value for name, value in {**GOOD, **settings}.items() if value}
    return subprocess.run(
        [sys.executable, "-c", program], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_good_settings_start() -> None:
    started = start(KASKAD_PORT="8123", KASKAD_LOG_LEVEL="warning")
    assert started.stdout == "http://localhost:8123 warning\n", started.stderr


@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        ("KASKAD_LOG_LEVL", "info", "KASKAD_LOG_LEVL is not a setting. Did you mean KASKAD_LOG_LEVEL?"),
        ("KASKAD_LOG_LEVEL", "loud", "KASKAD_LOG_LEVEL must be 'debug', 'info', 'warning' or 'error'."),
        ("KASKAD_PORT", "http", "KASKAD_PORT must be a whole number."),
        ("KASKAD_PORT", "70000", "KASKAD_PORT must be 65535 or less."),
        ("KASKAD_DEBUG", "perhaps", "KASKAD_DEBUG must be true or false."),
        ("KASKAD_BASE_URL", "kaskad.example.com", "KASKAD_BASE_URL must begin with http: or https:."),
        ("KASKAD_EMAIL_URL", "imap://host", "KASKAD_EMAIL_URL must begin with console: or smtp: or smtps:."),
        ("DATABASE_URL", "mysql://localhost/kaskad", "DATABASE_URL must begin with postgresql: or postgres:."),
        ("DATABASE_URL", "postgresql://localhost", "DATABASE_URL must end with the name of a database"),
        ("REDIS_URL", "localhost:6379", "REDIS_URL must begin with redis: or rediss: or unix:."),
        ("KASKAD_ENCRYPTION_KEYS", "short", "KASKAD_ENCRYPTION_KEYS must be keys of 32 bytes in URL-safe base64"),
        ("KASKAD_CLAMD", "scanner:3310", "KASKAD_CLAMD must begin with tcp: or unix:."),
        ("KASKAD_S3_ENDPOINT", "storage.example.com", "KASKAD_S3_ENDPOINT must begin with http: or https:."),
        ("KASKAD_ENV_FILE", "/nowhere/.env", "KASKAD_ENV_FILE names /nowhere/.env, and there is no such file."),
    ],
)
def test_a_wrong_setting_is_named_without_a_traceback(setting: str, value: str, told: str) -> None:
    refused = start(**{setting: value})
    assert refused.returncode == 1
    assert told in refused.stderr
    assert "Traceback" not in refused.stderr


def test_every_wrong_setting_is_named_at_once(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("KASKAD_SING_UP=open\nKASKAD_SIGN_UP=everybody\n")
    refused = start(KASKAD_ENV_FILE=str(file), KASKAD_SECRET_KEY="", KASKAD_VAR=str(tmp_path))
    assert "KASKAD_SING_UP (in .env) is not a setting. Did you mean KASKAD_SIGN_UP?" in refused.stderr
    assert "KASKAD_SIGN_UP must be 'open' or 'invitation'." in refused.stderr
    assert "KASKAD_SECRET_KEY is not set. `make install` makes one" in refused.stderr


def test_a_secret_is_never_shown() -> None:
    assert "hunter2" not in start(KASKAD_ENCRYPTION_KEYS="hunter2").stderr


def test_the_example_documents_every_setting_and_no_other() -> None:
    documented = re.findall(r"^#?([A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert len(documented) == len(set(documented))
    assert set(documented) == setting_names()


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("console:", addresses.EmailServer("django.core.mail.backends.console.EmailBackend")),
        (
            "smtps://anna%40example.com:p%40ss@mail.example.com",
            addresses.EmailServer(
                "django.core.mail.backends.smtp.EmailBackend",
                host="mail.example.com",
                port=465,
                user="anna@example.com",
                password="p@ss",
                encrypted=True,
            ),
        ),
        (
            "smtp://mail.example.com",
            addresses.EmailServer(
                "django.core.mail.backends.smtp.EmailBackend", host="mail.example.com", port=587, starttls=True
            ),
        ),
        (
            "smtp://localhost:25?starttls=no",
            addresses.EmailServer("django.core.mail.backends.smtp.EmailBackend", host="localhost", port=25),
        ),
    ],
)
def test_email_addresses_are_read(url: str, server: addresses.EmailServer) -> None:
    assert addresses.email(url) == server


def test_a_database_behind_a_socket_or_with_options_is_read() -> None:
    local = addresses.database("postgresql://kaskad_app@/kaskad?host=/run/postgres")
    assert (local["USER"], local["NAME"], local["HOST"], local["PORT"]) == ("kaskad_app", "kaskad", "/run/postgres", "")
    remote = addresses.database("postgresql://app:p%2Fw@db:6432/kaskad?sslmode=require")
    assert (remote["PASSWORD"], remote["HOST"], remote["PORT"]) == ("p/w", "db", "6432")
    assert remote["OPTIONS"] == {"sslmode": "require"}
