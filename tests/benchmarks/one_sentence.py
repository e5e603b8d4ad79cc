"""A Streamlit page of one sentence, behind the gate's compressed files or without them: what bench_page.py loads.

SLG_BENCH_STATIC=plain leaves /static to Streamlit, which sends it as it lies on the disk.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import streamlit as st

SENTENCE = "今天没有要办的事"


if __name__ == "__main__":
    st.write(SENTENCE)
else:
    from starlette.middleware import Middleware

    sys.path.insert(0, str(Path(__file__).parents[2]))
    from web.static import StreamlitFiles

    class Files:
        """The one thing the gate does here: answer /static from StreamlitFiles."""

        def __init__(self, app) -> None:
            self._app = app
            self._files = StreamlitFiles()

        async def __call__(self, scope, receive, send) -> None:
            is_file = scope["type"] == "http" and scope["path"].startswith("/static/")
            await (self._files if is_file else self._app)(scope, receive, send)

    is_plain = os.environ.get("SLG_BENCH_STATIC") == "plain"
    app = st.App(__file__, middleware=[] if is_plain else [Middleware(Files)])
