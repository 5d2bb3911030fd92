"""A campaign is lived through in whatever order things may happen.

    orders.py ROOT BUILD [--rounds N] [--seed N] [--contacts N] [--acts N]
        [--only-round N]

What happens, drawn from the seed: the program runs for hours or days and is
killed, contacts are imported, deleted, imported again, erased and opt out,
revisions are published that add, insert, remove, rename and reorder steps,
two at once and to some partners first, partners leave the audience and come
back, campaigns and partners are paused, and the clock is set ahead and back.
Some of it happens while something else does. Steps are at 02:30 and contacts
in zones from UTC-11 to UTC+14, over the nights when clocks change.

Then everything is let go, the newest revision is applied and the program runs
to the end. Ledger and store must agree:

    lost    who may be mailed and has no row for a step that should have
            reached them, where nothing they have says why not; SENT and not
            accepted; accepted and neither SENT nor IN-DOUBT; a delivery that
            is not at its end
    twice   one delivery accepted more than once

A person who has any mail is owed what comes after the first of them. Who has
only mails of steps that are gone is owed what came after those.

Exit status 1 when a promise broke; then all files are left for looking.
"""

import argparse
import collections
import datetime
import os
import pathlib
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

PARTNERS = ["acme", "brightline", "kanto", "southerly"]
ZONES = ["Europe/Berlin", "Australia/Sydney", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Tokyo", ""]
BEGIN = datetime.datetime(2026, 3, 25, 8)
END = datetime.datetime(2026, 12, 1)
READY, CLAIMED, MARKED, IN_DOUBT, HELD, SENT, BOUNCED, CANCELLED, SKIPPED = range(9)

STEP = """	<email id="{id}" template="mail/last-call" at="{at}">
		<subject xml:lang="en">Step {id}</subject>
		<text name="greeting" xml:lang="en">Hello {{{{ contact.given_name }}}},</text>
		<text name="body" xml:lang="en">Nothing is lost, and nothing comes twice.</text>
		<link id="offer" href="https://www.northwind.example/"><label xml:lang="en">See</label></link>
	</email>
"""
CAMPAIGN = """<campaign xmlns="urn:guidon:1" id="orders" brand="northwind">
	<title xml:lang="en">In any order</title>
	<audience><exclude region="AWAY"/></audience>
	<start mode="automatic"/>
{steps}</campaign>
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
    """One store, one ledger, one life."""

    def __init__(self, args, here, number):
        self.args, self.here = args, here / str(number)
        self.chance = random.Random(args.seed * 1000 + number)
        self.here.mkdir()
        for name in ("templates", "assets"):
            shutil.copytree(args.root / name, self.here / name)
        shutil.copy(args.root / "guidon.xml", self.here)
        (self.here / "campaigns/orders").mkdir(parents=True)
        self.sink = Sink(args.build, self.here / "ledger")
        self.env = dict(os.environ, GUIDON_STATE=str(self.here / "state"), TERM="dumb")
        for name in ("GUIDON_STORE", "GUIDON_MAIL", "GUIDON_POSTS"):
            self.env.pop(name, None)
        self.now = BEGIN
        self.away = {}
        self.steps = []
        self.made = 0
        self.files = 0
        self.people = collections.defaultdict(list)
        for _ in range(self.chance.randint(2, 3)):
            self.steps.append(self.new_step())
        self.write()
        for partner in PARTNERS:
            self.act_import(partner, args.contacts // len(PARTNERS)).wait()
        self.publish()

    # ---- the files ----

    def new_step(self):
        self.made += 1
        days = self.chance.randint(0, 4)
        hour = self.chance.choice(["02:30", "09:00", "00:00", "23:59"])
        anchor = "start" if not self.steps else self.chance.choice(["start", "sent", "sent"])
        return (f"s{self.made}", f"{anchor}+{days}d {hour}")

    def write(self):
        if self.steps and self.steps[0][1].startswith("sent"):
            self.steps[0] = (self.steps[0][0], "start" + self.steps[0][1][4:])
        text = "".join(STEP.format(id=name, at=at) for name, at in self.steps)
        (self.here / "campaigns/orders/campaign.xml").write_text(CAMPAIGN.format(steps=text))
        rows = [r.rstrip("\n").split(",") for r in open(self.args.root / "partners.csv", encoding="utf-8")]
        head = rows[0]
        out = [head]
        for row in rows[1:]:
            if row[0] in PARTNERS and '"' not in "".join(row):
                how = self.away.get(row[0])
                if how == "left":
                    row[head.index("region")] = "AWAY"
                if how == "ended":
                    row[head.index("status")] = "ended"
                out.append(row)
        (self.here / "partners.csv").write_text("".join(",".join(r) + "\n" for r in out), encoding="utf-8")

    # ---- the program ----

    def start(self, *words):
        now = self.now.strftime("%Y-%m-%dT%H:%M:%SZ")
        with open(self.here / "log", "ab") as log:
            log.write(f"--- {now} {' '.join(map(str, words))}\n".encode())
            log.flush()
            return subprocess.Popen([self.args.build / "guidon", "--workspace", self.here, "--virtual", "--now", now,
                                     "--quiet", *words], env=self.env, stdout=log, stderr=log)

    def must(self, *words):
        if self.start(*words).wait() != 0:
            sys.exit(f"orders: guidon {words[0]} failed, see {self.here}/log")

    def publish(self):
        self.write()
        plan = self.here / "plan"
        self.must("plan", "orders", "-o", plan)
        if self.chance.random() < 0.3:
            self.must("apply", plan, "--only", ",".join(self.chance.sample(PARTNERS, 2)))
        if self.chance.random() < 0.3:
            late = self.start("apply", plan)
            time.sleep(self.chance.uniform(0, 0.05))
            late.kill()
            late.wait()
        two = [self.start("apply", plan) for _ in range(self.chance.randint(1, 2))]
        if 0 not in [p.wait() for p in two]:
            sys.exit(f"orders: no apply succeeded, see {self.here}/log")

    def run_until(self, end):
        return self.start("run", "--until", end.strftime("%Y-%m-%dT%H:%M:%SZ"), "--mail",
                          f"smtp://127.0.0.1:{self.sink.port}", "--connections", "4")

    # ---- what may happen; each gives a process, or None ----

    def some_partner(self):
        return self.chance.choice(PARTNERS)

    def some_person(self, partner):
        return self.chance.choice(self.people[partner])

    def import_people(self, partner, people):
        self.files += 1
        path = self.here / f"list{self.files}.csv"
        path.write_text("email,given_name,time_zone,consent,consent_basis,consent_date\n" + "".join(
            f"{p},Grace,{self.chance.choice(ZONES)},given,customer,2025-06-01\n" for p in people))
        return self.start("contact", "import", path, "--partner", partner)

    def act_import(self, partner=None, count=None):
        partner = partner or self.some_partner()
        count = count or self.chance.randint(1, 8)
        have = len(self.people[partner])
        # Every fifth stands on all lists.
        new = [f"{'all' if n % 5 == 0 else partner}{n}@reader.example" for n in range(have, have + count)]
        self.people[partner] += new
        return self.import_people(partner, new)

    def act_delete(self):
        partner = self.some_partner()
        return self.start("contact", "delete", self.some_person(partner), "--partner", partner)

    def act_again(self):
        partner = self.some_partner()
        return self.import_people(partner, self.chance.sample(self.people[partner], 4))

    def act_away_and_back(self):
        """Deleted, unseen for days, on the list again."""
        partner = self.some_partner()
        person = self.some_person(partner)
        self.start("contact", "delete", person, "--partner", partner).wait()
        self.act_run()
        return self.import_people(partner, [person])

    def act_opt_out(self):
        partner = self.some_partner()
        return self.start("contact", "suppress", self.some_person(partner), "--partner", partner)

    def act_erase(self):
        return self.start("contact", "erase", self.some_person(self.some_partner()))

    def act_pause(self):
        return self.start(self.chance.choice(["pause", "resume", "resume"]), "orders", "--partner",
                          self.some_partner())

    def act_revision(self):
        steps = self.steps
        what = self.chance.choice(["add", "insert", "remove", "rename", "reorder", "move"])
        at = self.chance.randrange(len(steps))
        if what == "add":
            steps.append(self.new_step())
        elif what == "insert":
            steps.insert(at, self.new_step())
        elif what == "remove" and len(steps) > 1:
            del steps[at]
        elif what == "rename":
            steps[at] = (self.new_step()[0], steps[at][1])
        elif what == "reorder":
            self.chance.shuffle(steps)
        elif what == "move":
            steps[at] = (steps[at][0], self.new_step()[1])
        self.publish()

    def act_partner(self):
        partner = self.some_partner()
        if self.away.pop(partner, None) is None:
            self.away[partner] = self.chance.choice(["left", "ended"])
        self.publish()

    def act_clock(self):
        self.now = max(BEGIN, self.now + datetime.timedelta(hours=self.chance.choice([-60, -30, -2, 2, 50])))

    def act_run(self):
        end = self.now + datetime.timedelta(hours=self.chance.randint(1, 60))
        child = self.run_until(end)
        try:
            child.wait(self.chance.uniform(0.02, 0.5) if self.chance.random() < 0.3 else None)
            self.now = end
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def act_run_twice(self):
        """One stands still while another begins; killed or not, each is fenced."""
        end = self.now + datetime.timedelta(hours=self.chance.randint(10, 60))
        one = self.run_until(end)
        time.sleep(self.chance.uniform(0.02, 0.3))
        one.send_signal(signal.SIGSTOP)
        two = self.run_until(end)
        time.sleep(self.chance.uniform(0.05, 0.3))
        one.send_signal(signal.SIGCONT)
        one.wait()
        two.wait()

    def live(self):
        alone = [self.act_revision, self.act_partner, self.act_clock, self.act_run, self.act_run, self.act_run,
                 self.act_run_twice, self.act_away_and_back]
        beside = [self.act_import, self.act_import, self.act_delete, self.act_again, self.act_opt_out,
                  self.act_erase, self.act_pause]
        for _ in range(self.args.acts):
            with_it = [self.chance.choice(beside)() for _ in range(self.chance.randint(0, 2))]
            other = self.chance.choice(alone + beside)()
            for child in with_it + [other]:
                if child:
                    child.wait()
        self.away = {}
        for partner in PARTNERS:
            self.must("resume", "orders", "--partner", partner)
        self.publish()
        child = self.run_until(END)
        if child.wait() != 0:
            sys.exit(f"orders: the last run failed, see {self.here}/log")

    # ---- afterwards ----

    def accepted(self):
        hashes = collections.Counter()
        ledger = self.here / "ledger"
        for line in ledger.read_text().splitlines() if ledger.exists() else []:
            words = line.split(" ")
            if words[0] == "accepted":
                hashes[words[2]] += 1
        return hashes

    def orders_by_revision(self, store):
        """The steps in their order, of each revision."""
        orders = {}
        for revision, manifest in store.execute("SELECT hash, manifest FROM revision"):
            digest = next(w for line in manifest.splitlines() if "campaigns/orders/campaign.xml" in line
                          for w in line.replace('"', " ").replace(":", " ").split() if len(w) == 64)
            text = store.execute("SELECT bytes FROM object WHERE hash = ?", (bytes.fromhex(digest),)).fetchone()[0]
            orders[revision] = [p.split('"')[0] for p in bytes(text).decode().split('<email id="')[1:]]
        return orders

    def owed(self, rows, orders):
        """The steps that somebody with these rows should have one of."""
        final = [name for name, _ in self.steps]
        if not rows:
            return final
        froms = []
        for step, _, _, revision in rows:
            if step in final:
                froms.append(final.index(step))
                continue
            order = orders.get(revision, [])
            after = order[order.index(step) + 1:] if step in order else []
            froms += [final.index(s) for s in after if s in final][:1]
        return final[min(froms):] if froms else []

    def judge(self):
        store = sqlite3.connect(self.here / "state/store.db")
        hashes = self.accepted()
        lost, twice = [], [f"{h} {n} times" for h, n in hashes.items() if n > 1]
        rows = collections.defaultdict(list)
        known = set()
        for partner, person, step, state, sha, revision in store.execute(
                "SELECT partner_id, subject, step, state, lower(hex(sha256)), revision FROM delivery"):
            rows[partner, person].append((step, state, sha, revision))
            known.add(sha if state in (SENT, IN_DOUBT) else "")
            if state in (READY, CLAIMED, MARKED):
                lost.append(f"{person.hex()} {step} is in state {state}")
            if state == SENT and not hashes[sha]:
                lost.append(f"{person.hex()} {step} is SENT and was not accepted")
        lost += [f"{h} was accepted and is not SENT" for h in hashes if h not in known]
        orders = self.orders_by_revision(store)
        open_ = store.execute(
            "SELECT c.partner_id, c.person_hash, c.address FROM contact AS c WHERE c.deleted = 0 AND c.address <> ''"
            " AND c.consent = 1 AND NOT EXISTS (SELECT 1 FROM suppression AS s WHERE s.person_hash = c.person_hash)")
        for partner, person, address in open_:
            has = rows[partner, person]
            if any(r[1] in (IN_DOUBT, HELD, BOUNCED, CANCELLED) for r in has):
                continue
            steps = {r[0] for r in has}
            for step in self.owed(has, orders):
                if step not in steps:
                    lost.append(f"{address} of partner {partner} has {sorted(steps)}, not {step} of "
                                f"{[n for n, _ in self.steps]}")
        store.close()
        self.must("event", "verify")
        return lost, twice, sum(hashes.values())


def options():
    p = argparse.ArgumentParser(prog="orders")
    p.add_argument("root", type=pathlib.Path)
    p.add_argument("build", type=pathlib.Path)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--contacts", type=int, default=60)
    p.add_argument("--acts", type=int, default=14)
    p.add_argument("--only-round", type=int, default=0)
    return p.parse_args()


def main():
    args = options()
    args.root, args.build = args.root.resolve(), args.build.resolve()
    here = pathlib.Path(tempfile.mkdtemp(prefix="orders.", dir=os.getcwd()))
    print(f"seed {args.seed}")
    all_lost = all_twice = 0
    for number in [args.only_round] if args.only_round else range(1, args.rounds + 1):
        round_ = Round(args, here, number)
        try:
            round_.live()
            lost, twice, sent = round_.judge()
        finally:
            round_.sink.stop()
        for line in (lost + twice)[:12]:
            print(f"  {line}")
        print(f"round {number}: {sent} mails, lost {len(lost)}, twice {len(twice)}", flush=True)
        all_lost += len(lost)
        all_twice += len(twice)
    print(f"lost {all_lost}, twice {all_twice}")
    if all_lost == all_twice == 0:
        shutil.rmtree(here)
        return 0
    print(f"left for looking: {here}", file=sys.stderr)
    return 1


sys.exit(main())
