"""What a page says once about what was just done; the browser carries the name alone, so that nothing can be put in."""

from typing import Final

FLASHES: Final = {
    "signed-out": "You are signed out.",
    "sign-in-first": "Sign in to go on.",
    "session-ended": "Your session had ended, so nothing was changed. Sign in, and do it once more.",
    "added": "The recipient is opted out.",
    "stays": "The recipient was opted out already; that was noted in the history.",
    "lifted": "The opt-out is lifted.",
    "nothing-lifted": "There was nothing to lift: the opt-out does not stand any more.",
    "retried": "The delivery is due now and will be tried at once.",
    "accepted": "The recipient is opted out, as STOP would have done.",
    "dismissed": "The item is dismissed; nothing was changed for its recipient.",
    "saved": "Saved.",
    "draft-saved": "Saved as a draft. It has no effect until Opt-Out Management is enabled.",
    "unchanged": "Nothing was different, so nothing was saved.",
    "enabled": "Advanced Opt-Out is enabled: the keyword sets are in force.",
    "disabled": "Advanced Opt-Out is disabled: the keyword sets are a draft again.",
    "restored": "The older settings are saved as a new version.",
    "synced": "Services and senders were read from Twilio.",
    "imported": "The import is done.",
}
