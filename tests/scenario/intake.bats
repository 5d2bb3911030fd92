#!/usr/bin/env bats
# What comes back counts by itself: from a pipe, a Maildir and by LMTP.

# shellcheck disable=SC2154 # bats sets stderr

bats_require_minimum_version 1.5.0

before=2026-03-19T08:00:00Z # a day before the first mails
due=2026-03-20T12:00:00Z
later=2026-03-21T12:00:00Z
people=6

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	unset GUIDON_STATE GUIDON_STORE GUIDON_MAIL GUIDON_POSTS GUIDON_INTAKE
	export TERM=dumb
	"$GUIDON" init here -q && cd here || return
	sed -i 's/sender-domain="[^"]*"/& bounces="@back.northwind.example"/' guidon.xml
	{
		echo 'email,given_name,consent,consent_basis,tags'
		printf 'p%d@example.org,X,yes,customer,security\n' $(seq $people)
	} >list.csv
	"$GUIDON" --now $before contact import -q list.csv --partner acme
	"$GUIDON" --now $before plan -q -o p.plan
	"$GUIDON" --now $before apply -q p.plan
	"$GUIDON" --now $due run --once -q
	# The return addresses of the mails to contacts, in the order they left.
	python3 -c '
import json
for line in open(".guidon/spool/index.jsonl"):
    row = json.loads(line)
    if row.get("sender", "").endswith("@back.northwind.example"):
        print(row["sender"])' >returns
	[ "$(grep -c . returns)" = $people ]
	mkdir -p box/new box/cur box/tmp
}

teardown() {
	if [ -f pid ]; then
		kill "$(cat pid)" || true
		wait
	fi
}

# ADDRESS STATUS, or nothing where the address is
dsn() {
	cat <<-END
		From: Mail Delivery System <MAILER-DAEMON@relay.test>
		To: $1
		Subject: Undelivered Mail Returned to Sender
		MIME-Version: 1.0
		Content-Type: multipart/report; report-type=delivery-status; boundary="b"

		--b

		It was not reached.

		--b
		Content-Type: message/delivery-status

		Reporting-MTA: dns; relay.test

		Final-Recipient: rfc822; somebody@example.org
		Action: failed
		Status: $2

		--b--
	END
}

return_of() { # NUMBER
	sed -n "$1p" returns
}

count() { # FIELD of status; 0 when it is not there
	"$GUIDON" status --json |
		python3 -c 'import json, sys; print(json.load(sys.stdin).get(sys.argv[1], 0))' "$1"
}

wait_for() { # FIELD COUNT
	for _ in $(seq 200); do
		[ "$(count "$1")" = "$2" ] && return
		sleep 0.1
	done
	return 1
}

@test "every mail has a return address of its own, and the From stays" {
	[ "$(sort -u returns | grep -c .)" = $people ]
	[ "$(grep -l '<acme@mail.northwind.example>' .guidon/spool/*/*.eml | wc -l)" = $people ]
	run ! grep -qFf returns .guidon/spool/*/*.eml
}

@test "a mail is taken from a pipe, once, and ends what would follow" {
	dsn "$(return_of 1)" 5.1.1 | "$GUIDON" --now $later intake -q -
	dsn "$(return_of 1)" 5.1.1 | "$GUIDON" --now $later intake -q -
	dsn "bounces@back.northwind.example" 5.1.1 >elsewhere.eml
	"$GUIDON" --now $later intake -q --to "$(return_of 2 | tr '[:lower:]' '[:upper:]')" elsewhere.eml
	dsn "$(return_of 3 | tr 2-7 3-72)" 5.1.1 | "$GUIDON" --now $later intake -q -
	[ "$(count returned_hard)" = 2 ]
	[ "$(count returned_unproven)" = 1 ]
	"$GUIDON" --now 2026-03-24T20:00:00Z run --once -q
	[ "$(grep -c '"sender":"[^"]*@back' .guidon/spool/index.jsonl)" = $((2 * people - 2)) ]
}

@test "a store that cannot be had keeps the mail with the mail system" {
	dsn "$(return_of 1)" 5.1.1 >back.eml
	run --separate-stderr -75 env GUIDON_STORE=postgresql://127.0.0.1:1/none "$GUIDON" intake back.eml
	run --separate-stderr -75 "$GUIDON" intake not-there.eml
}

@test "a Maildir is emptied into cur, and what was taken is not taken twice" {
	for i in 1 2 3; do
		dsn "$(return_of $i)" 5.1.1 >"box/new/$i.host"
	done
	echo 'Subject: hello' >box/new/4.host
	mkdir box/new/folder
	ln -s /etc/passwd box/new/link
	"$GUIDON" --now $later run --once -q --intake maildir:box
	[ "$(ls box/cur)" = "$(printf '%s.host:2,S\n' 1 2 3 4)" ]
	[ "$(ls box/new)" = "$(printf '%s\n' folder link)" ]
	[ "$(count returned_hard)" = 3 ]
	cp box/cur/1.host:2,S box/new/5.host
	GUIDON_INTAKE=maildir:box "$GUIDON" --now $later run --once -q
	[ -f box/cur/5.host:2,S ]
	[ "$(count returned_hard)" = 3 ]
	[ "$(count returned_unproven)" = 1 ]
}

@test "a place that is none is told before anything is sent" {
	run --separate-stderr -78 "$GUIDON" run --once --intake maildir:nowhere
	[[ "$stderr" == *"expected a Maildir"* ]]
	run --separate-stderr -78 "$GUIDON" run --once --intake pop3:x
	[[ "$stderr" == *"expected maildir:"* ]]
	run --separate-stderr -78 "$GUIDON" run --once --intake lmtp:0.0.0.0:24
	[[ "$stderr" == *"loopback"* ]]
	touch file
	run --separate-stderr -78 "$GUIDON" run --once --intake lmtp:./file
	[[ "$stderr" == *"no socket"* ]]
}

@test "a sender takes by LMTP and from a Maildir while it runs" {
	"$GUIDON" run -q --intake "lmtp:$PWD/lmtp maildir:box" 3>&- &
	echo $! >pid
	dsn "$(return_of 1)" 5.1.1 >box/new/1.host
	dsn "someone@back.northwind.example" 5.1.1 >two.eml
	python3 - "$(return_of 2)" "$(return_of 3)" <<-'END'
		import os, smtplib, sys, time
		client = smtplib.LMTP()
		for _ in range(100):
		    try:
		        client.connect(os.getcwd() + "/lmtp")
		        break
		    except OSError:
		        time.sleep(0.1)
		assert client.sendmail("", sys.argv[1:], open("two.eml").read()) == {}
		# smtplib reads the answer for the first recipient alone.
		assert client.getreply()[0] == 250
		# It comes again, as when its answer was lost.
		assert client.sendmail("", [sys.argv[1]], open("two.eml").read()) == {}
		client.quit()
	END
	# By then it is durable: the 250 was read.
	[ "$(count returned_hard)" -ge 2 ]
	wait_for returned_hard 3
	run --separate-stderr -75 "$GUIDON" run --once --intake "lmtp:$PWD/lmtp"
	kill -9 "$(cat pid)"
	rm pid
	wait || true
	[ -f box/cur/1.host:2,S ]
	# What a killed one left is put aside.
	"$GUIDON" run --once -q --intake "lmtp:$PWD/lmtp"
}
