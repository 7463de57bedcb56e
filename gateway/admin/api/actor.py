"""Who acts through the admin API: there is one token, so that nobody can be told from another."""

from typing import Final

from gateway.messaging.optouts import Source
from gateway.operations.actors import Actor

BY: Final = Actor("admin-token", "admin", Source.API)
