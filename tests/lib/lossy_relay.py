"""A wire to a relay that loses what it is told to.

    lossy_relay.py PORT FATE...

Listens on a port of its own, which is the first line it prints, and hands each
connection on to 127.0.0.1:PORT. The Nth message, over all connections, has the
Nth fate; those after the last are left alone:

    well    goes through
    mute    arrives, and its reply is lost with the connection
    cut     loses its last bytes, and the connection
"""

import socket
import sys
import threading

DOT = b"\r\n.\r\n"


class Fates:
    def __init__(self, fates):
        self.fates, self.lock = list(fates), threading.Lock()

    def next(self):
        with self.lock:
            return self.fates.pop(0) if self.fates else "well"


def close(*ends):
    for end in ends:
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def replies(relay, client, state):
    """Everything the relay says, until its answer to a message is to be lost."""
    while data := relay.recv(65536):
        if state["mute"]:
            break
        client.sendall(data)
    close(relay, client)


def serve(client, port, fates):
    relay = socket.create_connection(("127.0.0.1", port))
    state = {"mute": False}
    threading.Thread(target=replies, args=(relay, client, state), daemon=True).start()
    seen = b""
    try:
        while data := client.recv(65536):
            seen = (seen + data)[-65536 - len(DOT):]
            if DOT in seen:
                seen = b""
                fate = fates.next()
                if fate == "cut":
                    relay.sendall(data[: max(0, len(data) - len(DOT))])
                    break
                state["mute"] = fate == "mute"
            relay.sendall(data)
    except OSError:
        pass
    close(relay, client)


def main():
    port, fates = int(sys.argv[1]), Fates(sys.argv[2:])
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        client, _ = listener.accept()
        threading.Thread(target=serve, args=(client, port, fates), daemon=True).start()


main()
