import json
import re

import pytest
from django.test import Client

from builders import a_client, a_user, a_workspace
from workspaces.models import User

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("language", "word"), [("ru", "Скопировано"), ("en", "gettext")])
def test_islands_get_their_texts_and_may_keep_them(language: str, word: str) -> None:
    page = Client().get("/accounts/login/", headers={"accept-language": language}).content.decode()
    address = re.search(rf"/i18n/{language}\.js\?v=\w+", page)
    assert address

    script = Client().get(address[0])

    assert json.dumps(word).strip('"') in script.content.decode()
    assert "immutable" in script.headers["Cache-Control"]


def test_a_language_that_we_do_not_speak_has_no_texts() -> None:
    assert Client().get("/i18n/tlh.js").status_code == 404


def test_a_stranger_chooses_a_language_and_keeps_it() -> None:
    browser = Client(headers={"accept-language": "ru"})

    answer = browser.post("/preferences/language/", {"language": "en", "next": "/accounts/login/"}, follow=True)

    assert 'lang="en"' in answer.content.decode()
    assert 'lang="en"' in browser.get("/accounts/login/").content.decode()


def test_a_persons_language_and_theme_are_his_own() -> None:
    person = a_user()
    shop = a_workspace(person)
    browser = a_client(person)

    browser.post("/preferences/theme/", {"theme": "dark"})
    browser.post("/preferences/language/", {"language": "en"})

    person = User.objects.get(pk=person.pk)
    assert (person.theme, person.language) == ("dark", "en")
    assert 'data-theme="kaskad-dark"' in browser.get(f"/w/{shop.slug}/").content.decode()


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_a_choice_never_leads_to_another_site(wanted: str) -> None:
    answer = Client().post("/preferences/language/", {"language": "en", "next": wanted})

    assert answer.headers["Location"] == "/"


@pytest.mark.parametrize(("field", "value"), [("language", "tlh"), ("theme", "pink")])
def test_what_is_not_offered_is_not_kept(field: str, value: str) -> None:
    person = a_user()

    a_client(person).post(f"/preferences/{field}/", {field: value})

    assert getattr(User.objects.get(pk=person.pk), field) != value
