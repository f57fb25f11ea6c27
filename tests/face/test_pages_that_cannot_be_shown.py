import pytest
from django.db import connection
from django.test import Client, RequestFactory

from builders import a_client, a_member, a_workspace
from config.errors import server_error
from workspaces.roles import Role


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "words"), [("ru", "Такой страницы нет"), ("en", "There is no such page")])
def test_a_missing_page_says_so_in_the_readers_language(language: str, words: str) -> None:
    answer = Client().get("/no/such/page/", headers={"accept-language": language})

    assert answer.status_code == 404
    assert words in answer.content.decode()


@pytest.mark.django_db
def test_a_closed_page_says_who_can_open_it() -> None:
    shop = a_workspace()
    analyst = a_member(shop, Role.ANALYST)

    answer = a_client(analyst).get(f"/w/{shop.slug}/chats/", headers={"accept-language": "en"})

    assert answer.status_code == 403
    assert "An administrator can change your role" in answer.content.decode()


@pytest.mark.django_db
def test_an_old_form_says_that_nothing_was_changed() -> None:
    browser = Client(enforce_csrf_checks=True, headers={"accept-language": "en"})

    answer = browser.post("/preferences/language/", {"language": "en"})

    assert answer.status_code == 403
    assert "nothing was changed" in answer.content.decode()


@pytest.mark.parametrize(
    ("language", "words"), [("ru", "У нас что-то сломалось"), ("en", "Something broke on our side")]
)
def test_our_own_mistake_is_told_without_the_database(language: str, words: str) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("The page for errors asked the database.")

    with connection.execute_wrapper(refuse):
        answer = server_error(RequestFactory().get("/", headers={"accept-language": language}))

    assert answer.status_code == 500
    assert words in answer.content.decode()
