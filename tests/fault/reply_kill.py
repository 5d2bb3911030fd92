"""The program is killed while people answer.

    reply_kill.py ROOT BUILD [--kills N] [--seed N] [--people N]
        [--connections N]

A campaign was sent, and everybody answers: half of the answers lie in a
Maildir, half are handed over by LMTP by a mail system that sends again what
was not answered with 250. `guidon run` takes them and brings them to the
partner over SMTP, to guidon_sink, which writes down what it accepted; it is
killed with SIGKILL at moments drawn from the seed, and started again. In
between every third mail that was moved is put back, as a power cut would.
When all kills are used up it runs until nothing is left to do.

    lost    an answer that is no reply in the store, or not on its way; SENT
            and not accepted; accepted and neither SENT nor IN-DOUBT; in doubt
            with its words gone; a mail left in new/
    twice   bytes that were accepted more than once, more deliveries than
            answers
    kept    words that are still in the store though they were SENT

and no more is in doubt than there were connections at the kills.

Exit status 1 when a promise broke; then all files are left for looking.
"""

import argparse
import collections
import email
import email.policy
import os
import pathlib
import random
import shutil
import smtplib
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

from crash_campaign import Sink

BEFORE, DUE = "2026-03-19T08:00:00Z", "2026-03-20T12:00:00Z"
READY, CLAIMED, MARKED, IN_DOUBT, HELD, SENT = range(6)
PATIENCE_S = 120


class Mailbox:
    """A Maildir."""

    def __init__(self, folder):
        self.folder = folder
        for name in ("new", "cur", "tmp"):
            (folder / name).mkdir(parents=True)

    def put(self, name, mail):
        (self.folder / "tmp" / name).write_bytes(mail)
        (self.folder / "tmp" / name).rename(self.folder / "new" / name)

    def put_back(self):
        for path in sorted((self.folder / "cur").iterdir())[::3]:
            path.rename(self.folder / "new" / path.name)

    def left(self):
        return len(list((self.folder / "new").iterdir()))


class MailSystem(threading.Thread):
    """Hands over by LMTP, again and again until it is told 250."""

    def __init__(self, path, mails):
        super().__init__(daemon=True)
        self.path, self.mails = path, mails

    def hand_over(self, client, to, mail):
        client.mail("reader@home.example")
        client.rcpt(to)
        return client.data(mail)[0]

    def run(self):
        while self.mails:
            try:
                client = smtplib.LMTP(str(self.path))
                client.ehlo()
                while self.mails and self.hand_over(client, *self.mails[-1]) == 250:
                    self.mails.pop()
            except (OSError, smtplib.SMTPException):
                time.sleep(0.02)


