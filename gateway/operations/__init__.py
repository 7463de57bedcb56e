"""What an operator does, alike for the command line, the admin API and the console."""
