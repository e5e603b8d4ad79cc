"""Attacks on Streamlit behind the gate: the real app in a process of its own, spoken to by HTTP and raw websocket."""

from __future__ import annotations

import shutil
import socket
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from google.protobuf.text_format import MessageToString
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from i18n import words
from services.people import session_id
from tests.browser.running import PASSWORD, Server, running_server
from web.gate import COOKIE
from wiring import build, now

pytestmark = pytest.mark.slow
HOME = Path(__file__).resolve().parents[2]
DOORS = tomllib.loads((HOME / "domain" / "policy" / "doors.toml").read_text("utf-8"))
ACTIONS = tomllib.loads((HOME / "domain" / "policy" / "permissions.toml").read_text("utf-8"))["actions"]
RUN_WITHIN_S = 60


class Tab:
    """One browser tab as Streamlit sees it: a websocket that asks for runs and collects what they draw."""

    def __init__(self, server: Server, *, cookie: str | None, session: str | None = None, headers: dict | None = None,
                 origin: str | None = None) -> None:  # fmt: skip
        address = "ws" + server.url.removeprefix("http") + "/_stcore/stream"
        more = {**({"Cookie": f"{COOKIE}={cookie}"} if cookie else {}), **(headers or {})}
        protocols = ["streamlit", "none", session] if session else ["streamlit"]
        self._opened = connect(address, origin=origin or server.url, additional_headers=more, subprotocols=protocols,
                               max_size=None, open_timeout=RUN_WITHIN_S)  # fmt: skip
        self._socket = self._opened.__enter__()
        self.session = ""
        self.widgets: dict[str, str] = {}

    def run(self, page: str = "", *, press: str | None = None) -> list[ForwardMsg]:
        """Open a page (or press the button whose key is `press`) and wait for the run's end."""
        ask = BackMsg()
        ask.rerun_script.page_name = page
        if press:
            state = WidgetState(id=self.widgets[press], trigger_value=True)
            ask.rerun_script.widget_states.widgets.append(state)
        self._socket.send(ask.SerializeToString())
        drawn: list[ForwardMsg] = []
        while True:
            message = ForwardMsg.FromString(self._socket.recv(timeout=RUN_WITHIN_S))
            drawn.append(message)
            if message.WhichOneof("type") == "new_session":
                self.session = message.new_session.initialize.session_id or self.session
            if message.delta.new_element.WhichOneof("type") == "button":
                button = message.delta.new_element.button
                self.widgets[button.id.rpartition("-")[2]] = button.id
            if message.WhichOneof("type") == "script_finished":
                return drawn

    def send_text(self, text: str) -> None:
        """What no browser sends; waits until the server has hung up."""
        self._socket.send(text)
        with suppress(ConnectionClosed):
            while True:
                self._socket.recv(timeout=RUN_WITHIN_S)
        assert self._socket.close_code is not None

    def close(self) -> None:
        self._opened.__exit__(None, None, None)


def text_of(drawn: list[ForwardMsg]) -> str:
    return "\n".join(MessageToString(m, as_utf8=True) for m in drawn if m.WhichOneof("type") == "delta")


def kinds_of(drawn: list[ForwardMsg]) -> set[str]:
    return {str(message.WhichOneof("type")) for message in drawn}


