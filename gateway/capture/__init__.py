"""Captures of traffic: one record format, how it is written without numbers and secrets, and how it is played again."""
