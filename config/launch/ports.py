"""Choosing ports on the loopback address."""

import socket
import sys
from collections.abc import Iterable

from config.launch.home import LaunchError

HOST = "127.0.0.1"
# Below the range that the kernel hands out to clients, so that a remembered port stays free.
WEB, POSTGRES, VALKEY = 8000, 15432, 16379


def listen_on(port: int) -> socket.socket | None:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if sys.platform != "win32":
        # A port whose last connections are still fading is free for a server.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(128)
    except OSError:
        listener.close()
        return None
    return listener


def free_port(wanted: int, avoid: Iterable[int] = ()) -> int:
    """The wanted port, or the next free one above it."""
    with free_listener(wanted, avoid) as listener:
        port: int = listener.getsockname()[1]
    return port


def free_listener(wanted: int, avoid: Iterable[int] = ()) -> socket.socket:
    """A socket on such a port, so that nobody else can take it meanwhile."""
    shunned = set(avoid)
    for port in range(wanted, min(wanted + 500, 65536)):
        if port not in shunned and (listener := listen_on(port)):
            return listener
    raise LaunchError(f"{wanted} 起的 500 个端口都被占用，请用 --port 指定别的端口。")
