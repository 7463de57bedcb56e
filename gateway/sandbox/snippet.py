"""The few lines by which an app of one's own comes to the sandbox, or to the gateway before it."""

import json


def snippet(base_url: str, account_sid: str, auth_token: str, to: str, sender: str) -> str:
    """A Python program for Twilio's SDK that sends one message; what is put into it is quoted."""
    url, sid, token, recipient, from_ = map(json.dumps, (base_url, account_sid, auth_token, to, sender))
    return f"""\
from twilio.rest import Client

client = Client({sid}, {token})
client.api.base_url = {url}
message = client.messages.create(
    to={recipient}, from_={from_}, body="Your table is booked."
)
print(message.sid, message.status)
"""
