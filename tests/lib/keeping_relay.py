"""keeping_relay.py DIR: a relay at a free port of this machine, which it prints;
message N becomes DIR/N.eml."""
import itertools
import os
import socketserver
import sys

numbers = itertools.count(1)


class Relay(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text + b"\r\n")

    def keep(self):
        self.say(b"354 go on")
        lines = []
        for line in iter(self.rfile.readline, b".\r\n"):
            lines.append(line[1:] if line.startswith(b"..") else line)
        with open(os.path.join(sys.argv[1], f"{next(numbers)}.eml"), "wb") as f:
            f.write(b"".join(lines))

    def handle(self):
        self.say(b"220 relay.test")
        for line in self.rfile:
            verb = line.strip().upper()
            if verb == b"DATA":
                self.keep()
            self.say(b"221 bye" if verb == b"QUIT" else b"250 relay.test")
            if verb == b"QUIT":
                break


with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Relay) as server:
    server.daemon_threads = True
    print(server.server_address[1], flush=True)
    server.serve_forever()
