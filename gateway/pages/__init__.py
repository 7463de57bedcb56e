"""What all our web pages share: layout, style, security headers, and live parts. It knows nothing of what they show.

A page is a template that extends `layout.html`. It works by links, forms and reloads alone; where the browser runs
scripts, `static/live.js` keeps its live parts current and sends its forms without a reload.
"""

from gateway.pages.assets import Assets
from gateway.pages.live import Changes, serve_parts
from gateway.pages.rendering import Pages
from gateway.pages.security import SECURITY_HEADERS

__all__ = ["SECURITY_HEADERS", "Assets", "Changes", "Pages", "serve_parts"]
