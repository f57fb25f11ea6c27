"""Fill an empty installation with the demo workspace."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config import demo


class Command(BaseCommand):
    help = "Fill an empty installation with the demo workspace, and print its login."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--origin", action="append", help="a site on which the demo's chat may stand")

    def handle(self, *args: Any, **options: Any) -> None:
        if not demo.is_wanted():
            raise CommandError("There are people or workspaces here already: the demo is for an empty installation.")
        made = demo.fill(options["origin"] or [])
        self.stdout.write(f"{made.email} / {made.password}; the site chat's key: {made.channel}")
