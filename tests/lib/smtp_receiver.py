"""smtp_receiver PORT DIR plain|tls|tls-first|tls-new|auth|auth-tls|auth-later|token|token-bearer|utf8|early

A mail server of aiosmtpd: message N becomes DIR/N.eml, byte for byte after
dot-unstuffing. `tls`: it takes mail after STARTTLS alone and writes version
and server name of the handshake to DIR/tls. `auth`: it takes mail from the
user "acme@relay.example" with the password "open sesame" alone, at `auth-tls`
after STARTTLS, and at `auth-later` it says 454 to everybody; each attempt is a
line in DIR/logins. `tls-first`: TLS from the first byte. `tls-new`: as `tls`,
and nothing below TLS 1.3. `token`: after STARTTLS it knows XOAUTH2, `token-bearer`
OAUTHBEARER, and the token that is in DIR/good; what is no good is answered as
Google does, by a challenge. `utf8` offers SMTPUTF8. Whom a message is from and for
is in DIR/envelope. `early` is no server: it answers
STARTTLS and, in plain text with it, all commands that may follow. Both have
their certificate from DIR/cert.pem and DIR/key.
"""
import asyncio
import contextlib
import os
import socket
import ssl
import sys


class Keeper:
    def __init__(self, directory):
        self.directory = directory
        self.count = 0
        self.name = "-"
        self.later = False

    async def handle_DATA(self, server, session, envelope):
        path = os.path.join(self.directory, f"{self.count}.eml")
        self.count += 1
        with open(path, "wb") as f:
            f.write(envelope.original_content)
        with open(os.path.join(self.directory, "envelope"), "w") as f:
            f.write(f"{envelope.mail_from} {','.join(envelope.rcpt_tos)} {' '.join(envelope.mail_options)}")
        tls = server.transport.get_extra_info("ssl_object")
        if tls:
            with open(os.path.join(self.directory, "tls"), "w") as f:
                f.write(f"{tls.version()} {self.name}")
        return "250 2.0.0 kept"

    def authenticate(self, mechanism, data):
        from aiosmtpd.smtp import AuthResult

        good = (data.login, data.password) == (b"acme@relay.example", b"open sesame")
        with open(os.path.join(self.directory, "logins"), "a") as f:
            f.write(f"{mechanism} {'good' if good else 'bad'}\n")
        if self.later:
            return AuthResult(success=False, handled=False, message="454 4.7.0 not now")
        return AuthResult(success=good, handled=False)

    async def token(self, server, mechanism, args):
        from aiosmtpd.smtp import AuthResult

        said = args[1].encode() if len(args) > 1 else await server.challenge_auth("")
        with open(os.path.join(self.directory, "good")) as f:
            good = f"auth=Bearer {f.read().strip()}\x01".encode()
        user = b"=acme@relay.example" in said
        well = isinstance(said, bytes) and user and said.split(b"\x01", 1)[1].find(good) >= 0
        with open(os.path.join(self.directory, "logins"), "a") as f:
            f.write(f"{mechanism} {'good' if well else 'bad'}\n")
        if not well:
            await server.challenge_auth('{"status":"400","schemes":"Bearer"}')
        return AuthResult(success=well, handled=False)

    def note_name(self, _sock, name, _context):
        self.name = name or "-"


class XOAUTH2(Keeper):
    async def auth_XOAUTH2(self, server, args):
        return await self.token(server, "XOAUTH2", args)


class OAUTHBEARER(Keeper):
    async def auth_OAUTHBEARER(self, server, args):
        return await self.token(server, "OAUTHBEARER", args)


KEEPERS = {"token": XOAUTH2, "token-bearer": OAUTHBEARER}


def context_of(directory):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(directory, "cert.pem"), os.path.join(directory, "key"))
    return context


def serve(port, directory, mode):
    from aiosmtpd.smtp import SMTP

    keeper = KEEPERS.get(mode, Keeper)(directory)
    keeper.later = mode == "auth-later"
    first = mode == "tls-first"
    secure = mode in ("tls", "tls-new", "auth-tls", *KEEPERS)
    context = context_of(directory) if secure or first else None
    if mode == "tls-new":
        context.minimum_version = ssl.TLSVersion.TLSv1_3
    login = {}
    if mode.startswith("auth") or mode in KEEPERS:
        login = {"authenticator": lambda server, session, envelope, mechanism, data:
                 keeper.authenticate(mechanism, data),
                 "auth_required": True, "auth_require_tls": secure,
                 "auth_exclude_mechanism": os.environ.get("AUTH_WITHOUT", "").split()}
    if context:
        context.sni_callback = keeper.note_name
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)

    def session():
        return SMTP(keeper, hostname="receiver.example", loop=loop, tls_context=None if first else context,
                    require_starttls=secure, data_size_limit=0, enable_SMTPUTF8=mode == "utf8", **login)

    loop.run_until_complete(loop.create_server(session, "127.0.0.1", port, ssl=context if first else None))
    loop.run_forever()


def speak_early(client, directory):
    client.sendall(b"220 receiver.example\r\n")
    if not client.recv(4096):
        return
    client.sendall(b"250-receiver.example\r\n250 STARTTLS\r\n")
    client.recv(4096)
    client.sendall(b"220 go on\r\n250 hello\r\n250 ok\r\n250 ok\r\n354 go on\r\n250 accepted\r\n")
    seen = b""
    with contextlib.suppress(OSError), context_of(directory).wrap_socket(client, server_side=True) as inside:
        seen = inside.recv(65536)
    with open(os.path.join(directory, "seen"), "ab") as f:
        f.write(seen)


def serve_early(port, directory, _mode):
    """Who only looks whether somebody is there may be gone before the greeting."""
    listener = socket.create_server(("127.0.0.1", port))
    while True:
        client, _ = listener.accept()
        with client, contextlib.suppress(OSError):
            speak_early(client, directory)


if __name__ == "__main__":
    port, directory, mode = sys.argv[1:]
    (serve_early if mode == "early" else serve)(int(port), directory, mode)
