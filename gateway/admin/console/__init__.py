"""The console: pages for operators, on the admin listener.

The law of this package: a page asks routes of the admin API, within the process (`asking`), and nothing else. So it can
do nothing that the API cannot, and roles, accounts, validation and masking are those of the API's routes. What a page
asks stands in its declaration (`page.Page`). Numbers and texts of people come in forms alone, never in a path or a
query.
"""
