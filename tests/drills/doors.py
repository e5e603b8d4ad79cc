"""The app's gate and routes in a process of its own, without pages and runners: `python doors.py PORT`.

It starts in a second, so that a drill that kills it again and again spends its time on captures. The long form kills
the whole app (`manage.py run`).
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware

from web.gate import Cookies, Gate
from web.routes import routes
from wiring import Settings, build


def main() -> None:
    services = build(Settings())
    cookies = Cookies(services.secret_key)

    app = Starlette(routes=routes(services, cookies), middleware=[Middleware(Gate, services=services, cookies=cookies)])
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")


if __name__ == "__main__":
    main()
