"""The pure core: what a message is, whom a keyword covers, whether a send may leave.

Law of this package: no ``await``, no clock, no log, no environment, no randomness. Time is an argument.
"""
