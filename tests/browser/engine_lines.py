"""How other_engines.py speaks with a browser: starts its processes and sends one command of W3C WebDriver after another.

WebKit answers through WebKitWebDriver, Firefox at its own Marionette port. The commands are the same; few are needed.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

FIREFOX = next((p for p in map(shutil.which, ("firefox-esr", "firefox")) if p), None)
WEBKIT_DRIVER = shutil.which("WebKitWebDriver")
PATIENCE_S = 45

Ask = Callable[..., Any]  # ask("FindElement", using=…, value=…) -> what the browser answers; raises Trouble
Line = tuple[int, Ask]  # the browser's process and the way to ask it


class Trouble(Exception):
    """The browser said no; the message is its own."""


# -- WebKit ----------------------------------------------------------------------------------------------------------

PATHS = {
    "Navigate": ("POST", "/url"), "ExecuteAsyncScript": ("POST", "/execute/async"),
    "FindElement": ("POST", "/element"), "ElementClick": ("POST", "/element/{id}/click"),
    "ElementSendKeys": ("POST", "/element/{id}/value"), "TakeScreenshot": ("GET", "/screenshot"),
}  # fmt: skip


@contextmanager
def webkit(profile: Path, at: tuple[float, float]) -> Iterator[Line]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    driver_at = f"http://127.0.0.1:{port}"
    window = Path(__file__).with_name("webkit_window.py")
    options = {
        "binary": str(window),
        "args": ["--automation", "--profile", str(profile), "--lon", str(at[0]), "--lat", str(at[1])],
    }
    with (
        _screen() as display,
        _process([WEBKIT_DRIVER, f"--port={port}", "--host=127.0.0.1"], DISPLAY=display) as driver,
    ):
        _until(lambda: _get(f"{driver_at}/status"), driver)
        session = _post(
            f"{driver_at}/session", {"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": options}}}
        )["sessionId"]

        def ask(command: str, **facts: Any) -> Any:
            method, path = PATHS[command]
            address = f"{driver_at}/session/{session}" + path.format(**facts)
            return _get(address) if method == "GET" else _post(address, facts)

        browser = next(pid for pid in descendants(driver.pid) if window.name in _words(pid))
        try:
            yield browser, ask
        finally:
            with suppress(Trouble, OSError):
                _post(f"{driver_at}/session/{session}", None, method="DELETE")


@contextmanager
def _screen() -> Iterator[str]:
    """A screen that nobody sees; it names its own free number."""
    reading, writing = os.pipe()
    with _process(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "800x1000x24", "-nolisten", "tcp"], pass_fds=(writing,)
    ):
        os.close(writing)
        with os.fdopen(reading) as named:
            yield f":{named.readline().strip()}"


def _get(address: str) -> Any:
    return _post(address, None, method="GET")


def _post(address: str, facts: dict | None, method: str = "POST") -> Any:
    body = None if facts is None else json.dumps(facts).encode()
    request = urllib.request.Request(address, body, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S * 2) as answer:
            return json.load(answer)["value"]
    except urllib.error.HTTPError as error:
        raise Trouble(error.read().decode()) from None


# -- Firefox ---------------------------------------------------------------------------------------------------------

# Whatever is not on this machine goes to a port where nobody listens; the position comes from the preference itself.
PREFERENCES = {
    "network.proxy.type": 1, "network.proxy.http": "127.0.0.1", "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1", "network.proxy.ssl_port": 9, "marionette.port": 0,
    "dom.ipc.processCount": 1, "dom.ipc.processPrelaunch.enabled": False, "toolkit.startup.max_resumed_crashes": -1,
    "browser.shell.checkDefaultBrowser": False, "datareporting.policy.dataSubmissionEnabled": False,
    "intl.accept_languages": "zh-CN", "permissions.default.geo": 1, "geo.provider.use_geoclue": False,
}  # fmt: skip


@contextmanager
def firefox(profile: Path, at: tuple[float, float], *, draws_maps: bool = True) -> Iterator[Line]:
    place = {"location": {"lat": at[1], "lng": at[0]}, "accuracy": 6.0}
    preferences = {
        **PREFERENCES, "geo.provider.network.url": f"data:application/json,{json.dumps(place)}",
        "webgl.disabled": not draws_maps,
    }  # fmt: skip
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in preferences.items()]
    profile.mkdir(parents=True, exist_ok=True)
    (profile / "user.js").write_text("".join(lines))
    told = profile / "MarionetteActivePort"
    told.unlink(missing_ok=True)
    words = [
        FIREFOX, "--headless", "--marionette", "--no-remote", "--remote-allow-system-access", "--profile", str(profile),
    ]  # fmt: skip
    with _process(words, HOME=str(profile), MOZ_CRASHREPORTER_DISABLE="1") as firefox:
        _until(lambda: int(told.read_text()), firefox)
        with socket.create_connection(("127.0.0.1", int(told.read_text())), PATIENCE_S * 2) as line:
            ask = _marionette(line)
            ask("NewSession", capabilities={})
            _narrow(ask)
            yield firefox.pid, ask
            with suppress(OSError, ValueError, Trouble):
                ask("DeleteSession")


def _marionette(line: socket.socket) -> Callable[..., Any]:
    """Marionette's wire: LENGTH:[type, number, command, facts] both ways."""
    stream = line.makefile("rb")

    def message() -> Any:
        length = b""
        while (byte := stream.read(1)) not in (b":", b""):
            length += byte
        return json.loads(stream.read(int(length)))

    message()  # its greeting
    number = 0

    def ask(command: str, **facts: Any) -> Any:
        nonlocal number
        number += 1
        name = command if ":" in command else f"WebDriver:{command}"
        body = json.dumps([0, number, name, facts]).encode()
        line.sendall(b"%d:" % len(body) + body)
        _, _, error, result = message()
        if error:
            raise Trouble(f"{error['error']}: {error['message']}")
        return result["value"] if isinstance(result, dict) and set(result) == {"value"} else result

    return ask


