#!/usr/bin/env bats
# Somebody answers a campaign's mail: it is brought to the partner, once and
# unchanged, over a relay that may be down, and the sequence ends.

# shellcheck disable=SC2030,SC2031 # each test has its own list of what it started

bats_require_minimum_version 1.5.0

LIB=$BATS_TEST_DIRNAME/../lib
before=2026-03-19T08:00:00Z # a day before the first mails
due=2026-03-20T12:00:00Z
later=2026-03-21T12:00:00Z
nudged=2026-03-24T12:00:00Z # the second mails are due

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	unset GUIDON_STATE GUIDON_STORE GUIDON_MAIL GUIDON_POSTS GUIDON_INTAKE
	export TERM=dumb
	started=()
	"$GUIDON" init here -q && cd here || return
	sed -i 's/sender-domain="[^"]*"/& bounces="@back.northwind.example"/' guidon.xml
	printf 'email,given_name,consent,consent_basis,tags\n' >list.csv
	printf 'p%d@example.org,X,yes,customer,security\n' 1 2 3 >>list.csv
	"$GUIDON" --now $before contact import -q list.csv --partner acme
	"$GUIDON" --now $before partner dkim --make
	"$GUIDON" --now $before partner dkim --activate
	"$GUIDON" --now $before plan -q -o p.plan
	"$GUIDON" --now $before apply -q p.plan
	"$GUIDON" --now $due run --once -q
	mkdir -p box/new box/cur box/tmp
}

teardown() {
	for pid in "${started[@]}"; do
		kill "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
}

start() {
	"$@" >started.log 2>&1 3>&- &
	started+=($!)
}

