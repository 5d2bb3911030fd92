"""The program is killed anywhere in a campaign.

    crash_campaign.py ROOT BUILD [--kills N] [--seed N] [--contacts N]
        [--connections N]

A workspace is made of the stock one and a sequence of two mails. `guidon
apply` and then `guidon run` over SMTP to guidon_sink, which writes down what
it accepted, are started again and again and killed with SIGKILL at moments
drawn from the seed, apply among them. When a round ends by itself before all
kills are used up, another begins with a new store and a new ledger.

At the end of a round ledger and store must agree:

    lost    a contact without a first mail, or with no second one after the
            first was sent; SENT and not accepted; accepted and neither SENT
            nor IN-DOUBT; a delivery that is not at its end
    twice   bytes that were accepted more than once, or more mails to an
            address than the campaign has

and no more is in doubt than there were connections at the kills of `run`. A
delivery is found in the ledger by the hash of its bytes, which the store has
and which no two deliveries share.

Exit status 1 when a promise broke; then all files are left for looking.
"""

import argparse
import collections
import os
import pathlib
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

PARTNERS = ["acme", "brightline", "cordage"]
BEGIN = "2026-03-19T08:00:00Z"
END = "2026-04-19T00:00:00Z"
STEPS = ["first", "second"]
READY, CLAIMED, MARKED, IN_DOUBT, HELD, SENT = range(6)

CAMPAIGN = """<campaign xmlns="urn:guidon:1" id="crash" brand="northwind">
	<title xml:lang="en">Killed</title>
	<audience><include tier="gold silver"/></audience>
	<start mode="automatic"/>
	<email id="first" template="mail/last-call" at="start+0d 09:00">
		<subject xml:lang="en">First</subject>
		<text name="greeting" xml:lang="en">Hello {{ contact.given_name }},</text>
		<text name="body" xml:lang="en">Nothing is lost, and nothing comes twice.</text>
		<link id="offer" href="https://www.northwind.example/"><label xml:lang="en">See</label></link>
	</email>
	<email id="second" template="mail/last-call" at="sent+2d 09:00" unless="clicked:first">
		<subject xml:lang="en">Second</subject>
		<text name="greeting" xml:lang="en">Hello {{ contact.given_name }},</text>
		<text name="body" xml:lang="en">This one follows the first.</text>
		<link id="offer" href="https://www.northwind.example/"><label xml:lang="en">See</label></link>
	</email>
</campaign>
"""


class Sink:
    """guidon_sink that takes everything and writes it down."""

    def __init__(self, build, ledger):
        self.child = subprocess.Popen([build / "tests/lib/guidon_sink", "--ledger", ledger, "--weights", "ok=1"],
                                      stdout=subprocess.PIPE, text=True)
        self.port = int(self.child.stdout.readline())

    def stop(self):
        self.child.kill()
        self.child.wait()


