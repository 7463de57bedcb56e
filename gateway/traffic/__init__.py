"""The listeners for apps and for Twilio: HTTP in, a journey, HTTP out; one log line and one count each."""
