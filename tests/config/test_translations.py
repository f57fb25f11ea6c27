"""Both languages are complete: a string without its Russian fails here, and the finder of strings misses none."""

from pathlib import Path

import pytest

from config import translations
from config.translations import Source

TEMPLATE = """{% load i18n %}
<c-button label="{% translate 'Send' %}">don't
    {% blocktranslate count n=items|length %}{{ n }} person{% plural %}{{ n }} people{% endblocktranslate %}
  {% blocktranslate trimmed %}
    A long
    text.
  {% endblocktranslate %}
"""
ISLAND = """
export const Row = ({ n }: { n: number }) => (
  <p className={`row ${gettext("In a class")}`}>
    it's {ngettext("%s chat", "%s chats", n)} don't {gettext('Say "hi"')}
  </p>
);
"""


@pytest.mark.parametrize("source", translations.sources(), ids=lambda source: f"{source.app}-{source.domain}")
def test_every_string_is_translated_and_the_catalogue_is_fresh(source: Source) -> None:
    catalogue = translations.updated(source)

    assert translations.untranslated(catalogue) == []
    if len(catalogue):
        assert source.po.read_bytes() == translations.rendered(catalogue), "run `manage.py messages`"


def test_strings_of_templates_and_islands_are_found(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(TEMPLATE)
    (tmp_path / "island.tsx").write_text(ISLAND)

    pages = {message.id for message in translations.extracted(Source("a", tmp_path, "django", (tmp_path,)))}
    scripts = {message.id for message in translations.extracted(Source("a", tmp_path, "djangojs", (tmp_path,)))}

    assert pages == {"", "Send", ("%(n)s person", "%(n)s people"), "A long text."}
    assert scripts == {"", "In a class", ("%s chat", "%s chats"), 'Say "hi"'}


def test_a_missing_plural_form_counts_as_untranslated(tmp_path: Path) -> None:
    (tmp_path / "island.tsx").write_text('ngettext("%s chat", "%s chats", n)')
    source = Source("a", tmp_path / "locale", "djangojs", (tmp_path / "island.tsx",))
    catalogue = translations.extracted(source)
    catalogue[("%s chat", "%s chats")].string = ("%s чат", "%s чата", "")

    translations.save(source, catalogue)

    assert translations.untranslated(translations.updated(source)) == ["%s chat"]


def test_a_string_says_the_same_in_every_catalogue() -> None:
    """Django reads all catalogues as one: where two differ, one app's page silently speaks with another's words."""
    spoken: dict[tuple[str, object, object], dict[object, list[str]]] = {}
    for source in translations.sources():
        for message in translations.updated(source):
            if message.id:
                meanings = spoken.setdefault((source.domain, message.context, message.id), {})
                meanings.setdefault(message.string, []).append(source.app)

    assert {where: said for where, said in spoken.items() if len(said) > 1} == {}
