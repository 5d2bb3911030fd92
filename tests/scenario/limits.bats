#!/usr/bin/env bats
# How fast and how far: limits, the canary, the budget, and what receivers ask
# for. The receiver writes down whom it took before it says so.

# shellcheck disable=SC2154,SC2030,SC2031 # bats sets them, in a subshell each

bats_require_minimum_version 1.5.0

before=2026-03-19T08:00:00Z # a day before the first mails
later=2026-03-20T10:15:00Z  # when they are due, and none is late

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	unset GUIDON_STATE GUIDON_STORE GUIDON_MAIL GUIDON_POSTS
	export TERM=dumb
	"$GUIDON" init here --quiet && cd here || return
	relay=
	sender=
}

teardown() {
	[ -z "$sender" ] || kill -9 "$sender" 2>/dev/null || true
	[ -z "$relay" ] || kill "$relay" || true
}

# PREFIX N: people; every fifth of them is called bad
people() {
	echo 'email,given_name,consent,consent_basis,consent_source,consent_date,language,tags'
	seq "$2" | awk -v p="$1" '{ print (p == "acme" && $1 % 5 == 0 ? "bad" : "p") $1 "@" p ".example,P,yes,opt-in,fair,2025-01-01,en,security" }'
}

# XML: what guidon.xml says of sending
sending() {
	sed -i "s|^</workspace>|<sending>$1</sending></workspace>|" guidon.xml
	"$GUIDON" check
}

# N VIRTUAL...: N people for each of acme and cordage, and the campaign applied
applied() {
	for partner in acme cordage; do
		people $partner "$1" >list.csv
		"$GUIDON" "${@:2}" --now $before --quiet contact import list.csv --partner $partner
	done
	"$GUIDON" "${@:2}" --now $before --quiet plan spring-launch -o p.plan
	"$GUIDON" "${@:2}" --now $before --quiet apply p.plan
}

# REPLY: it takes mail, but none for the bad, who get the reply
receiver() {
	python3 - "$1" >port <<-'PY' 3>&- &
		import os, socket, sys, threading
		lock = threading.Lock()
		def accept(whom):
		    with lock, open("ledger", "ab") as ledger:
		        ledger.write(whom + b"\n")
		        ledger.flush()
		        os.fsync(ledger.fileno())
		def serve(client):
		    client.sendall(b"220 relay.example ESMTP\r\n")
		    lines, whom, data = client.makefile("rb"), b"", False
		    for line in lines:
		        reply = b"250 2.0.0 ok"
		        if data:
		            if line != b".\r\n":
		                continue
		            data = False
		            accept(whom)
		        elif line.upper().startswith(b"RCPT"):
		            whom = line.split(b"<")[1].split(b">")[0]
		            if whom.startswith(b"bad"):
		                reply, whom = sys.argv[1].encode(), b""
		        elif line.upper().startswith(b"DATA"):
		            data = whom != b""
		            reply = b"354 go on" if data else b"503 5.5.1 no recipient"
		        elif line.upper().startswith(b"QUIT"):
		            reply = b"221 bye"
		        client.sendall(reply + b"\r\n")
		    client.close()
		listener = socket.create_server(("127.0.0.1", 0))
		print(listener.getsockname()[1], flush=True)
		while True:
		    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
	PY
	relay=$!
	touch ledger
	until [ -s port ]; do sleep 0.02; done
	port=$(<port)
}

virtual() {
	"$GUIDON" --virtual "$@"
}

# PARTNER STATE: how many of its deliveries are in this state
of() {
	virtual status --partner "$1" --json | python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$2"
}

@test "a partner that is refused too often stops, and no other" {
	sending '<canary messages="20"/><budget bounces="5" complaints="0.1" per="day" least="20"/>'
	applied 100 --virtual
	receiver '550 5.1.1 nobody here'
	virtual --quiet run --until 2026-03-21T00:00:00Z --mail "smtp://127.0.0.1:$port" 2>log || true
	grep -q 'event=partner_stopped' log
	# All of cordage's first mails left; of acme's the canary.
	[ "$(grep -c '@cordage.example' ledger)" = 100 ]
	[ "$(grep -c '@acme.example' ledger)" -le 20 ]
	[ "$(of acme ready)" -ge 70 ]
	[ "$(of cordage bounced)" = 0 ]
	run virtual status --partners
	[[ "$output" == *"partner: of "*" were refused and 0 complained of, expected at most 5.00 % and 0.10 %"* ]]
	run virtual status --json
	[[ "$output" == *'"what":"partner","name":"acme"'* || "$output" == *'"what": "partner"'* ]]
	run virtual why acme p1@acme.example
	[[ "$output" == *"waits"* && "$output" == *"were refused"* ]]
	virtual event list --kind paused | grep -q paused
	# A person has looked at it: another canary goes first.
	taken=$(grep -c '@acme.example' ledger)
	run virtual resume --partner acme
	[[ "$output" == *"goes on"* ]]
	virtual --quiet run --until 2026-03-21T01:00:00Z --mail "smtp://127.0.0.1:$port" 2>log || true
	[ "$(grep -c '@acme.example' ledger)" -gt "$taken" ]
	[ "$(grep -c '@acme.example' ledger)" -le $((taken + 20)) ]
	virtual event verify
}

