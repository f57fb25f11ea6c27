import pytest
from django.urls import reverse

from builders import a_client, a_conversation, a_member, a_user, a_workspace
from config.navigation import ACTIONS, SECTIONS, Action, Section
from workspaces.addresses import addresses
from workspaces.roles import Role, may
from workspaces.scope import tenant

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("entry", [*SECTIONS, *ACTIONS], ids=lambda entry: entry.title)
def test_an_entry_of_the_menu_asks_for_the_permission_that_its_page_asks_for(entry: Section | Action) -> None:
    declared = {address.name: address.access for address in addresses()}

    assert declared[entry.route] == entry.permission


def test_shortcuts_of_the_menu_differ() -> None:
    keys = [section.key for section in SECTIONS]

    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("role", Role)
def test_the_rail_shows_what_the_role_may_open_and_all_of_it_opens(role: Role) -> None:
    shop = a_workspace()
    browser = a_client(a_member(shop, role))

    page = browser.get(f"/w/{shop.slug}/").content.decode()

    for section in SECTIONS:
        address = reverse(section.route, args=[shop.slug])
        assert (f'class="rail-item" href="{address}"' in page) == may(role, section.permission)
        if may(role, section.permission):
            assert browser.get(address).status_code == 200


def test_the_section_of_the_page_is_marked() -> None:
    owner = a_user()
    shop = a_workspace(owner)

    page = a_client(owner).get(reverse("bots:flows", args=[shop.slug])).content.decode()

    assert f'href="/w/{shop.slug}/bots/" aria-current="page"' in page
    assert f'href="/w/{shop.slug}/" aria-current="page"' not in page


def test_the_badge_counts_conversations_that_wait_for_this_person_or_for_anybody() -> None:
    owner = a_user()
    shop = a_workspace(owner)
    colleague = a_member(shop, Role.AGENT)
    with tenant(shop):
        a_conversation(owner="person", unread=2)
        a_conversation(owner="person", unread=1, assignee=owner)
        a_conversation(owner="person", unread=1, assignee=colleague)
        a_conversation(owner="person", unread=0)

    sections = a_client(owner).get(f"/w/{shop.slug}/").context["sections"]()

    assert [section["count"] for section in sections if section["badge"] == "chats"] == [2]


def test_the_palette_knows_both_languages_and_the_persons_other_workspaces_only() -> None:
    owner = a_user()
    shop, bakery = a_workspace(owner, name="Shop"), a_workspace(owner, name="Bakery")
    a_workspace(name="Somebody else's")

    entries = a_client(owner).get(f"/w/{shop.slug}/").context["palette_entries"]()

    assert {"Chats", "Диалоги"} in [set(entry["names"]) for entry in entries]
    assert [entry["href"] for entry in entries if entry["icon"] == "building-2"] == [f"/w/{bakery.slug}/"]
