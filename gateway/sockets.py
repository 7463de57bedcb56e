"""The sockets of the listeners, bound before anything is served; several processes may share them."""

import contextlib
import os
import socket
from dataclasses import dataclass
from typing import Any

from gateway.settings import Settings


class CannotListen(Exception):
    """A listener's address cannot be had; the text names the key of the settings and what to do."""


@dataclass(frozen=True, slots=True)
class Sockets:
    """The listeners' sockets, which listen already.

    ``webhook`` is empty where the traffic listener is the webhook listener as well.
    """

    traffic: tuple[socket.socket, ...]
    webhook: tuple[socket.socket, ...]
    admin: tuple[socket.socket, ...]

    @classmethod
    def bind(cls, settings: Settings) -> "Sockets":
        """Listen on all addresses of the settings, or on none. Raises `CannotListen`."""
        with contextlib.ExitStack() as undo:
            traffic = _bind("listen", settings.listen, undo)
            webhook = _bind("webhook_listen", settings.webhook_listen, undo) if settings.webhook_listen else ()
            bound = cls(traffic, webhook, _bind("admin_listen", settings.admin_listen, undo))
            undo.pop_all()
        return bound

    @property
    def ports(self) -> dict[str, int]:
        """The port of each listener, by the key of its address."""
        webhook = self.webhook or self.traffic
        listening = {"listen": self.traffic, "webhook_listen": webhook, "admin_listen": self.admin}
        return {key: int(sockets[0].getsockname()[1]) for key, sockets in listening.items()}

    def close(self) -> None:
        """Let this process listen no more; another that has the same sockets goes on."""
        for given in (*self.traffic, *self.webhook, *self.admin):
            given.close()


def _bind(key: str, address: str, undo: contextlib.ExitStack) -> tuple[socket.socket, ...]:
    """Listen on whatever a host and a port stand for; ``undo`` closes it again."""
    host, _, port = address.rpartition(":")
    try:
        found = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        places = dict.fromkeys((family, place) for family, _, _, _, place in found)
        return tuple(undo.enter_context(contextlib.closing(_listening(family, place))) for family, place in places)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error.strerror)
        raise CannotListen(f"{key}: cannot listen on {address} ({why}); free it or set {key}") from None


def _listening(family: int, place: tuple[Any, ...]) -> socket.socket:
    return socket.create_server(place, family=family)
