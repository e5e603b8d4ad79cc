"""The account page, drawn by Streamlit's own test runner: password, language, logins, phones and tokens."""

from __future__ import annotations

import uuid

import pytest
from streamlit.testing.v1 import AppTest

from domain.errors import NotSignedIn
from domain.records import Actor, Assignment
from i18n import words
from services import Services
from services.people import session_id
from tests.pages.conftest import HOME

OLD, NEW = "four words in a row", "another four words"
ZH = words("zh")


@pytest.fixture
def me(services: Services) -> tuple[str, Actor]:
    """A fresh inspector with a password, logged in once: (user name, actor)."""
    username = f"a-{uuid.uuid4().hex[:8]}"
    admin = services.people.actor(
        session_id(services.people.log_in("admin1", "shili-2026", address="::1", device="")[0])
    )
    street = services.places.choices("street", admin)[0].area_id
    _, link = services.people.add(
        admin,
        username=username,
        name="示例人员 <b>",
        phone=None,
        assignments=[Assignment("inspector", "street", street)],
    )
    services.people.use_link(link, OLD, OLD)
    return username, enter(services, username)


def enter(services: Services, username: str, password: str = OLD) -> Actor:
    return services.people.log_in(username, password, address="127.0.0.1", device="Mozilla/5.0 Android Chrome/1")[1]


def open_page(actor: Actor, page: str = "account") -> AppTest:
    at = AppTest.from_file(str(HOME / "app.py"), default_timeout=30)
    at.user = {"slg_session": actor.session_id}
    at.run()
    at.switch_page(f"pages/{page}.py")
    at.run()
    assert not at.exception, at.exception
    return at


def text_of(at: AppTest) -> str:
    return " ".join(str(piece.proto) for piece in at.get("html"))


def change(at: AppTest, old: str, new: str, again: str) -> AppTest:
    for field, value in (("old", old), ("new", new), ("again", again)):
        box = next(t for t in at.text_input if (t.key or "").startswith(f"slg.account_{field}."))
        box.set_value(value)
    button = next(b for b in at.button if b.label == ZH("account.password_go"))
    at = button.click().run()
    assert not at.exception, at.exception
    return at


def test_a_changed_password_ends_the_other_logins_and_not_this_one(services, me):
    username, here = me
    elsewhere = enter(services, username)
    at = change(open_page(here), OLD, NEW, NEW)
    assert ZH("account.password_done") in text_of(at)
    assert services.people.actor(here.session_id)
    with pytest.raises(NotSignedIn):
        services.people.actor(elsewhere.session_id)
    with pytest.raises(NotSignedIn):
        enter(services, username)
    assert enter(services, username, NEW)
    assert "slg.account_old.0" not in at.session_state, "nothing typed stays behind"
    assert not [box.value for box in at.text_input if box.value]


@pytest.mark.parametrize(
    ("old", "new", "again", "code"),
    [("wrong", NEW, NEW, "old_password_wrong"), (OLD, "short", "short", "password_short"), (OLD, NEW, OLD, "passwords_differ"),
     ("", "", "", "password_short")],
)  # fmt: skip
def test_a_password_that_is_refused_changes_nothing_and_says_why_there(services, me, old, new, again, code):
    username, here = me
    at = change(open_page(here), old, new, again)
    assert ZH(f"refused.{code}", at_least=10) in text_of(at)
    assert enter(services, username)


def test_the_old_password_cannot_be_guessed_on_the_page(services, me):
    username, here = me
    at = open_page(here)
    for _ in range(5):
        at = change(at, "wrong", NEW, NEW)
    at = change(at, OLD, NEW, NEW)
    assert "15" in text_of(at)
    assert ZH("account.password_done") not in text_of(at)
    assert enter(services, username), "the door is another count"


