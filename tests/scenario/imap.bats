#!/usr/bin/env bats
# What comes back to a mailbox at another server, which here is dovecot.

# shellcheck disable=SC2154 # bats sets stderr

bats_require_minimum_version 1.5.0

before=2026-03-19T08:00:00Z
due=2026-03-20T12:00:00Z
people=30
port=24143
tls_port=24144

setup() {
	PATH=$PATH:/usr/sbin command -v dovecot >/dev/null || skip "no dovecot"
	# Where another user may go: the server's.
	box=$(mktemp -d /tmp/guidon-imap.XXXXXX)
	chmod 755 "$box"
	mkdir -p "$box"/mail/back/{new,cur,tmp}
	cd "$BATS_TEST_TMPDIR" || return
	unset GUIDON_STATE GUIDON_STORE GUIDON_MAIL GUIDON_POSTS GUIDON_INTAKE
	export TERM=dumb GUIDON_IMAP_PASSWORD=sesame
	place="imap://back@127.0.0.1:$port/INBOX"
	"$GUIDON" init here -q && cd here || return
	sed -i 's/sender-domain="[^"]*"/& bounces="b@back.northwind.example"/' guidon.xml
	{
		echo 'email,given_name,consent,consent_basis,tags'
		printf 'p%d@example.org,X,yes,customer,security\n' $(seq $people)
	} >list.csv
	"$GUIDON" --now $before contact import -q list.csv --partner acme
	"$GUIDON" --now $before plan -q -o p.plan
	"$GUIDON" --now $before apply -q p.plan
	"$GUIDON" --now $due run --once -q
	python3 - "$box/mail/back/new" <<-'END'
		import json, sys
		addresses = [json.loads(line).get("sender", "") for line in open(".guidon/spool/index.jsonl")]
		addresses = [a for a in addresses if a.endswith("@back.northwind.example")]
		for i, address in enumerate(addresses):
		    open("%s/%d.host" % (sys.argv[1], i), "w").write("""From: MAILER-DAEMON@relay.test
		To: %s
		Subject: Undelivered
		MIME-Version: 1.0
		Content-Type: multipart/report; report-type=delivery-status; boundary="b"

		--b
		Content-Type: message/delivery-status

		Reporting-MTA: dns; relay.test

		Final-Recipient: rfc822; somebody@example.org
		Action: failed
		Status: 5.1.1

		--b--
		""" % address)
	END
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
		-keyout "$box/key.pem" -out "$box/cert.pem" 2>/dev/null
	"$BATS_TEST_DIRNAME/../lib/imap-server" "$box" $port $tls_port 3>&- &
	server=$!
	for _ in $(seq 100); do
		curl -s -m 5 -u back:sesame "imap://127.0.0.1:$port/" >/dev/null && break
		sleep 0.1
	done
}

teardown() {
	[ -z "${server:-}" ] || kill "$server"
	wait || true
	[ -z "${box:-}" ] || rm -rf "$box"
}

count() { # FIELD of status; 0 when it is not there
	"$GUIDON" status --json |
		python3 -c 'import json, sys; print(json.load(sys.stdin).get(sys.argv[1], 0))' "$1"
}

in_folder() { # FOLDER
	find "$box/mail/back/$1" -maxdepth 1 -type f | wc -l
}

@test "a mailbox is emptied by one who is killed, and each mail counts once" {
	middle=0
	for i in 1 2 3 4 5 6 7 8; do
		"$GUIDON" run -q --intake "$place" 3>&- &
		pid=$!
		python3 -c 'import random, sys, time; time.sleep(random.Random(int(sys.argv[1])).uniform(0.2, 1.2))' $i
		kill -9 $pid
		wait $pid || true
		got=$(count returned_hard)
		echo "killed at $got"
		[ "$got" = 0 ] || [ "$got" = $people ] || middle=$((middle + 1))
	done
	"$GUIDON" run --once -q --intake "$place"
	echo "$middle kills in the middle"
	[ "$(count returned_hard)" = $people ]
	[ "$(count returned_unproven)" = 0 ]
	[ "$("$GUIDON" event list --kind bounced --json | python3 -c "import json, sys; print(len(json.load(sys.stdin)))")" = $people ]
	[ $(($(in_folder .Taken/cur) + $(in_folder .Taken/new))) = $people ]
	[ $(($(in_folder cur) + $(in_folder new))) = 0 ]
}

@test "a password that is wrong is told, and what can be sent is sent" {
	run --separate-stderr env GUIDON_IMAP_PASSWORD=other "$GUIDON" run --once --intake "$place"
	echo "$stderr"
	[[ "$stderr" == *"intake_failed"* ]]
	[[ "$stderr" != *"other"* ]]
	[ "$(in_folder new)" = $people ]
}

@test "a place that tells too much, or nothing, is refused" {
	run --separate-stderr -78 "$GUIDON" run --once --intake imap://back:sesame@127.0.0.1/INBOX
	[[ "$stderr" == *"seen by others"* ]]
	run --separate-stderr -78 "$GUIDON" run --once --intake imap://back@imap.example/INBOX
	[[ "$stderr" == *"expected imaps://"* ]]
	run --separate-stderr -78 "$GUIDON" run --once --intake imaps://imap.example/INBOX
	[[ "$stderr" == *"imaps://USER@HOST/MAILBOX"* ]]
	unset GUIDON_IMAP_PASSWORD
	run --separate-stderr -78 "$GUIDON" run --once --intake "$place"
	[[ "$stderr" == *"GUIDON_IMAP_PASSWORD_FILE"* ]]
}

@test "TLS is verified, by the certificates that are named" {
	place="imaps://back@localhost:$tls_port/INBOX"
	run --separate-stderr "$GUIDON" run --once --intake "$place"
	[[ "$stderr" == *"intake_failed"*"certificate"* ]]
	[ "$(in_folder new)" = $people ]
	run --separate-stderr "$GUIDON" run --once --intake "imaps://back@127.0.0.1:$tls_port/INBOX?ca=$box/cert.pem"
	[[ "$stderr" == *"intake_failed"* ]]
	[ "$(in_folder new)" = $people ]
	"$GUIDON" run --once -q --intake "$place?to=Done&ca=$box/cert.pem"
	[ "$(count returned_hard)" = $people ]
	[ $(($(in_folder .Done/cur) + $(in_folder .Done/new))) = $people ]
	run --separate-stderr -78 "$GUIDON" run --once --intake "$place?from=Done"
	[[ "$stderr" == *"imaps://USER@HOST/MAILBOX"* ]]
}
