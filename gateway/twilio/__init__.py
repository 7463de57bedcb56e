"""Twilio's language: paths, forms, error bodies, TwiML, signatures; and the client that speaks to it.

Law of this package: it knows how things are said to Twilio and by Twilio, never what is to be decided. No client
exception leaves it; what goes wrong upstream is an `UpstreamError`.
"""
