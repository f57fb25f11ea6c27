"""What pages and islands say in a language, for tests that are told in both."""

from collections.abc import Callable

from django.apps import apps
from django.conf import settings
from django.utils import translation
from django.utils.translation.trans_real import DjangoTranslation

Words = Callable[[str], str]


def words_of(language: str) -> Words:
    """Return the function that says an English text as pages and islands say it in the language."""
    places = [f"{config.path}/locale" for config in apps.get_app_configs()] + [
        str(path) for path in settings.LOCALE_PATHS
    ]
    islands = DjangoTranslation(language, domain="djangojs", localedirs=places)

    def words(text: str) -> str:
        with translation.override(language):
            said: str = islands.gettext(text)
            return said if said != text else translation.gettext(text)

    return words
