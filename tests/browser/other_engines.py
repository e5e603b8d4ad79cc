"""WebKit and Firefox for the offline app's tests: a phone's window over a profile that can be killed and opened again.

Only the verbs that the tests need; engine_lines.py starts the browsers and carries the commands.
"""

from __future__ import annotations

import base64
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.browser.engine_lines import (
    FIREFOX,
    PATIENCE_S,
    WEBKIT_DRIVER,
    Ask,
    Trouble,
    descendants,
    firefox,
    plain,
    webkit,
)

SYSTEM_PYTHON = "/usr/bin/python3"
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the name that W3C WebDriver gives a reference to an element


def lack_of(engine: str) -> str | None:
    """What to install for this engine, or None when all is there."""
    if engine == "firefox":
        return None if FIREFOX else "no Firefox on this machine: apt install firefox-esr"
    window = [SYSTEM_PYTHON, "-c", "import gi; gi.require_version('WebKit2', '4.1'); from gi.repository import WebKit2"]
    if WEBKIT_DRIVER and shutil.which("Xvfb"):
        with suppress(OSError):
            if subprocess.run(window, env=plain(), capture_output=True).returncode == 0:
                return None
    return "no WebKit on this machine: apt install webkit2gtk-driver gir1.2-webkit2-4.1 python3-gi xvfb"


class Phone:
    """One start of a browser; the few things a person does. `ask` sends one command of W3C WebDriver."""

    def __init__(self, url: str, pid: int, ask: Ask) -> None:
        self._url, self._pid, self._ask = url, pid, ask

    def open(self, path: str) -> None:
        self._ask("Navigate", url=self._url + path)

    def reload(self) -> None:
        """As a person does it. (Marionette's own command forces its way past the service worker.)"""
        self.run("window.isOld = true; setTimeout(() => location.reload())")
        self.wait("!window.isOld && document.readyState === 'complete'")

    def run(self, body: str, *arguments: Any) -> Any:
        """The value of an async function's body in the page; its arguments are called `a`."""
        script = (
            "const [a, done] = [[...arguments].slice(0, -1), arguments[arguments.length - 1]];"
            f"(async () => {{ {body} }})().then((value) => done({{ value }}), (error) => done({{ error: `${{error}}` }}));"
        )
        answer = self._ask("ExecuteAsyncScript", script=script, args=list(arguments))
        if "error" in answer:
            raise Trouble(answer["error"])
        return answer.get("value")

    def wait(self, expression: str, *arguments: Any) -> Any:
        """Waits until the expression is true on the page, over reloads and navigations too. Gives its value."""
        look = (
            "for (const until = Date.now() + 1000; Date.now() < until; ) {"
            f" const found = await ({expression}); if (found) return found;"
            " await new Promise((resolve) => setTimeout(resolve, 50)); }"
        )
        until, last = time.monotonic() + PATIENCE_S, None
        while time.monotonic() < until:
            try:
                if found := self.run(look, *arguments):
                    return found
            except Trouble as trouble:  # the page went away under the question
                last = trouble
        page = self.run("return `${location.href}\\n${document.body.innerText}`")
        raise AssertionError(f"never true: {expression} {arguments} {last or ''}\n{page}")

    def wait_for(self, testid: str) -> None:
        self.wait("document.querySelector(`[data-testid='${a[0]}']`)?.checkVisibility()", testid)

    def wait_for_text(self, text: str) -> None:
        self.wait("document.body.innerText.includes(a[0])", text)

    def press(self, where: str) -> None:
        """where: a test id, or a CSS selector."""
        self._ask("ElementClick", id=self._find(where))

    def write(self, where: str, text: str) -> None:
        self._ask("ElementSendKeys", id=self._find(where), text=text)

    def attach(self, testid: str, file: Path) -> None:
        """Chooses a file, as the camera or the album would hand it over."""
        self._ask("ElementSendKeys", id=self._find(testid), text=str(file))

    def picture(self, file: Path) -> None:
        file.write_bytes(base64.b64decode(self._ask("TakeScreenshot", full=False)))

    def kill(self) -> None:
        """SIGKILL to this browser and the processes that it started, as when a phone's battery ends."""
        for pid in [self._pid, *descendants(self._pid)]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _find(self, where: str) -> str:
        selector = f"[data-testid='{where}']" if re.fullmatch(r"[\w-]+", where) else where
        self.wait("document.querySelector(a[0])", selector)
        return self._ask("FindElement", using="css selector", value=selector)[ELEMENT]


@contextmanager
def opened(
    engine: str, profile: Path, url: str, at: tuple[float, float], *, draws_maps: bool = True
) -> Iterator[Phone]:
    """One start over `profile`, 390 x 844, in Chinese, standing at (lon, lat); ends with the block, killed or not.

    draws_maps: False takes WebGL away, in Firefox.
    """
    with webkit(profile, at) if engine == "webkit" else firefox(profile, at, draws_maps=draws_maps) as (pid, ask):
        yield Phone(url, pid, ask)
