"""Front door: draws the pages when Streamlit runs it, offers the ASGI app when it is imported."""

from __future__ import annotations

from contextlib import asynccontextmanager

import streamlit as st
from starlette.middleware import Middleware
from streamlit.runtime.pages_manager import PagesManager

from jobs.runner import running
from ui import shell
from web.gate import Cookies, Gate
from web.metrics import Metrics
from web.routes import routes
from web.watch import Watch
from wiring import Settings, greet, services


@asynccontextmanager
async def lifespan(_app):
    # Until the first st.navigation Streamlit would run pages/NAME.py by itself, without the shell.
    PagesManager.uses_pages_directory = False
    settings = Settings()
    greet(services(), settings)
    with running(services(), settings.runners):
        yield


if __name__ == "__main__":
    shell.draw(services())
else:
    built = services()
    cookies, metrics = Cookies(built.secret_key), Metrics(built)
    app = st.App(
        __file__,
        routes=routes(built, cookies, metrics),
        middleware=[
            Middleware(Watch, services=built, metrics=metrics),
            Middleware(Gate, services=built, cookies=cookies),
        ],
        lifespan=lifespan,
    )
