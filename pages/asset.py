"""To be drawn next."""

from ui import shell

say = shell.say()
shell.title(say("page.asset"))