def _narrow(ask: Callable[..., Any]) -> None:
    """A window of Firefox is never narrower than 450 px; the page inside it may be."""
    ask("Marionette:SetContext", value="chrome")
    ask(
        "ExecuteScript",
        script="const { style } = gBrowser.selectedBrowser; for (const [side, px] of [['width', 390], ['height', 844]])"
        " for (const limit of ['min', 'max']) style.setProperty(`${limit}-${side}`, `${px}px`);",
        args=[],
    )
    ask("Marionette:SetContext", value="content")


# -- processes -------------------------------------------------------------------------------------------------------


@contextmanager
def _process(words: list[str | None], pass_fds: tuple[int, ...] = (), **settings: str) -> Iterator[subprocess.Popen]:
    process = subprocess.Popen(
        [str(word) for word in words], env={**plain(), **settings}, pass_fds=pass_fds,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE_S)


def plain() -> dict[str, str]:
    """The environment without what leads the system's Python into ours, or a browser to a proxy."""
    left_out = ("PYTHON", "VIRTUAL_ENV")
    return {k: v for k, v in os.environ.items() if not k.startswith(left_out) and not k.lower().endswith("_proxy")}


def _until(answer: Callable[[], Any], process: subprocess.Popen) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError, ValueError):
            answer()
            return
        time.sleep(0.05)
    raise RuntimeError(f"{process.args} did not start")


def descendants(pid: int) -> list[int]:
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with suppress(OSError, IndexError, ValueError):
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    found = [pid]
    for parent in found:
        found += [child for child, its in parents.items() if its == parent]
    return found[1:]


def _words(pid: int) -> str:
    with suppress(OSError):
        return (Path("/proc") / str(pid) / "cmdline").read_bytes().decode(errors="replace")
    return ""
