"""Report a problem: the capture form, the same module that the offline app mounts."""

from ui import bundle, shell
from wiring import services

actor, say = shell.actor(), shell.say()
urls = services().bundles.urls
bundle.mount(
    "capture",
    urls,
    key="capture",
    person={"id": actor.person_id, "name": actor.name},
    catalogue=services().intake.catalogue(actor).as_json(services().policy.today()),
    home="/",
    app_href="/capture/",
    **bundle.common(say, urls, "capture", "map"),
)
