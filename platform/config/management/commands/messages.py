"""Bring the Russian catalogues up to date, say what is not translated, compile."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config import translations
from config.environment import ROOT


class Command(BaseCommand):
    help = "Update the Russian catalogues from the sources; list what is untranslated; compile them."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("apps", nargs="*", help="only these apps' catalogues (`shell` for the common parts)")
        parser.add_argument("--check", action="store_true", help="change nothing; fail on stale or missing ones")
        parser.add_argument("--compile", action="store_true", help="only compile")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["compile"]:
            self.stdout.write(f"compiled {translations.compile_all()} catalogues")
            return
        problems = []
        for source in translations.sources():
            if options["apps"] and source.app not in options["apps"]:
                continue
            catalogue = translations.updated(source)
            name = source.po.relative_to(ROOT)
            problems += [f"{name}: untranslated: {text!r}" for text in translations.untranslated(catalogue)]
            if not options["check"]:
                translations.save(source, catalogue)
            elif len(catalogue) and (
                not source.po.exists() or source.po.read_bytes() != translations.rendered(catalogue)
            ):
                problems.append(f"{name}: not up to date, run `manage.py messages`")
        if not options["check"]:
            translations.compile_all()
        for problem in problems:
            self.stderr.write(problem)
        if problems:
            message = f"{len(problems)} strings or catalogues need a translator."
            if options["check"]:
                raise CommandError(message)
            self.stderr.write(message)