@pytest.fixture(scope="module")
def cold(sample_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that nobody has opened yet; the tests of this file run in order, the first ones find it cold."""
    folder = tmp_path_factory.mktemp("cold") / "city"
    shutil.copytree(sample_template, folder)
    with running_server(folder) as started:
        yield started


def log_in(server: Server, username: str) -> str:
    """The cookie of a fresh login."""
    answer = httpx2.post(f"{server.url}/login", data={"username": username, "password": PASSWORD}, timeout=30)
    assert answer.status_code == 303
    return answer.cookies[COOKIE]


@contextmanager
def tab(server: Server, **more: object) -> Iterator[Tab]:
    opened = Tab(server, **more)
    try:
        yield opened
    finally:
        opened.close()


def refused_status(server: Server, **more: object) -> int:
    with pytest.raises(InvalidStatus) as refused:
        Tab(server, **more)
    return refused.value.response.status_code


# -- a cold server: before the first st.navigation -----------------------------------------------------------------


def test_cold_no_page_address_answers_a_stranger(cold: Server):
    for page in ("", *DOORS["pages"], "pages/people.py", "nothing"):
        answer = httpx2.get(f"{cold.url}/{page}", headers={"accept": "text/html"})
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/login")


def is_turned_away(drawn: list) -> bool:
    """Nothing but the sentence that the page is another post's: no table, no component, no button of the page itself."""
    told = text_of(drawn)
    says_so = any(words(lang)("app.not_yours") in told for lang in ("zh", "en"))
    kinds = {m.delta.new_element.WhichOneof("type") for m in drawn if m.WhichOneof("type") == "delta"}
    return says_so and not kinds & {"arrow_data_frame", "bidi_component", "deck_gl_json_chart", "text_input"}


def test_cold_an_address_draws_no_page_of_another_role(cold: Server):
    """The very first runs of this process ask for pages that the asker's role does not have."""
    cookie = log_in(cold, "inspector1")
    closed = [page for page, needs in DOORS["pages"].items() if "inspector" not in ACTIONS[needs]["roles"]]
    assert {"people", "coverage", "asset", "draw"} <= set(closed)
    for page in closed:
        with tab(cold, cookie=cookie) as first:
            drawn = first.run(page)
            assert is_turned_away(drawn), page
            assert "housing1" not in text_of(drawn)
    titles = {words("zh")(f"page.{page}") for page in closed}
    with tab(cold, cookie=cookie) as again:
        menu = [m.navigation for m in again.run("") if m.WhichOneof("type") == "navigation"][-1]
        assert not titles & {page.page_name for page in menu.app_pages if not page.is_hidden}


# -- who is asking -------------------------------------------------------------------------------------------------


def test_a_stranger_gets_no_websocket(cold: Server):
    forged = session_id("anything")
    assert refused_status(cold, cookie=None) == 403
    assert refused_status(cold, cookie="forged.signature") == 403
    assert refused_status(cold, cookie=None, headers={"x-slg-session": forged}) == 403


def test_another_site_gets_no_websocket(cold: Server):
    cookie = log_in(cold, "officer1")
    for origin in ("https://evil.example", "null", cold.url + ".evil.example"):
        assert refused_status(cold, cookie=cookie, origin=origin) == 403


def test_a_stolen_streamlit_session_id_gives_its_thief_a_session_of_his_own(cold: Server):
    """The id stands in addresses and logs; with it and with another login nothing of the victim is seen."""
    victim = Tab(cold, cookie=log_in(cold, "admin1"))
    assert "管理员A" in text_of(victim.run(""))
    with tab(cold, cookie=log_in(cold, "inspector1"), session=victim.session) as while_open:
        drawn = text_of(while_open.run("people"))
        assert "管理员A" not in drawn
        assert "网格员A" in drawn
        assert while_open.session != victim.session
    stolen = victim.session
    victim.close()
    with tab(cold, cookie=log_in(cold, "inspector1"), session=stolen) as after_close:
        drawn = text_of(after_close.run(""))
        assert "管理员A" not in drawn
        assert "网格员A" in drawn
        assert after_close.session != stolen
    assert refused_status(cold, cookie=None, session=stolen) == 403


def test_a_forged_header_beside_a_true_cookie_changes_nobody(cold: Server):
    services = build_beside(cold)
    admin = session_id(services.people.log_in("admin1", PASSWORD, address="127.0.0.1", device="")[0])
    services.close()
    with tab(cold, cookie=log_in(cold, "inspector1"), headers={"X-SLG-Session": admin, "x_slg_session": admin}) as mine:
        drawn = text_of(mine.run(""))
    assert "网格员A" in drawn
    assert "管理员A" not in drawn


# -- logout and closed accounts in an open tab ---------------------------------------------------------------------


def test_after_logout_an_open_tab_says_so_at_its_next_run(cold: Server):
    cookie = log_in(cold, "officer1")
    with tab(cold, cookie=cookie) as opened:
        assert words("zh")("app.signed_out") not in text_of(opened.run("records"))
        assert httpx2.post(f"{cold.url}/logout", cookies={COOKIE: cookie}).status_code == 303
        after = text_of(opened.run("records"))
        assert words("zh")("app.signed_out") in after
        assert "R-2" not in after, "no record number any more"
    assert refused_status(cold, cookie=cookie) == 403


def test_after_logout_a_button_in_an_open_tab_does_nothing(cold: Server):
    """Streamlit runs the button's callback before the script: the service itself has to see that the login ended."""
    services = build_beside(cold)
    cookie = log_in(cold, "clerk1")
    with tab(cold, cookie=cookie) as opened:
        opened.run("")
        with services.store.look() as work:
            before = work.people.by_login("clerk1")[0]
        httpx2.post(f"{cold.url}/logout", cookies={COOKIE: cookie})
        after = opened.run("", press="lang")
    with services.store.look() as work:
        assert work.people.by_login("clerk1")[0].lang == before.lang
    assert words("zh")("app.signed_out") in text_of(after)
    assert "Traceback" not in text_of(after)
    services.close()


def test_an_account_closed_elsewhere_is_out_of_its_open_tab(cold: Server):
    """Closed by another process, straight in the database: no word of it reaches the server."""
    services = build_beside(cold)
    cookie = log_in(cold, "handler1")
    with tab(cold, cookie=cookie) as opened:
        opened.run("")
        with services.store.work() as work:
            work.people.set_disabled(work.people.by_login("handler1")[0].id, now())
        assert words("zh")("app.signed_out") in text_of(opened.run(""))
    services.close()


def build_beside(server: Server):
    """Services of another process on the same database, as manage.py has them."""
    from tests.web.small_city import settings

    return build(settings(server.folder))


# -- Streamlit's own doors -----------------------------------------------------------------------------------------


def test_nobody_uploads_through_streamlit(cold: Server):
    cookie = log_in(cold, "officer1")
    with tab(cold, cookie=cookie) as opened:
        opened.run("")
        for cookies in ({}, {COOKIE: cookie}):
            for method in ("PUT", "POST", "DELETE", "OPTIONS"):
                answer = httpx2.request(method, f"{cold.url}/_stcore/upload_file/{opened.session}/1", cookies=cookies,
                                       files={"file": ("a.jpg", b"x" * 1000)} if method == "PUT" else None)  # fmt: skip
                assert answer.status_code == 403


@pytest.mark.parametrize("path", ["/_stcore/metrics", "/_stcore/agent/openapi.json", "/_stcore/agent/mcp"])
def test_metrics_and_agent_doors_are_closed(cold: Server, path: str):
    for cookies in ({}, {COOKIE: log_in(cold, "admin1")}):
        assert httpx2.get(cold.url + path, cookies=cookies).status_code == 403
        assert httpx2.post(cold.url + path, cookies=cookies, json={}).status_code == 403


def test_media_of_a_session_needs_a_login(cold: Server):
    with tab(cold, cookie=log_in(cold, "officer1")) as opened:
        logos = [m.logo.image for m in opened.run("") if m.WhichOneof("type") == "logo"]
        found = [address for address in logos if address.startswith("/media/")]
    for address in [*found, "/media/00.png"]:
        assert httpx2.get(cold.url + address).status_code == 401


# -- bytes that no well-behaved client sends -----------------------------------------------------------------------

RAW = (
    "GET /static/../../config.py", "GET /static/../index.html", "GET /assets/../routes.py", "GET /login/../_stcore/metrics",
    "GET //_stcore/metrics", "GET /_stcore//metrics", "GET /_STCORE/metrics", "GET /_stcore/metrics/",
    "GET /static/..%2f_stcore/health", "GET /%5fstcore/metrics", "GET /api/v1/../../records", "GET http://evil.example/records",
    "GET //evil.example/..", "GET /api/v1//records", "PUT /_stcore/upload_file/a/b", "PUT /_stcore/%75pload_file/a/b",
)  # fmt: skip


@pytest.mark.parametrize("line", RAW)
def test_no_spelling_of_an_address_gets_a_stranger_in(cold: Server, line: str):
    status, head, body = raw(cold, f"{line} HTTP/1.1\r\nHost: {urlsplit(cold.url).netloc}\r\nAccept: text/html\r\n")
    assert status in (303, 400, 401, 403, 404), (status, head)
    assert "location: /login" in head.lower() or status != 303
    assert "import " not in body
    assert "# TYPE" not in body


def test_two_cookies_of_our_name_do_not_make_an_admin(cold: Server):
    cookie = log_in(cold, "inspector1")
    head = f"GET /api/v1/openapi.json HTTP/1.1\r\nHost: {urlsplit(cold.url).netloc}\r\n"
    assert raw(cold, head + f"Cookie: {COOKIE}=forged; {COOKIE}={cookie}\r\n")[0] == 401
    assert raw(cold, head + f"Cookie: a=b; {COOKIE}={cookie}\r\n")[0] == 200


def raw(server: Server, head: str) -> tuple[int, str, str]:
    where = urlsplit(server.url)
    with socket.create_connection((where.hostname, where.port), timeout=30) as plain:
        plain.sendall((head + "Connection: close\r\nContent-Length: 0\r\n\r\n").encode())
        answer = b""
        while piece := plain.recv(65536):
            answer += piece
    top, _, body = answer.decode("latin-1").partition("\r\n\r\n")
    return int(top.split(" ", 2)[1]), top, body


def test_text_over_the_websocket_ends_that_tab_alone(cold: Server):
    cookie = log_in(cold, "leader1")
    with tab(cold, cookie=cookie) as broken:
        broken.send_text("not a protobuf")
    with tab(cold, cookie=cookie) as other:
        assert "script_finished" in kinds_of(other.run(""))


# -- every page x every role ---------------------------------------------------------------------------------------

PEOPLE = {
    "inspector": "inspector1", "grid_leader": "gridleader1", "community_specialist": "specialist1",
    "supervisor": "supervisor1", "dispatcher": "dispatcher1", "handler": "handler2", "street_officer": "officer1",
    "asset_clerk": "clerk1", "housing_bureau": "housing1", "leader": "leader1", "auditor": "auditor1",
    "admin": "admin1",
}  # fmt: skip


@pytest.mark.parametrize("role", PEOPLE)
def test_a_role_is_drawn_its_own_pages_and_no_other(cold: Server, role: str):
    """By address, whatever the menu offers; and the menu offers just these."""
    mine = {page for page, needs in DOORS["pages"].items() if role in ACTIONS[needs]["roles"]}
    with tab(cold, cookie=log_in(cold, PEOPLE[role])) as opened:
        wrong = []
        for page in DOORS["pages"]:
            drawn = opened.run("" if page == "today" else page)  # the first page has no name in the address
            is_drawn = not is_turned_away(drawn)
            if is_drawn != (page in mine):
                wrong.append(f"{page}: {'drawn' if is_drawn else 'not drawn'}")
            if any(m.delta.new_element.WhichOneof("type") == "exception" for m in drawn):
                wrong.append(f"{page}: failed")
            if "script_finished" not in kinds_of(drawn) or not text_of(drawn):
                wrong.append(f"{page}: empty")
        menu = [m.navigation for m in drawn if m.WhichOneof("type") == "navigation"][-1]
        offered = {page.url_pathname or "today" for page in menu.app_pages if not page.is_hidden}
    assert not wrong, wrong
    # These are opened from lists, from the map, and from one's own name.
    assert offered == mine - {"one_record", "zone", "account", "track", "proposals"}
