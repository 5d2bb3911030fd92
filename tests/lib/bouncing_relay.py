"""bouncing_relay.py MAILDIR: a relay at a free port of this machine, which it prints.
It takes all mail, and nobody@ANYWHERE then turns out not to be there: a delivery status
notification (RFC 3464) with the headers of the mail goes to its return address, which
is in MAILDIR. refused@ANYWHERE is refused at RCPT."""
import itertools
import os
import re
import socketserver
import sys

numbers = itertools.count(1)


def notification(sender, receiver, mail):
    headers = mail.partition(b"\r\n\r\n")[0].decode()
    return f"""From: Mail Delivery System <MAILER-DAEMON@relay.test>
To: {sender}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b

The mail could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.test

Final-Recipient: rfc822; {receiver}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such mailbox here

--b
Content-Type: text/rfc822-headers

{headers}

--b--
""".replace("\r", "").encode()


def deliver(mail):
    name = f"{next(numbers)}.relay"
    with open(os.path.join(sys.argv[1], "tmp", name), "wb") as f:
        f.write(mail)
    os.rename(os.path.join(sys.argv[1], "tmp", name), os.path.join(sys.argv[1], "new", name))


class Relay(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def take(self, sender, receiver):
        self.say("354 go on")
        lines = []
        for line in iter(self.rfile.readline, b".\r\n"):
            lines.append(line[1:] if line.startswith(b"..") else line)
        if receiver.startswith("nobody@"):
            deliver(notification(sender, receiver, b"".join(lines)))
        self.say("250 2.0.0 taken")

    def handle(self):
        sender = receiver = ""
        self.say("220 relay.test")
        for line in self.rfile:
            text = line.decode().strip()
            address = re.search("<(.*)>", text)
            if text.upper() == "DATA":
                self.take(sender, receiver)
                continue
            if text.upper().startswith("MAIL"):
                sender = address[1]
            elif text.upper().startswith("RCPT"):
                receiver = address[1]
                if receiver.startswith("refused@"):
                    self.say("550 5.1.1 not here")
                    continue
            self.say("221 bye" if text.upper() == "QUIT" else "250 relay.test")
            if text.upper() == "QUIT":
                break


with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Relay) as server:
    server.daemon_threads = True
    print(server.server_address[1], flush=True)
    server.serve_forever()
