"""The admin API below ``/api/v1``: one module a resource, each a column of handlers over `gateway.operations`."""
