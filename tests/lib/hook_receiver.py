#!/usr/bin/python3
"""hook_receiver LEDGER: a receiver of webhooks that does what the path says.

Prints the port it listens on. Each request that came in whole is one line of
LEDGER, on disk before a byte is answered: "WHAT ID TIME SIGNATURE PATH BODY",
the last in hex, WHAT "accepted" or "refused". Ends when stdin does.
"""
import os
import random
import socket
import struct
import sys
import threading
import time

ledger = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
chance = random.Random(1)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def answer(code, more=b""):
    return b"HTTP/1.1 %d Said\r\nContent-Length: 5\r\n%s\r\nwords" % (code, more)


def ends_with_reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


# Path -> (accepted, answer); None: the connection is closed without one.
ROWS = {
    "/200": (True, OK),
    "/204": (True, b"HTTP/1.1 204 No Content\r\n\r\n"),
    "/302": (False, answer(302, b"Location: /200\r\n")),
    "/400": (False, answer(400)),
    "/410": (False, answer(410)),
    "/429": (False, answer(429, b"Retry-After: 7200\r\n")),
    "/500": (False, answer(500)),
    "/503": (False, answer(503)),
    "/drop": (True, None),
    "/reset": (True, "reset"),
    "/stall": (True, "stall"),
    "/slow-header": (True, "slow"),
    "/garbage": (True, b"\x00\x01 220 mail.example ESMTP\r\n\r\n"),
    "/status-999": (True, answer(999)),
    "/only-100": (True, b"HTTP/1.1 100 Continue\r\n\r\n"),
    "/cut-header": (True, b"HTTP/1.1 200 OK\r\nContent-Le"),
    "/cut-body": (True, b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nok"),
    "/endless": (True, "endless"),
}
RANDOM = ["/200"] * 60 + ["/500", "/503", "/429"] * 5 + ["/drop", "/reset"] * 5 + ["/stall"] * 2


def read_request(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return None
        data += piece
    head, body = data.split(b"\r\n\r\n", 1)
    lines = head.decode().split("\r\n")
    headers = {}
    for line in lines[1:]:
        name, value = line.split(":", 1)
        headers[name.lower()] = value.strip()
    while len(body) < int(headers.get("content-length", "0")):
        piece = connection.recv(65536)
        if not piece:
            return None
        body += piece
    return lines[0].split(" ")[1], headers, body


def note(what, path, headers, body):
    words = [headers.get("webhook-" + name, "-") for name in ("id", "timestamp", "signature")]
    line = " ".join([what, *words, path, body.hex() or "-"]) + "\n"
    os.write(ledger, line.encode())
    os.fsync(ledger)


def send_slowly(connection):
    for byte in OK:
        connection.sendall(bytes([byte]))
        time.sleep(0.2)


def send_endlessly(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(b"x" * 65536)


def serve(connection):
    request = read_request(connection)
    if request is None:
        return
    path, headers, body = request
    if path == "/random":
        time.sleep(0.005)
        path = chance.choice(RANDOM)
    accepted, reply = ROWS[path]
    note("accepted" if accepted else "refused", path, headers, body)
    if reply == "reset":
        ends_with_reset(connection)
    elif reply == "stall":
        time.sleep(3)
    elif reply == "slow":
        send_slowly(connection)
    elif reply == "endless":
        send_endlessly(connection)
    elif reply is not None:
        connection.sendall(reply)


def handle(connection):
    with connection:
        try:
            serve(connection)
        except OSError:
            pass


def accept(listener):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=handle, args=(connection,), daemon=True).start()


listening = socket.create_server(("127.0.0.1", 0), backlog=128)
os.write(1, b"%d\n" % listening.getsockname()[1])
threading.Thread(target=accept, args=(listening,), daemon=True).start()
sys.stdin.read()