class World:
    def __init__(self, args, here):
        self.args, self.here = args, here
        self.env = dict(os.environ, TERM="dumb", GUIDON_STATE=str(here / "state"))
        for name in ("GUIDON_STORE", "GUIDON_MAIL", "GUIDON_POSTS", "GUIDON_INTAKE"):
            self.env.pop(name, None)
        for name in ("templates", "assets", "campaigns"):
            shutil.copytree(args.root / name, here / name)
        shutil.copy(args.root / "partners.csv", here)
        site = (args.root / "guidon.xml").read_text()
        (here / "guidon.xml").write_text(site.replace("sender-domain=", 'bounces="@back.northwind.example" sender-domain=', 1))
        self.box = Mailbox(here / "box")
        self.sink = Sink(args.build, here / "ledger")

    def start(self, *words):
        with open(self.here / "log", "ab") as log:
            return subprocess.Popen([self.args.build / "guidon", "--workspace", self.here, "--quiet", *words],
                                    env=self.env, stdout=log, stderr=log)

    def must(self, *words):
        if self.start(*words).wait() != 0:
            sys.exit(f"reply_kill: guidon {' '.join(map(str, words))} failed, see {self.here}/log")

    def send_campaign(self):
        people = "".join(f"p{n}@reader.example,Jo,yes,customer,security\n" for n in range(self.args.people))
        (self.here / "list.csv").write_text("email,given_name,consent,consent_basis,tags\n" + people)
        self.must("--now", BEFORE, "contact", "import", self.here / "list.csv", "--partner", "acme")
        self.must("--now", BEFORE, "plan", "-o", self.here / "plan")
        self.must("--now", BEFORE, "apply", self.here / "plan")
        self.must("--now", DUE, "run", "--once", "--mail", f"spool:{self.here}/out")

    def answers(self):
        """(address of ours, mail) of everybody."""
        found = []
        for path in sorted((self.here / "out").glob("*/*.eml")):
            mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            to = mail["Reply-To"].addresses[0].addr_spec
            if not mail["To"].addresses[0].domain == "reader.example":
                continue
            found.append((to, f"From: somebody@home.example\r\nTo: {to}\r\nSubject: Re: {mail['Subject']}\r\n"
                          f"Message-ID: <{len(found)}@home.example>\r\n\r\nYes, please: {len(found)}\r\n"
                          .encode("utf-8")))
        return found

    def run(self):
        return self.start("run", "--mail", f"smtp://127.0.0.1:{self.sink.port}", "--intake",
                          f"maildir:{self.here}/box lmtp:{self.here}/lmtp", "--connections", str(self.args.connections))

    def query(self, sql):
        store = sqlite3.connect(self.here / "state/store.db", timeout=30)
        rows = store.execute(sql).fetchall()
        store.close()
        return rows

    def is_done(self, system):
        open_ = self.query("SELECT count(*) FROM delivery WHERE step = '@reply' AND state IN (0, 1, 2)")[0][0]
        return not system.is_alive() and self.box.left() == 0 and open_ == 0

    def judge(self, answers, kills):
        hashes = collections.Counter()
        for line in (self.here / "ledger").read_text().splitlines():
            words = line.split(" ")
            if words[0] == "accepted":
                hashes[words[2]] += 1
        rows = self.query("SELECT d.state, lower(hex(d.sha256)), r.mail IS NOT NULL FROM reply AS r LEFT JOIN delivery AS d"
                          " ON d.partner_id = r.partner_id AND d.subject = r.id AND d.step = '@reply'")
        mails = self.query("SELECT count(*) FROM delivery WHERE step = '@reply'")[0][0]
        sound = self.query("PRAGMA integrity_check")[0][0] == "ok"
        self.must("event", "verify")
        lost = len(answers) - len(rows) + self.box.left()
        lost += sum(state not in (SENT, IN_DOUBT) for state, _, _ in rows)
        lost += sum(state == SENT and hashes[sha] == 0 for state, sha, _ in rows)
        lost += sum(state == IN_DOUBT and not there for state, _, there in rows)
        lost += sum(sha not in {r[1] for r in rows} for sha in hashes)
        twice = sum(n - 1 for n in hashes.values()) + max(0, mails - len(answers))
        kept = sum(state == SENT and there for state, _, there in rows)
        doubt = sum(state == IN_DOUBT for state, _, _ in rows)
        print(f"{len(answers)} answers, {sum(hashes.values())} accepted, {kills} kills: "
              f"lost {lost}, twice {twice}, kept {kept}, in doubt {doubt}")
        return sound and lost == twice == kept == 0 and doubt <= kills * self.args.connections


def live_through(world, args):
    chance = random.Random(args.seed)
    world.send_campaign()
    answers = world.answers()
    assert len(answers) == args.people, f"{len(answers)} mails can be answered"
    for n, (_, mail) in enumerate(answers[::2]):
        world.box.put(f"{n}.host", mail)
    system = MailSystem(world.here / "lmtp", list(answers[1::2]))
    system.start()
    for _ in range(args.kills):
        child = world.run()
        time.sleep(chance.uniform(0.05, args.span))
        child.kill()
        child.wait()
        world.box.put_back()
    child = world.run()
    end = time.monotonic() + PATIENCE_S
    while not world.is_done(system) and time.monotonic() < end:
        time.sleep(0.2)
    child.kill()
    child.wait()
    return world.judge(answers, args.kills + 1)


def options():
    p = argparse.ArgumentParser(prog="reply_kill")
    p.add_argument("root", type=pathlib.Path)
    p.add_argument("build", type=pathlib.Path)
    p.add_argument("--kills", type=int, default=20)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--people", type=int, default=300)
    p.add_argument("--connections", type=int, default=4)
    p.add_argument("--span", type=float, default=1.2, help="seconds within which it is killed")
    return p.parse_args()


def main():
    args = options()
    here = pathlib.Path(tempfile.mkdtemp(prefix="reply-kill.", dir=os.getcwd()))
    world = World(args, here)
    print(f"seed {args.seed}")
    try:
        well = live_through(world, args)
    finally:
        world.sink.stop()
    if well:
        shutil.rmtree(here)
        return 0
    print(f"left for looking: {here}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
