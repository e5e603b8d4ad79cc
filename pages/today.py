"""The first screen, by role."""

from ui import shell

say = shell.say()
shell.title(say("page.today"))
