#!/usr/bin/python3
"""A WebKit window of a phone's size over a profile that stays, for the tests in test_other_engines.py.

WebKitWebDriver starts it by the system's own Python (python3-gi). WebKitGTK's MiniBrowser forgets everything with its
automation session, so that nothing could be killed and opened again there; and it has no position to give.
"""

from __future__ import annotations

import argparse

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("WebKit2", "4.1")
from gi.repository import Gtk, WebKit2  # noqa: E402  (the versions must be asked for first)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--profile", required=True)
    parser.add_argument("--lon", type=float, required=True)
    parser.add_argument("--lat", type=float, required=True)
    parser.add_argument("--automation", action="store_true")
    asked = parser.parse_args()

    data = WebKit2.WebsiteDataManager(
        base_data_directory=f"{asked.profile}/data", base_cache_directory=f"{asked.profile}/cache"
    )
    context = WebKit2.WebContext(website_data_manager=data)
    context.set_automation_allowed(True)
    context.set_preferred_languages(["zh-CN"])
    cookies = context.get_cookie_manager()
    cookies.set_persistent_storage(f"{asked.profile}/cookies.sqlite", WebKit2.CookiePersistentStorage.SQLITE)

    def here(manager: WebKit2.GeolocationManager) -> bool:
        manager.update_position(WebKit2.GeolocationPosition.new(asked.lat, asked.lon, 6))
        return True

    context.get_geolocation_manager().connect("start", here)

    window = Gtk.Window(title="phone")
    window.connect("destroy", Gtk.main_quit)

    def new_view(_session: WebKit2.AutomationSession) -> WebKit2.WebView:
        view = WebKit2.WebView(web_context=context, is_controlled_by_automation=True)
        view.connect("permission-request", lambda _view, request: request.allow() or True)
        view.set_size_request(390, 844)
        window.add(view)
        window.show_all()
        return view

    context.connect("automation-started", lambda _context, session: session.connect("create-web-view", new_view))
    Gtk.main()


main()
