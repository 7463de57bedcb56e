"""Twilio's errors as the sandbox answers them.

Sources: Twilio, Error and Warning Dictionary (codes), Twilio's Response (form); texts as clients recorded them.
"""

from dataclasses import dataclass

MORE_INFO = "https://www.twilio.com/docs/errors/{code}"

# code: (HTTP status, message); braces are filled from the keyword arguments of `TwilioError.of`.
ERRORS: dict[int, tuple[int, str]] = {
    20001: (400, "Invalid parameter: {parameter}"),
    20003: (401, "Authenticate"),
    20004: (405, "Method not allowed"),
    20404: (404, "The requested resource {path} was not found"),
    20410: (410, "Gone: {path} is discontinued"),
    20429: (429, "Too Many Requests"),
    20500: (500, "An internal server error has occurred"),
    21211: (400, "Invalid 'To' Phone Number: {to}"),
    21602: (400, "Message body is required."),
    21603: (400, "A 'From' phone number is required."),
    21604: (400, "A 'To' phone number is required."),
    21606: (
        400,
        "The From phone number {sender} is not a valid, SMS-capable inbound phone number or short code "
        "for your account.",
    ),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit."),
    21623: (400, "Number of media files exceeds allowed limit"),
    21664: (400, "FallbackFrom cannot be used with a From that is a phone number or RCS sender"),
    21665: (400, "FallbackFrom {sender} is not a valid sender of your account"),
    21666: (400, "FallbackFrom requires a MessagingServiceSid"),
    21667: (400, "FallbackFrom requires a Messaging Service with an RCS sender"),
    21701: (404, "The Messaging Service does not exist"),
    21703: (400, "The Messaging Service does not have a phone number available to send a message"),
    21705: (400, "The Messaging Service Sid {sid} is invalid"),
    21710: (409, "Phone Number or Short Code is already in the Messaging Service"),
    21712: (409, "Phone Number or Short Code is associated with another Messaging Service"),
    30409: (400, "The message is not scheduled and cannot be canceled"),
    35111: (400, "SendAt is required for a scheduled message"),
    35114: (400, "SendAt is not a valid ISO 8601 date and time"),
    35115: (400, "SendAt must be more than 300 seconds and at most 35 days in the future"),
    35118: (400, "MessagingServiceSid is required to schedule a message"),
    70051: (401, "Authorization Error: required permission {permission} is missing"),
}


@dataclass(eq=False)
class TwilioError(Exception):
    """An answer in Twilio's error form."""

    code: int
    message: str
    status: int
    """HTTP status, repeated in the body."""

    @classmethod
    def of(cls, code: int, **details: str) -> "TwilioError":
        """The error of that code, its message filled with `details`."""
        status, message = ERRORS[code]
        return cls(code, message.format(**details), status)

    @property
    def document(self) -> dict[str, object]:
        """The JSON body."""
        more_info = MORE_INFO.format(code=self.code)
        return {"code": self.code, "message": self.message, "more_info": more_info, "status": self.status}
