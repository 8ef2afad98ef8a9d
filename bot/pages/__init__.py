"""Pages for citizens beside the chat: rendered on the server, usable without JavaScript.

Whoever holds a page's address may use it (`common.links`), so addresses live short and are sent to nobody: no
referrer, no third party, no index.
"""

from bot.pages.install import install_pages

__all__ = ["install_pages"]
