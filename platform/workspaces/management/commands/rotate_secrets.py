"""Encrypts every stored secret with the newest of KASKAD_ENCRYPTION_KEYS; after it the older keys may be removed."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from workspaces.rotation import rotate


class Command(BaseCommand):
    help = (
        "Encrypt every stored secret with the newest key. Put the new key first in KASKAD_ENCRYPTION_KEYS, restart "
        "Kaskad, run this, then remove the old key. It may be stopped and run again."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        done = rotate()
        self.stdout.write(f"Encrypted anew: {done.renewed}.")
        if done.unreadable:
            rows = "\n".join(f"  {row}" for row in done.unreadable)
            raise CommandError(f"No key fits these, they were left as they are:\n{rows}\nKeep every key you have.")
