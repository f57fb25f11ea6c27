"""Django's `migrate`, run as the owner of the database; it makes the app's role first."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.core.management.commands import migrate

from config.app_role import SameRoleError, ensure_app_role


class Command(migrate.Command):
    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database="owner")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            ensure_app_role()
        except SameRoleError as error:
            raise CommandError(str(error)) from error
        super().handle(*args, **options)
