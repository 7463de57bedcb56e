"""The check as an add-on of mitmproxy: a send to a recipient of the list, kept in memory, is answered 21610.

Runs in mitmproxy's own environment.
"""

import os

from mitmproxy import http

FIRST, COUNT = (int(number) for number in os.environ["OPT_OUTS"].split())
OPTED_OUT = {f"+{FIRST + 2 * number}" for number in range(COUNT)}


def request(flow: http.HTTPFlow) -> None:
    """Answer what is blocked."""
    if flow.request.urlencoded_form.get("To") in OPTED_OUT:
        body = '{"code": 21610, "message": "Attempt to send to unsubscribed recipient", "status": 400}'
        flow.response = http.Response.make(400, body, {"Content-Type": "application/json"})