def test_another_login_is_ended_from_the_list_and_this_one_has_no_button(services, me):
    username, here = me
    other = enter(services, username)
    at = open_page(here)
    assert "Chrome, Android" in text_of(at)
    assert not [b for b in at.button if b.key == f"slg.end_{here.session_id[:16]}"]
    at = at.button(key=f"slg.end_{other.session_id[:16]}").click().run()
    assert ZH("account.login_ended") in text_of(at)
    with pytest.raises(NotSignedIn):
        services.people.actor(other.session_id)


def test_a_token_is_made_shown_once_and_revoked(services, me):
    _, here = me
    at = open_page(here)
    at.text_input(key="slg.account_name.0").set_value("月报 <b>")
    at = at.button(key="slg.account_make").click().run()
    assert ZH("refused.token_actions") in text_of(at)
    assert at.text_input(key="slg.account_name.0").value == "月报 <b>", "what was typed stays"
    assert "people.manage" not in at.multiselect(key="slg.account_actions.0").options
    at.multiselect(key="slg.account_actions.0").set_value(["layers.read"])
    at = at.button(key="slg.account_make").click().run()
    assert not at.exception
    secret = at.code[0].value
    assert services.tokens.actor(secret, address="127.0.0.1").person_id == here.person_id
    at = at.run()
    assert not at.code, "the token is gone"
    made = services.tokens.list(here)[0]
    assert (made.name, made.actions) == ("月报 <b>", ("app.use", "layers.read"))
    at = at.button(key=f"slg.revoke_{made.id}").click().run()
    assert not at.exception
    with pytest.raises(NotSignedIn):
        services.tokens.actor(secret, address="127.0.0.1")


def test_a_lost_phone_is_revoked(services, me):
    _, here = me
    made, secret = services.tokens.make_device(here, name="示例手机", device="Mozilla/5.0 (iPhone) Safari/1")
    at = open_page(here)
    assert "示例手机" in text_of(at)
    assert "Safari, iPhone" in text_of(at)
    at = at.button(key=f"slg.revoke_{made.id}").click().run()
    assert ZH("account.revoked", name="示例手机") in text_of(at)
    with pytest.raises(NotSignedIn):
        services.tokens.actor(secret, address="127.0.0.1")


def test_the_language_is_kept_for_later_logins(services, me):
    username, here = me
    at = open_page(here)
    at = at.button_group(key="slg.account_lang").set_value("en").run()
    assert not at.exception
    assert enter(services, username).lang == "en"


def test_a_page_left_open_after_the_login_ended_does_nothing(services, me):
    username, here = me
    other = enter(services, username)
    at = open_page(here)
    services.people.log_out(here.session_id)
    at.button(key=f"slg.end_{other.session_id[:16]}").click().run()
    assert services.people.actor(other.session_id)


def test_an_administrator_ends_a_persons_logins_and_tokens(services, me, visit):
    _, here = me
    made, secret = services.tokens.make_device(here, name="示例手机", device="")
    at = visit("admin1", "people")
    at = at.selectbox(key="slg.people_one").set_value(here.person_id).run()
    at = at.button(key=f"slg.revoke_{made.id}").click().run()
    assert ZH("account.revoked", name="示例手机") in text_of(at)
    with pytest.raises(NotSignedIn):
        services.tokens.actor(secret, address="127.0.0.1")
    at = at.button(key=f"slg.end_{here.session_id[:16]}").click().run()
    assert not at.exception
    with pytest.raises(NotSignedIn):
        services.people.actor(here.session_id)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("username", ["inspector1", "officer1", "clerk1", "leader1", "auditor1", "admin1"])
def test_everybody_has_an_account_page(visit, username: str, lang: str):
    at = visit(username, "account", lang)
    assert words(lang)("account.logins") in text_of(at)


def test_the_persons_name_in_the_side_bar_leads_there(visit):
    side = visit("clerk1", "today").sidebar.children.values()
    assert [piece.proto.label for piece in side if type(piece).__name__ == "PageLink"] == ["资产员A"]