class Round:
    """One store, one ledger."""

    def __init__(self, args, here, number):
        self.args, self.here = args, here / str(number)
        shutil.copytree(here / "workspace", self.here)
        self.ledger = self.here / "ledger"
        self.sink = Sink(args.build, self.ledger)
        self.env = dict(os.environ, GUIDON_STATE=str(self.here / "state"), TERM="dumb")
        for name in ("GUIDON_STORE", "GUIDON_MAIL", "GUIDON_POSTS"):
            self.env.pop(name, None)
        self.people = []
        for partner in PARTNERS:
            self.must("contact", "import", self.contacts(partner), "--partner", partner)
        self.must("plan", "crash", "-o", self.here / "plan")

    def contacts(self, partner):
        path = self.here / f"{partner}.csv"
        people = [f"{partner}{n}@reader.example" for n in range(self.args.contacts // len(PARTNERS))]
        self.people += people
        path.write_text("email,given_name,consent,consent_basis,consent_date\n" +
                        "".join(f"{p},Grace,given,customer,2025-06-01\n" for p in people))
        return path

    def start(self, *words):
        with open(self.here / "log", "ab") as log:
            return subprocess.Popen([self.args.build / "guidon", "--workspace", self.here, "--virtual", "--now",
                                     BEGIN, "--quiet", *words], env=self.env, stdout=log, stderr=log)

    def must(self, *words):
        if self.start(*words).wait() != 0:
            sys.exit(f"crash: guidon {words[0]} failed, see {self.here}/log")

    def killed(self, after, *words):
        """True when it was killed, False when it ended by itself."""
        child = self.start(*words)
        try:
            code = child.wait(after)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            return True
        if code != 0:
            sys.exit(f"crash: guidon {words[0]} ended with {code}, see {self.here}/log")
        return False

    def apply(self, after):
        return self.killed(after, "apply", self.here / "plan")

    def run(self, after):
        return self.killed(after, "run", "--until", END, "--mail", f"smtp://127.0.0.1:{self.sink.port}",
                           "--connections", str(self.args.connections))

    # ---- afterwards ----

    def accepted(self):
        """By hash and by address: how often."""
        hashes, addresses = collections.Counter(), collections.Counter()
        for line in self.ledger.read_text().splitlines() if self.ledger.exists() else []:
            words = line.split(" ")
            if words[0] == "accepted":
                hashes[words[2]] += 1
                addresses[words[3].strip("<>")] += 1
        return hashes, addresses

    def deliveries(self):
        store = sqlite3.connect(self.here / "state/store.db")
        check = store.execute("PRAGMA integrity_check").fetchone()[0]
        rows = store.execute("SELECT subject, step, state, hex(sha256) FROM delivery").fetchall()
        store.close()
        return check == "ok", [(person, step, state, sha.lower()) for person, step, state, sha in rows]

    def judge(self, run_kills):
        """(well, lost, twice, in doubt)"""
        hashes, addresses = self.accepted()
        sound, rows = self.deliveries()
        of = {step: {r[0]: r for r in rows if r[1] == step} for step in STEPS}
        lost = len(self.people) - len(of["first"])
        lost += sum(r[2] == SENT and r[0] not in of["second"] for r in of["first"].values())
        lost += sum(r[2] in (READY, CLAIMED, MARKED, HELD) for r in rows)
        lost += sum(r[2] == SENT and hashes[r[3]] == 0 for r in rows)
        known = {r[3] for r in rows if r[2] in (SENT, IN_DOUBT)}
        lost += sum(sha not in known for sha in hashes)
        twice = sum(n - 1 for n in hashes.values()) + sum(max(0, n - len(STEPS)) for n in addresses.values())
        doubt = sum(r[2] == IN_DOUBT for r in rows)
        self.must("event", "verify")
        return sound and doubt <= run_kills * self.args.connections, lost, twice, doubt

    def stop(self):
        self.sink.stop()


def workspace(root, folder):
    for name in ("templates", "assets"):
        shutil.copytree(root / name, folder / name)
    rows = (root / "partners.csv").read_text().splitlines(keepends=True)
    (folder / "partners.csv").write_text("".join(rows[:1] + [r for r in rows if r.split(",")[0] in PARTNERS]))
    shutil.copy(root / "guidon.xml", folder)
    (folder / "campaigns/crash").mkdir(parents=True)
    (folder / "campaigns/crash/campaign.xml").write_text(CAMPAIGN)


def one_round(args, here, number, chance, left):
    """How many kills of apply and of run it took, and the judgement."""
    round_ = Round(args, here, number)
    kills = collections.Counter()

    def moment(span):
        return chance.uniform(0.02, span) if sum(kills.values()) < left else None

    try:
        # At most three, or no round would get on to sending.
        while kills["apply"] < 3 and round_.apply(moment(args.apply_span)):
            kills["apply"] += 1
        if kills["apply"] == 3:
            round_.apply(None)
        while round_.run(moment(args.run_span)):
            kills["run"] += 1
        well, lost, twice, doubt = round_.judge(kills["run"])
    finally:
        round_.stop()
    print(f"round {number}: {kills['apply']} kills of apply, {kills['run']} of run; {len(round_.people)} contacts, "
          f"lost {lost}, twice {twice}, in doubt {doubt}{'' if well else ', NOT SOUND'}", flush=True)
    return sum(kills.values()), well, lost, twice, doubt


def options():
    p = argparse.ArgumentParser(prog="crash --campaign")
    p.add_argument("root", type=pathlib.Path)
    p.add_argument("build", type=pathlib.Path)
    p.add_argument("--kills", type=int, default=20)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--contacts", type=int, default=1000)
    p.add_argument("--connections", type=int, default=8)
    p.add_argument("--apply-span", type=float, default=0.2, help="seconds within which apply is killed")
    p.add_argument("--run-span", type=float, default=2.0)
    return p.parse_args()


def main():
    args = options()
    chance = random.Random(args.seed)
    here = pathlib.Path(tempfile.mkdtemp(prefix="crash-campaign.", dir=os.getcwd()))
    (here / "workspace").mkdir()
    workspace(args.root, here / "workspace")
    print(f"seed {args.seed}")
    killed = number = lost = twice = doubt = 0
    well = True
    since = time.monotonic()
    while killed < args.kills:
        number += 1
        took, fine, *found = one_round(args, here, number, chance, args.kills - killed)
        killed += took
        well &= fine
        lost, twice, doubt = lost + found[0], twice + found[1], doubt + found[2]
    print(f"{killed} kills in {number} rounds, {time.monotonic() - since:.0f} s")
    print(f"lost {lost}, twice {twice}, in doubt {doubt}")
    if well and lost == twice == 0:
        shutil.rmtree(here)
        return 0
    print(f"left for looking: {here}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
