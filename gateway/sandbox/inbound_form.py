"""The parameters of an inbound message webhook. Pure.

Source: Twilio's Request to your Incoming Message Webhook URL; WhatsApp and RCS shapes as captured.
"""

import json

from gateway.sandbox.addresses import channel_of, is_short_code, region_of
from gateway.sandbox.segments import segments_of
from gateway.sandbox.state import Message

_GEOGRAPHY = (
    "ToCountry", "ToState", "ToCity", "ToZip", "FromCountry", "FromState", "FromCity", "FromZip",
)  # fmt: skip
_SHORT_CODE_COUNTRY = "US"


def inbound_params(message: Message) -> dict[str, str]:
    """Twilio's full set for that message; geography with SMS and MMS only, beyond countries as empty strings."""
    channel = channel_of(message.to)
    params = {} if channel else dict.fromkeys(_GEOGRAPHY, "") | _countries(message)
    params |= {
        "SmsMessageSid": message.sid,
        "NumMedia": str(len(message.media_urls)),
        "SmsSid": message.sid,
        "SmsStatus": "received",
        "Body": message.body,
        "To": message.to,
        "NumSegments": str(segments_of(message.body)),
        "MessageSid": message.sid,
        "AccountSid": message.account_sid,
        "From": message.sender or "",
        "ApiVersion": "2010-04-01",
    }
    if message.messaging_service_sid:
        params["MessagingServiceSid"] = message.messaging_service_sid
    for index, url in enumerate(message.media_urls):
        params[f"MediaUrl{index}"] = url
        params[f"MediaContentType{index}"] = "image/jpeg"
    return params | _channel_params(channel, message)


def _countries(message: Message) -> dict[str, str]:
    to = _SHORT_CODE_COUNTRY if is_short_code(message.to) else region_of(message.to)
    return {"ToCountry": to, "FromCountry": region_of(message.sender or "")}


def _channel_params(channel: str, message: Message) -> dict[str, str]:
    identity = (message.sender or "").removeprefix(channel).lstrip("+")
    if channel == "whatsapp:":
        context = {"ProfileName": "Sandbox phone", "WaId": identity}
        metadata = {"type": "whatsapp", "data": {"context": context}}
        return context | {
            "MessageType": "text",
            "ReferralNumMedia": "0",
            "ChannelMetadata": json.dumps(metadata, separators=(",", ":")),
        }
    if channel == "rcs:":
        return {"MessageType": "text", "ChannelMetadata": '{"type":"rcs","data":{"context":{}}}'}
    return {}