@test "a canary that is well lets the rest go, after its wait" {
	sending '<canary messages="10" minutes="30"/><budget bounces="50" complaints="1" per="day"/>'
	applied 50 --virtual
	receiver '550 5.1.1 nobody here'
	# acme's first mails are due at 08:00, cordage's half a day before.
	virtual --quiet run --until 2026-03-20T08:10:00Z --mail "smtp://127.0.0.1:$port"
	[ "$(grep -c '@cordage.example' ledger)" = 50 ]
	[ "$(grep -c '@acme.example' ledger)" -ge 8 ]
	[ "$(grep -c '@acme.example' ledger)" -le 10 ]
	run virtual why acme p49@acme.example
	[[ "$output" == *"first mails of the run"*"waits"* ]]
	virtual --quiet run --until 2026-03-20T12:00:00Z --mail "smtp://127.0.0.1:$port"
	[ "$(grep -c '@acme.example' ledger)" = 40 ]
	run virtual why acme p49@acme.example
	[[ "$output" == *"is sent when due"* ]]
}

@test "a partner at its limit slows no other" {
	sending '<limit of="partner" names="acme" messages="10" per="hour"/>'
	applied 40 --virtual
	receiver '550 5.1.1 nobody here'
	virtual --quiet run --until 2026-03-20T08:30:00Z --mail "smtp://127.0.0.1:$port"
	[ "$(grep -c '@cordage.example' ledger)" = 40 ]
	[ "$(grep -c '@acme.example' ledger)" = 10 ]
	run virtual why acme p39@acme.example
	[[ "$output" == *"the limit is used up"*"waits"* ]]
	virtual --quiet run --until 2026-03-20T09:30:00Z --mail "smtp://127.0.0.1:$port"
	[ "$(grep -c '@acme.example' ledger)" = 20 ]
	# All but the bad.
	virtual --quiet run --until 2026-03-21T00:00:00Z --mail "smtp://127.0.0.1:$port"
	[ "$(grep -c '@acme.example' ledger)" = 32 ]
}

@test "a sender that is killed again and again never passes the limit of a day" {
	sending '<limit of="relay" messages="60" per="day"/><limit of="partner" messages="35" per="day"/>'
	applied 100
	receiver '450 4.2.2 full'
	for _ in $(seq 12); do
		taken=$(wc -l <ledger)
		"$GUIDON" --now $later --quiet run --mail "smtp://127.0.0.1:$port" 2>log 3>&- &
		sender=$!
		for _ in $(seq 40); do
			[ "$(wc -l <ledger)" -lt $((taken + 5)) ] || break
			sleep 0.02
		done
		kill -9 $sender
		wait $sender || true
		[ "$(wc -l <ledger)" -le 60 ]
		[ "$(grep -c '@acme.example' ledger)" -le 35 ]
		[ "$(grep -c '@cordage.example' ledger)" -le 35 ]
	done
	sender=
	"$GUIDON" --now $later --quiet run --once --mail "smtp://127.0.0.1:$port"
	[ "$(wc -l <ledger)" -le 60 ]
	# No more was lost to a kill than what was under way.
	[ "$(wc -l <ledger)" -ge 30 ]
	[ -z "$(sort ledger | uniq -d)" ]
}

@test "a domain that wants less mail is left alone, with its words" {
	applied 20
	receiver '421 4.7.28 unusual rate of mail, try again later'
	"$GUIDON" --now $later --quiet run --once --mail "smtp://127.0.0.1:$port"
	[ "$(grep -c '@cordage.example' ledger)" = 20 ]
	run "$GUIDON" --now $later status
	[[ "$output" == *"acme.example"*"421 4.7.28 unusual rate of mail"* ]]
	[ "$("$GUIDON" delivery list --state bounced --limit 100 | wc -l)" -le 1 ]
	run "$GUIDON" --now $later resume --domain acme.example
	[[ "$output" == *"domain acme.example: resumed"* ]]
}

@test "a sender that is refused stops as a whole, and goes on when resumed" {
	applied 20
	receiver '550 5.7.515 Access denied, sending domain does not meet the required authentication level'
	"$GUIDON" --now $later --quiet run --once --mail "smtp://127.0.0.1:$port" 2>log || true
	[ "$(grep -c event=sender_stopped log)" -ge 1 ]
	run "$GUIDON" --now $later status --json
	[ "$(python3 -c 'import json, sys; d = json.loads(sys.argv[1]); print(d["held"], d["bounced"])' "$output")" = "0 0" ]
	name=$(python3 -c 'import json, sys; print(json.loads(sys.argv[1])["stopped"][0]["name"])' "$output")
	run "$GUIDON" --now $later why cordage p1@cordage.example
	kill "$relay" && relay=
	sed -i '1d' port
	receiver '250 2.1.5 ok'
	"$GUIDON" --now $later resume --sender "$name"
	"$GUIDON" --now $later --quiet run --once --mail "smtp://127.0.0.1:$port"
	[ "$(grep -c '@cordage.example' ledger)" = 20 ]
}

@test "what guidon.xml says of sending is checked" {
	sed -i 's|^</workspace>|<sending><limit of="planet" messages="0" per="week"/><budget bounces="101" complaints="0.001" per="day"/></sending></workspace>|' guidon.xml
	run -1 "$GUIDON" check
	[[ "$output" == *"planet"* && "$output" == *"week"* && "$output" == *"101"* ]]
	sed -i 's|<sending>.*</sending>|<sending><limit of="domain" names="a.example b.example" messages="5" per="day"/><limit of="domain" names="b.example" messages="1" per="hour"/></sending>|' guidon.xml
	run -1 "$GUIDON" check
	[[ "$output" == *'b.example'*'in two limits with other names'* ]]
}
