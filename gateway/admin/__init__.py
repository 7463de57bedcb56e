"""The listener for operators: health and metrics; the admin API and the console have their room here."""
