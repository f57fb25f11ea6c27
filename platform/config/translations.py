"""The Russian catalogues: found strings, what is not yet translated, compiled files. Called by `manage.py messages`.

Sources speak English; each app keeps its Russian in its own `locale/`. GNU gettext is not needed: Babel extracts and
compiles, and Django's own `templatize` makes templates readable for it.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from config.environment import ROOT

LANGUAGE = "ru"
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "msgid": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
_STRING = r"""("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')"""
_SCRIPT_CALL = re.compile(rf"\b(n?p?gettext)\(\s*{_STRING}(?:\s*,\s*{_STRING})?(?:\s*,\s*{_STRING})?")


@dataclass(frozen=True, slots=True)
class Source:
    """One catalogue: where it lies, its gettext domain, and the folders whose strings it holds."""

    app: str
    locale: Path
    domain: str
    folders: tuple[Path, ...]

    @property
    def po(self) -> Path:
        """Return the path of the Russian catalogue."""
        return self.locale / LANGUAGE / "LC_MESSAGES" / f"{self.domain}.po"


def sources(root: Path = ROOT) -> list[Source]:
    """Return every catalogue of the project."""
    found = []
    places = [root / "platform" / name for name in ("workspaces", "audience", "messengers")]
    places += [root / name for name in ("bots", "broadcasts", "integrations", "chatpanel", "growth", "analytics")]
    for place in places:
        app = place.name
        pages = [place, root / "templates" / app]
        if app == "workspaces":
            pages += [root / "templates" / name for name in ("account", "allauth")]
        found.append(Source(app, place / "locale", "django", tuple(pages)))
        found.append(Source(app, place / "locale", "djangojs", (root / "static" / "src" / app,)))
    templates = root / "templates"
    apps = {source.app for source in found} | {"account", "allauth", "locale"}
    shared = [path for path in sorted(templates.iterdir()) if path.name not in apps] if templates.exists() else []
    found.append(Source("shell", templates / "locale", "django", (root / "platform" / "config", *shared)))
    shell_scripts = (root / "static" / "src" / "app", root / "static" / "src" / "shared")
    found.append(Source("shell", templates / "locale", "djangojs", shell_scripts))
    return found


def extracted(source: Source) -> Catalog:
    """Return the strings that stand in the source's files now."""
    catalogue = Catalog(locale=LANGUAGE, domain=source.domain, fuzzy=False)
    suffixes = {".ts", ".tsx"} if source.domain == "djangojs" else {".py", ".html", ".txt"}
    for path in _files(source.folders, suffixes):
        text = path.read_text()
        if path.suffix in {".html", ".txt"}:
            # What is not translatable comes out blanked; indentation would only confuse the tokenizer.
            text = "\n".join(line.lstrip() for line in templatize(text, origin=str(path)).splitlines())
        method: Any = _script_calls if path.suffix in {".ts", ".tsx"} else "python"
        messages = extract(
            method,
            BytesIO(text.encode()),
            keywords=KEYWORDS,
            comment_tags=["Translators:"],
            options={"encoding": "utf-8"},
        )
        for _line, message, comments, context in messages:
            name = str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name
            catalogue.add(message, locations=[(name, 0)], auto_comments=comments, context=context)
    return catalogue


def updated(source: Source) -> Catalog:
    """Return the stored catalogue brought up to date: new strings without a translation, vanished ones gone."""
    template = extracted(source)
    if not source.po.exists():
        return template
    with source.po.open("rb") as file:
        stored = read_po(file, locale=LANGUAGE)
    stored.update(template, no_fuzzy_matching=True)
    stored.obsolete.clear()
    return stored


def untranslated(catalogue: Catalog) -> list[str]:
    """Return the strings that have no translation, or not all plural forms of one."""
    missing = []
    for message in catalogue:
        if not message.id:
            continue
        forms = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
        if message.fuzzy or not all(forms) or (message.pluralizable and len(forms) < catalogue.num_plurals):
            missing.append(message.id if isinstance(message.id, str) else message.id[0])
    return missing


def rendered(catalogue: Catalog) -> bytes:
    """Return the catalogue as a .po file, without what changes by itself: dates, line numbers."""
    buffer = BytesIO()
    write_po(buffer, catalogue, width=110, sort_output=True, omit_header=True, include_lineno=False)
    header = (
        'msgid ""\nmsgstr ""\n"Language: ru\\n"\n"MIME-Version: 1.0\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n'
        f'"Plural-Forms: {catalogue.plural_forms}\\n"\n\n'
    )
    return header.encode() + buffer.getvalue()


def save(source: Source, catalogue: Catalog) -> None:
    """Write the .po file; a catalogue without strings has none."""
    if len(catalogue) == 0:
        source.po.unlink(missing_ok=True)
        return
    source.po.parent.mkdir(parents=True, exist_ok=True)
    source.po.write_bytes(rendered(catalogue))


def compile_all() -> int:
    """Write the .mo file of each catalogue that has changed; return how many."""
    count = 0
    for source in sources():
        if not source.po.exists():
            continue
        target = source.po.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.po.stat().st_mtime:
            continue
        with source.po.open("rb") as file, target.open("wb") as compiled:
            write_mo(compiled, read_po(file, locale=LANGUAGE))
        count += 1
    return count


def _script_calls(
    file: BinaryIO, keywords: Any, comment_tags: Any, options: Any
) -> Iterator[tuple[int, str, tuple[str, ...] | str, list[str]]]:
    """Find gettext calls in TypeScript: text between JSX tags is no JavaScript, so a lexer of that loses its way."""
    for call in _SCRIPT_CALL.finditer(file.read().decode()):
        function, *strings = call.groups()
        texts = tuple(ast.literal_eval(text) for text in strings if text)
        yield 1, function, texts if len(texts) > 1 else texts[0], []


def _files(folders: tuple[Path, ...], suffixes: set[str]) -> Iterator[Path]:
    for folder in folders:
        if folder.is_file():
            paths: list[Path] = [folder]
        else:
            paths = sorted(path for path in folder.rglob("*") if path.is_file())
        yield from (path for path in paths if path.suffix in suffixes and "migrations" not in path.parts)
