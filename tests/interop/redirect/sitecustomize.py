"""Sends what dials `gateway.test` to the gateway under test; no more of a client is changed."""

import os
import socket

_find = socket.getaddrinfo


def _redirected(host, port, *args, **kwargs):
    if host in ("gateway.test", b"gateway.test"):
        host, port = "127.0.0.1", int(os.environ["GATEWAY_PORT"])
    return _find(host, port, *args, **kwargs)


socket.getaddrinfo = _redirected