free_port() {
	/usr/bin/python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# PORT FOLDER: a mail server that others wrote (aiosmtpd)
start_relay() {
	mkdir -p "$2"
	start /usr/bin/python3 "$LIB/smtp_receiver.py" "$1" "$2" plain
	for _ in $(seq 200); do
		if (: <>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then return; fi
		sleep 0.05
	done
	return 1
}

# NUMBER: the mail to this person, and where it is answered
mail_of() {
	grep -lE "^To: .*<p$1@example.org>" .guidon/spool/*/*.eml | head -n 1
}
answer_of() {
	sed -z 's/\r\n[ \t]/ /g' "$(mail_of "$1")" |
		sed -nE 's/^Reply-To: .*<([^>]*)>\r?$/\1/p'
}

# NUMBER [HEADER...]: what that person writes
reply() {
	printf 'From: "P. Private" <p%s@home.example>\nTo: %s\n' "$1" "$(answer_of "$1")"
	printf 'Subject: Re: =?utf-8?q?Fr=C3=BChling?=\nMessage-ID: <%s@home.example>\n' "$1-$RANDOM"
	printf 'In-Reply-To: <0@mail.northwind.example>\nMIME-Version: 1.0\n'
	if [ $# -gt 1 ]; then printf '%s\n' "${@:2}"; fi
	echo
	cat
}

count() { # FIELD of status; 0 when it is not there
	"$GUIDON" status --json |
		python3 -c 'import json, sys; print(json.load(sys.stdin).get(sys.argv[1], 0))' "$1"
}

wait_for() { # FIELD COUNT
	for _ in $(seq 300); do
		[ "$(count "$1")" = "$2" ] && return
		sleep 0.1
	done
	return 1
}

@test "every mail is answered at an address of its own, or where the partner wants it" {
	for i in 1 2 3; do answer_of $i; done >answers
	[ "$(grep -cE '^[a-z2-7]{55}@back.northwind.example$' answers)" = 3 ]
	[ "$(sort -u answers | grep -c .)" = 3 ]
	run ! grep -qFf answers .guidon/spool/index.jsonl
	"$GUIDON" partner set -q acme replies=direct
	run -65 "$GUIDON" partner set acme replies=past
	"$GUIDON" --now $nudged run --once -q
	grep -lE '^Reply-To: <katrin.albers@acme.example>' .guidon/spool/*/*.eml >direct
	[ "$(grep -c . direct)" = 3 ]
}

@test "check says where the condition replied cannot hold" {
	run -0 "$GUIDON" check
	sed -i 's/unless="/unless="replied /' campaigns/*/campaign.xml
	grep -q 'unless="replied' campaigns/*/campaign.xml
	run -0 "$GUIDON" check
	[[ "$output" != *replied* ]]
	sed -i '1s/,logo,/,logo,replies,/; /^acme,/s/,active,/,direct,active,/; 1!{/^acme,/!s/,active,/,,active,/}' partners.csv
	run -0 "$GUIDON" check
	[[ "$output" == *'found direct replies for "acme"'* ]]
	sed -i 's/ bounces="[^"]*"//' guidon.xml
	run -0 "$GUIDON" check
	[[ "$output" == *'found the condition "replied"'*'bounces='* ]]
}

@test "check says so of the condition with a step too, and which step there is not" {
	sed -i 's/unless="clicked:invite /&replied:invite /' campaigns/*/campaign.xml
	grep -q 'unless="clicked:invite replied:invite' campaigns/*/campaign.xml
	run -0 "$GUIDON" check
	[[ "$output" != *replied* ]]
	sed -i '1s/,logo,/,logo,replies,/; /^acme,/s/,active,/,direct,active,/; 1!{/^acme,/!s/,active,/,,active,/}' partners.csv
	run -0 "$GUIDON" check
	[[ "$output" == *'found direct replies for "acme"'*'condition "replied:invite" cannot hold'* ]]
	sed -i 's/ bounces="[^"]*"//' guidon.xml
	run -0 "$GUIDON" check
	[[ "$output" == *'found the condition "replied:invite" in "nudge"'*'bounces='* ]]
	sed -i 's/replied:invite /replied:invit /' campaigns/*/campaign.xml
	run -1 "$GUIDON" check
	[[ "$output" == *'"replied:invit" without such a step, did you mean "invite"?'* ]]
}

@test "a campaign branches by the step that was answered, and says so" {
	sed -i 's/unless="clicked:invite /&replied:invite /' campaigns/*/campaign.xml
	"$GUIDON" --now $due plan -q -o again.plan
	"$GUIDON" --now $due apply -q again.plan
	echo "tell me more" | reply 1 >box/new/1.host
	"$GUIDON" --now $later run --once -q --intake maildir:box
	"$GUIDON" --now $nudged run --once -q
	# To the person who answered, the second mail is not sent, but the third.
	nudge=$("$GUIDON" delivery list --partner acme --json | python3 -c '
import json, sys
mails = [d for d in json.load(sys.stdin) if d["step"] == "nudge"]
assert sorted(d["state"] for d in mails) == ["sent", "sent", "skipped"], mails
print([d["delivery"] for d in mails if d["state"] == "skipped"][0])')
	run -0 "$GUIDON" trace "$nudge"
	[[ "$output" == *'unless replied:invite'* ]]
	"$GUIDON" --now 2026-03-29T12:00:00Z run --once -q
	[ "$(grep -lE '^To: .*<p1@example.org>' .guidon/spool/*/*.eml | grep -c .)" = 2 ]
}

@test "who answers just before the next mail does not get it, and the rest as the campaign says" {
	sed -i 's/unless="clicked:invite /&replied:invite /' campaigns/*/campaign.xml
	"$GUIDON" --now $due plan -q -o again.plan
	"$GUIDON" --now $due apply -q again.plan
	"$GUIDON" --now 2026-03-24T07:50:00Z run --once -q
	[ "$("$GUIDON" delivery list --partner acme --state ready --json | grep -c '"nudge"')" = 3 ]
	echo "tell me more" | reply 1 >box/new/1.host
	"$GUIDON" --now 2026-03-24T07:51:00Z run --once -q --intake maildir:box
	"$GUIDON" --now $nudged run --once -q
	"$GUIDON" --now 2026-03-29T12:00:00Z run --once -q
	"$GUIDON" delivery list --partner acme --json | python3 -c '
import collections, json, sys
mails = collections.Counter((d["step"], d["state"]) for d in json.load(sys.stdin) if d["channel"] == "email" and d["step"] in ("nudge", "last-call"))
assert mails == {("nudge", "sent"): 2, ("nudge", "cancelled"): 1, ("last-call", "sent"): 3}, mails'
}

@test "an answer is brought to the partner as it was, signed, and is not kept" {
	[ -d "$LIB/../node_modules/mailparser" ] || skip "what tests/package.json names is not there: npm ci"
	port=$(free_port)
	start_relay "$port" in
	head -c 3000 /dev/urandom >photo.png
	{
		printf -- '--x\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n'
		printf 'Schöne Grüße,\n.\nP.\n\n--x\nContent-Type: image/png; name=photo.png\n'
		printf 'Content-Disposition: attachment; filename=photo.png\nContent-Transfer-Encoding: base64\n\n'
		base64 photo.png
		printf -- '--x--\n'
	} | reply 1 'Content-Type: multipart/mixed; boundary=x' >box/new/1.host
	"$GUIDON" --now $later run --once -q --intake maildir:box --mail "smtp://127.0.0.1:$port"
	[ -f box/cur/1.host:2,S ]
	[ "$(ls in/*.eml)" = in/0.eml ]
	node "$LIB/reply_check.mjs" in/0.eml >read.json
	python3 - "$(sha256sum <photo.png | cut -d' ' -f1)" <<-'END'
		import json, sys
		mail = json.load(open("read.json"))
		assert mail["replyTo"] == {"name": "P. Private", "address": "p1@home.example"}, mail
		assert mail["from"]["address"] == "acme@mail.northwind.example", mail
		assert mail["from"]["name"].startswith("P. Private ("), mail
		assert mail["to"]["address"] == "katrin.albers@acme.example", mail
		assert mail["subject"] == "Re: Frühling", mail
		assert mail["inReplyTo"] == "<0@mail.northwind.example>", mail
		assert mail["references"][-1].endswith("@home.example>"), mail
		assert mail["text"].startswith("Schöne Grüße,\n.\nP.\n"), mail
		assert mail["files"] == [{"name": "photo.png", "sha256": sys.argv[1]}], mail
	END
	"$GUIDON" --now $before partner dns --json >records.json
	node "$LIB/dkim_check.mjs" records.json in/0.eml >verdicts
	[ "$(grep -cE '^0.eml guidon-.* pass$' verdicts)" = 2 ]
	[ "$(count replies)" = 1 ]
	[ "$(count replies_waiting)" = 0 ]
	run ! grep -aq 'p1@home.example' .guidon/store.db
	# Again, and by another way: nothing follows.
	cp box/cur/1.host:2,S box/new/2.host
	{
		echo 'X-Trace: by another way'
		cat box/cur/1.host:2,S
	} >box/new/3.host
	"$GUIDON" --now $later run --once -q --intake maildir:box --mail "smtp://127.0.0.1:$port"
	[ "$(ls in/*.eml)" = in/0.eml ]
	# Its sequence has ended, and no other's.
	"$GUIDON" --now $nudged run --once -q
	[ "$(grep -lE '^To: .*<p[0-9]@example.org>' .guidon/spool/*/*.eml | grep -c .)" = 5 ]
	"$GUIDON" why acme p1@example.org --json | grep -q '"replied": *"2026-03-21'
	"$GUIDON" report spring-launch --json | python3 -c '
import json, sys
totals = {row["step"]: row["replied"] for row in json.load(sys.stdin)["totals"]}
assert totals["invite"] == 1 and totals["nudge"] == 0, totals'
	id=$("$GUIDON" delivery list --partner acme --json | python3 -c '
import json, sys
print([d["delivery"] for d in json.load(sys.stdin) if d["step"] == "@reply"][0])')
	first=$("$GUIDON" event list --partner acme --json | python3 -c '
import json, sys
print([e["delivery"] for e in json.load(sys.stdin) if e["event"] == "replied"][0])')
	"$GUIDON" trace "$first" | grep "replied" | grep -q "$id"
	"$GUIDON" trace "$id" --json >trace.json
	grep -q "\"answers\": *\"$first\"" trace.json
	grep -q '"state": *"sent"' trace.json
}

@test "a relay that is down for a day loses none and gets none twice" {
	port=$(free_port)
	for i in 1 2; do echo "Yes, $i" | reply $i >"box/new/$i.host"; done
	"$GUIDON" --now $later run --once -q --intake maildir:box --mail "smtp://127.0.0.1:$port" || true
	[ "$(ls box/new)" = "" ]
	[ "$(count replies_waiting)" = 2 ]
	start_relay "$port" in
	for _ in 1 2; do
		"$GUIDON" --now 2026-03-22T18:00:00Z run --once -q --intake maildir:box --mail "smtp://127.0.0.1:$port"
	done
	[ "$(grep -lE '^Yes, [12]' in/*.eml | grep -c .)" = 2 ]
	[ "$(printf '%s\n' in/*.eml | grep -c .)" = 2 ]
	[ "$(count replies_waiting)" = 0 ]
}

@test "by LMTP the 250 is the store's, and limits are said at once" {
	"$GUIDON" run -q --intake "lmtp:$PWD/lmtp" --mail "spool:$PWD/out" 3>&- &
	started+=($!)
	printf 'hello\n' | reply 1 >one.eml
	printf 'I am away\n' | reply 2 'Auto-Submitted: auto-replied' >away.eml
	python3 - "$(answer_of 1)" "$(answer_of 2)" <<-'END'
		import os, smtplib, sys, time
		client = smtplib.LMTP()
		for _ in range(100):
		    try:
		        client.connect(os.getcwd() + "/lmtp")
		        break
		    except OSError:
		        time.sleep(0.1)
		client.ehlo()
		one, two = sys.argv[1:]
		mail = open("one.eml", encoding="utf-8").read()
		def send(sender, to, text):
		    client.mail(sender)
		    client.rcpt(to)
		    code, said = client.data(text.encode())
		    return code
		assert send("p1@home.example", one, mail) == 250
		assert send("p1@home.example", one, mail) == 250
		assert send("", one, mail.replace("hello", "from nobody")) == 250
		assert send("", two, open("away.eml", encoding="utf-8").read()) == 250
		for i in range(19):
		    assert send("p1@home.example", one, mail.replace("hello", f"number {i}")) == 250
		assert send("p1@home.example", one, mail.replace("hello", "one more")) == 450
		assert send("p1@home.example", two, mail + ("x" * 70 + "\r\n") * 400000) == 552
		client.quit()
	END
	wait_for replies_waiting 0
	[ "$(count replies)" = 22 ]
	[ "$(count replies_kept)" = 2 ]
	[ "$(count returned_auto-reply)" = 2 ]
	[ "$(grep -lE '^(hello|number [0-9]*)' out/*/*.eml | grep -c .)" = 20 ]
}

@test "what is beyond a limit stays in the mailbox, flagged, and may be put back" {
	for i in $(seq 21); do echo "number $i" | reply 1 >"box/new/$i.host"; done
	"$GUIDON" --now $later run --once -q --intake maildir:box --mail "spool:$PWD/out"
	[ "$(printf '%s\n' box/cur/* | grep -c ':2,S$')" = 20 ]
	[ "$(printf '%s\n' box/cur/* | grep -c ':2,F$')" = 1 ]
	[ "$(count replies_kept)" = 1 ]
	mv box/cur/*:2,F box/new/
	"$GUIDON" --now 2026-03-23T12:00:00Z run --once -q --intake maildir:box --mail "spool:$PWD/out"
	[ "$(count replies_kept)" = 0 ]
	[ "$(grep -lE '^number [0-9]*' out/*/*.eml | grep -c .)" = 21 ]
	echo more | reply 1 >more.eml
	for i in $(seq 20); do echo "again $i" | reply 1 >"again-$i.eml"; done
	"$GUIDON" --now 2026-03-25T12:00:00Z intake -q again-*.eml
	run -75 "$GUIDON" --now 2026-03-25T12:00:00Z intake -q more.eml
}

@test "what goes round is stopped" {
	echo hello | reply 1 >box/new/1.host
	"$GUIDON" --now $later run --once -q --intake maildir:box --mail "spool:$PWD/out"
	cp "$(ls out/*/*.eml)" round.eml
	"$GUIDON" --now $later intake -q --to "$(answer_of 1)" round.eml
	"$GUIDON" --now $later intake -q --to "$(answer_of 2)" round.eml
	"$GUIDON" --now $later run --once -q --mail "spool:$PWD/out"
	[ "$(printf '%s\n' out/*/*.eml | grep -c .)" = 1 ]
	[ "$(count replies)" = 1 ]
}

@test "the partner's link has that person mailed no more" {
	echo "please remove me" | reply 1 >box/new/1.host
	"$GUIDON" --now $later run --once -q --intake maildir:box --mail "spool:$PWD/out"
	path=$(python3 - out/*/*.eml <<-'END'
		import email, email.policy, re, sys
		mail = email.message_from_binary_file(open(sys.argv[1], "rb"), policy=email.policy.default)
		first, note = mail.iter_parts()
		assert first.get_content() == "please remove me\n", first
		print(re.search(r"https?://[^/]*(/r/\S+)", note.get_content())[1])
	END
	)
	"$GUIDON" --now $later serve --listen 127.0.0.1:0 2>served 3>&- &
	started+=($!)
	for _ in $(seq 200); do
		at=$(grep -oE -m 1 '127.0.0.1:[0-9]+' served) && break
		sleep 0.05
	done
	curl -sf "http://$at$path" | grep -q "action=\"$path?confirm\""
	run -0 "$GUIDON" why acme p1@example.org
	[[ "$output" == *yes* ]]
	curl -sf -X POST -d '' "http://$at$path?confirm" >/dev/null
	run -0 "$GUIDON" why acme p1@example.org
	[[ "$output" != *yes* ]]
	"$GUIDON" contact show p1@example.org --partner acme --json | grep -q '"consent": *"withdrawn"'
}
