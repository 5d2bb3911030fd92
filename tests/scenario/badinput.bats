#!/usr/bin/env bats
# What goes wrong on a bad day: plans that no longer fit, names misspelt, wires
# that do not answer, a disk that is full, a program that is killed. Each says
# what it found and what to do next, ends with a code of the one table, and
# leaves nothing half-done. (Files of a workspace: check.bats. Keys and stores:
# state.bats. Rows of contacts: contact.bats.)

# shellcheck disable=SC2154,SC2030,SC2031 # bats sets them, in a subshell each

bats_require_minimum_version 1.5.0

before=2026-03-19T08:00:00Z # a day before the first mails
later=2026-03-20T12:00:00Z  # when they are due, and the first posts
retried=2026-03-21T00:00:00Z # when what was put off is due again

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	unset GUIDON_STATE GUIDON_STORE GUIDON_MAIL GUIDON_POSTS
	export TERM=dumb
	"$GUIDON" init here --quiet && cd here || return
	# What was put off for a day is late for no one here.
	sed -i '0,/<campaign/s/<campaign/& max-lateness="7d"/' campaigns/spring-launch/campaign.xml
	disk=
	relay=
}

teardown() {
	[ -z "$relay" ] || kill "$relay" || true
	[ -z "$disk" ] || umount "$disk"
}

# EXIT MESSAGE COMMAND...: it ends so, and says so in its last line
refuses() {
	run --separate-stderr -"$1" "$GUIDON" "${@:3}"
	echo "$stderr"
	[[ "${stderr_lines[-1]}" == "guidon: "*"$2"* ]]
}

# N people on the list of acme
list() {
	echo 'email,given_name,consent,consent_basis,consent_source,consent_date,language,tags'
	seq "$1" | sed 's/.*/p&@example.org,P&,yes,opt-in,fair,2025-01-01,en,security/'
}

# N: the campaign is applied for so many people
applied() {
	list "$1" >list.csv
	"$GUIDON" --now $before --quiet contact import list.csv --partner acme
	"$GUIDON" --now $before --quiet plan -o p.plan
	"$GUIDON" --now $before --quiet apply p.plan
}

# FIELD of status
count() {
	"$GUIDON" status --json | python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"
}

# Whom the spool has twice
twice() {
	grep -o '"delivery":"[0-9a-f]*"' .guidon/spool/index.jsonl | sort | uniq -d
}

# What was killed or ran out of room is done to its end, and nobody is lost
goes_to_its_end() {
	"$GUIDON" --now $retried run --once --quiet 2>/dev/null
	"$GUIDON" event verify
	[ -z "$(twice)" ]
	[ "$(count marked)$(count claimed)$(count held)" = 000 ]
	[ "$(count planned)" = $(($(count sent) + $(count in-doubt) + $(count ready))) ]
	[ "$("$GUIDON" delivery list --limit 9999 | awk '$4 == "invite" && $6 ~ /sent|in-doubt/' | wc -l)" = "$1" ]
	# In doubt is what may have left: one for each connection, no more.
	[ "$(count in-doubt)" -le "$2" ]
}

# ---- plans ----

@test "a plan that is none, or was edited" {
	"$GUIDON" --quiet plan -o p.plan
	refuses 1 'none.plan: No such file or directory; guidon plan -o none.plan makes one' apply none.plan
	echo '{' >half.plan
	refuses 65 'half.plan: plan: 2:1: ' apply half.plan
	sed 's/acme/acmf/' p.plan >edited.plan
	refuses 65 'changed after it was made' apply edited.plan
	[[ "$stderr" == *"guidon plan -o edited.plan makes one"* ]]
	[ "$(count planned)" = 0 ]
}

@test "a plan of files that have changed" {
	"$GUIDON" --quiet plan -o p.plan
	echo '<!-- new -->' >>templates/mail/nudge.html
	refuses 65 'as it was reviewed: make a new plan' apply p.plan
	[ "$(count planned)" = 0 ]
	"$GUIDON" --quiet plan -o p.plan
	"$GUIDON" --quiet apply p.plan
}

@test "a plan that another has overtaken" {
	"$GUIDON" --quiet plan -o old.plan
	echo '<!-- new -->' >>templates/mail/nudge.html
	"$GUIDON" --quiet plan -o p.plan
	"$GUIDON" --quiet apply p.plan
	sed -i '$d' templates/mail/nudge.html
	refuses 65 'found published meanwhile revision' apply old.plan
}

@test "a partner's line that has vanished" {
	applied 3
	cp partners.csv kept
	sed -i '/^acme/d' partners.csv
	refuses 65 'no line for partner "acme"' apply p.plan
	[[ "$stderr" == *status=ended* ]]
	refuses 65 'no line for partner "acme"' plan
	cp kept partners.csv
	"$GUIDON" --now $before apply p.plan
}

@test "names misspelt: campaign, partner, step, slot" {
	"$GUIDON" --quiet plan -o p.plan
	refuses 65 'no partner "acne", did you mean "acme"?' apply p.plan --only cordage,acne
	[ "$(count planned)" = 0 ]
	refuses 1 'no campaign "sprng-launch", did you mean "spring-launch"?' plan sprng-launch
	refuses 1 'no step "invte", did you mean "invite"?' render --partner acme --step invte
	refuses 1 'no step "invte", did you mean "invite"?' send-test invte --partner acme --to me@example.org
	refuses 1 'no partner "acmee", did you mean "acme"?' render --partner acmee
	refuses 65 '--lang: found the language "e!n", which is none, expected a tag such as de or pt-BR' render --partner acme --lang 'e!n'
	refuses 65 '--lang: found the language "e!n", which is none' send-test invite --partner acme --to me@example.org --lang 'e!n'
	run --separate-stderr -0 "$GUIDON" render --partner acme --step invite --lang xq -o look
	[[ "$stderr" == *'--lang: found the language "xq", which is not known'* ]]
	refuses 1 'plan and apply it first' start spring-launch --partner acme
	refuses 65 'expected SLOT=TEXT' start spring-launch intro --partner acme
	[ ! -e spring-launch-acme ]
}

@test "a slot's text is one that can stand in a mail" {
	applied 1
	for bad in $'\x01\x1b[31mred' $'one\rtwo'; do
		refuses 65 'found a control character for the slot "signature"' \
			start spring-launch --partner acme --again "signature=$bad"
	done
	refuses 65 'found bytes that are no UTF-8 for the slot "signature"' \
		start spring-launch --partner acme --again $'signature=\xff\xfe'
	"$GUIDON" --now $before --quiet start spring-launch --partner acme --again $'signature=Ann\nBen, Zoë'
}

# COLUMN... of acme is empty in partners.csv
empty_for_acme() {
	python3 - "$@" <<-'EOF'
		import csv, sys
		rows = list(csv.DictReader(open("partners.csv", newline="")))
		for row in rows:
		    if row["id"] == "acme":
		        row.update(dict.fromkeys(sys.argv[1:], ""))
		with open("partners.csv", "w", newline="") as file:
		    out = csv.DictWriter(file, rows[0])
		    out.writeheader()
		    out.writerows(rows)
	EOF
}

@test "a lead of a partner without an address waits for one" {
	empty_for_acme lead_email
	run --separate-stderr -0 "$GUIDON" check
	[ -z "$output" ]
	empty_for_acme lead_email owner_email
	run --separate-stderr -0 "$GUIDON" check
	[[ "$output" == "partners.csv:2:1: warning: found neither lead_email nor owner_email for \"acme\""* ]]
	applied 1
	run "$GUIDON" --now $before plan
	[[ "$output" == *"Not told of leads: acme; no lead_email, owner_email or webhook"* ]]
	"$GUIDON" --now $later --quiet run --once
	page=$(grep -rhao -m1 '/p/acme/[^" ?\]*' .guidon/spool | head -1)
	"$GUIDON" serve --listen 127.0.0.1:0 --now $later 2>served 3>&- &
	relay=$!
	until grep -q ^http: served; do sleep 0.05; done
	curl -sf -o thanks -d form=call-me -d email=v@example.org -d given_name=V -d family_name=W \
		-d company=C -d consent=yes "$(cat served)$page"
	"$GUIDON" --now $retried --quiet run --once
	run "$GUIDON" delivery list --state held
	[[ "${lines[1]}" == *"acme"*"@lead-notify"*"no address for leads: set lead_email"* && "${#lines[@]}" = 2 ]]
	"$GUIDON" --now $retried --quiet run --once
	[ "$(count held)" = 1 ]
	"$GUIDON" partner set acme lead_email=new@acme.example
	"$GUIDON" --now $retried --quiet run --once
	[ "$(count held)" = 0 ]
	[ "$(grep -c '"to":"n\*\*\*@acme.example"' .guidon/spool/index.jsonl)" = 1 ]
	[ -z "$(twice)" ]
	"$GUIDON" partner set acme lead_email=
	run "$GUIDON" --now $retried plan
	[[ "$output" == *"Not told of leads: acme"* ]]
	"$GUIDON" partner webhook acme --leads http://127.0.0.1:9/leads >secret
	run "$GUIDON" --now $retried plan
	[[ "$output" != *"Not told of leads"* ]]
}

@test "no campaign at all" {
	rm -r campaigns/spring-launch
	refuses 65 'guidon init makes a workspace' plan
}

# ---- wires ----

# ANSWER [VERB|...]: a relay that says so to MAIL, or to these, at $port
relay() {
	python3 - "$1" "${2:-MAIL}" >port <<-'PY' 3>&- &
		import socket, sys, threading
		verbs = sys.argv[2].encode().split(b"|")
		def serve(client):
		    greeting = sys.argv[1] if b"CONNECT" in verbs else "220 relay.example ESMTP"
		    client.sendall(greeting.encode() + b"\r\n")
		    for line in client.makefile("rb"):
		        verb = line[:4].upper()
		        if verb in verbs:
		            client.sendall(sys.argv[1].encode() + b"\r\n")
		        else:
		            client.sendall(b"221 bye\r\n" if verb == b"QUIT" else b"250 relay.example\r\n")
		    client.close()
		listener = socket.create_server(("127.0.0.1", 0))
		print(listener.getsockname()[1], flush=True)
		while True:
		    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
	PY
	relay=$!
	until [ -s port ]; do sleep 0.02; done
	port=$(<port)
}

@test "a relay that is not there: nothing is lost, and status says why" {
	applied 3
	refuses 1 'relay.invalid:587: ' --now $later run --once --mail smtp://relay.invalid
	[[ "$stderr" == *"waits for the next guidon run"* ]]
	[[ "$(count trouble)" == "relay.invalid:587: "* ]]
	refuses 1 '127.0.0.1:9: Connection refused' --now $later run --once --mail smtp://127.0.0.1:9
	[ "$(count trouble)" = '127.0.0.1:9: Connection refused' ]
	run "$GUIDON" status
	[[ "$output" == *"trouble since "*"2026-03-20T12:00:"* ]]
	[ "$(count ready)" -ge 3 ]
	"$GUIDON" --now $later run --once
	run "$GUIDON" status
	[[ "$output" != *trouble* ]]
	goes_to_its_end 3 0
}

@test "a relay that refuses at once: its words are told, and nobody's attempt counts" {
	applied 3
	for verbs in CONNECT 'EHLO|HELO'; do
		relay '554 5.7.1 192.0.2.7 is on our list' "$verbs"
		refuses 1 "127.0.0.1:$port: 554 5.7.1 192.0.2.7 is on our list" \
			--now $later run --once --mail "smtp://127.0.0.1:$port"
		[ "$(count trouble)" = "127.0.0.1:$port: 554 5.7.1 192.0.2.7 is on our list" ]
		kill "$relay"
		rm port
	done
	relay=
	goes_to_its_end 3 0
}

@test "a relay without the TLS that is required" {
	applied 3
	relay '250 ok'
	refuses 1 "127.0.0.1:$port: it offers no STARTTLS, expected it because of tls=require" \
		--now $later run --once --mail "smtp://127.0.0.1:$port?tls=require"
	[ "$(count held)" = 0 ]
	goes_to_its_end 3 0
}

@test "a relay that does not take our mail: it is stopped, with its words" {
	applied 3
	relay '550 5.7.1 you may not send here'
	run --separate-stderr -0 "$GUIDON" --now $later run --once --mail "smtp://127.0.0.1:$port"
	[ "$(grep -c 'level=error .*event=sender_stopped .*msg="550 5.7.1 you may not send here"' <<<"$stderr")" = 1 ]
	[[ "$stderr" != *outcome=sent* ]]
	[ "$(count held)$(count bounced)" = 00 ]
	run -0 "$GUIDON" --now $later status
	[[ "${lines[-1]}" == "sender "*" resumed "*"550 5.7.1 you may not send here" ]]
	name=$(awk '{ print $2 }' <<<"${lines[-1]}")
	"$GUIDON" --now $later resume --sender "$name"
	goes_to_its_end 3 0
}

@test "a person whom the relay refuses: the log says who it was, and -v who was not" {
	applied 3
	relay '550 5.1.1 <p2@example.org> is nobody here' RCPT
	run --separate-stderr -0 "$GUIDON" --now $later run --once -v --mail "smtp://127.0.0.1:$port"
	[[ "$stderr" == *" dealt with:"*" 3 bounced"* ]]
	line=$(grep -m1 outcome=bounced <<<"$stderr")
	[[ "$line" == *'status="550 5.1.1 <p***@example.org> is nobody here"'* ]]
	[[ "$stderr" == *level=info*outcome=sent* ]]
	[[ "$stderr" != *p2@* ]]
	id=$(grep -o 'delivery=[0-9a-f]*' <<<"$line")
	"$GUIDON" trace "${id#*=}" | grep -q bounced
}

@test "a relay that wants us later: it is asked later" {
	applied 3
	relay '451 4.3.0 later'
	"$GUIDON" --now $later run --once --mail "smtp://127.0.0.1:$port"
	run "$GUIDON" delivery list --state ready
	[[ "${lines[1]}" == *"451 4.3.0 later"* || "${lines[-1]}" == *"451 4.3.0 later"* ]]
	"$GUIDON" --now $retried run --once
	[ "$("$GUIDON" delivery list | awk '$4 == "invite" && $6 == "sent"' | wc -l)" = 3 ]
}

@test "URLs that are none" {
	refuses 78 'no transport "ftp", expected "smtp://HOST"' run --mail ftp://relay.example
	refuses 78 'no transport "relay.example"' run --mail relay.example
	refuses 78 'no host name or IPv4 address' run --mail smtp://
	refuses 78 'no port number' run --mail smtp://relay.example:99999
	refuses 78 'no such tls' run --mail 'smtp://relay.example?tls=maybe'
	refuses 78 'a ca without TLS' run --mail 'smtp://127.0.0.1?ca=/none'
	refuses 78 'expected "spool:DIR"' run --mail spool:
	refuses 78 'takes no mail' run --mail webhook:
	refuses 78 'spool /dev/null/x: ' run --mail spool:/dev/null/x
	refuses 65 '--connections "900", expected a number' run --connections 900
	refuses 65 'expected a date, time and offset' run --until yesterday
	refuses 65 '--until 2020-01-01T00:00:00Z has passed' run --until 2020-01-01T00:00:00Z
	refuses 78 'leaves this machine' --virtual --store sqlite:v.db run --once --mail smtp://relay.example
	refuses 78 'expected --virtual' --store sqlite:v.db run --once
}

# 13 mails at most are four people of three mails each.
@test "who comes beyond the plan waits for a new one, and is told of" {
	applied 1
	list 9 >list.csv
	"$GUIDON" --now $before --quiet contact import list.csv --partner acme
	refuses 65 'mails for one partner' --now $before apply p.plan
	"$GUIDON" --now $later run --once 2>run.log
	"$GUIDON" --now $later run --once 2>>run.log
	[ "$(grep -c 'event=beyond_bound campaign=spring-launch partner=acme waiting=5' run.log)" = 1 ]
	[ "$(count beyond_plan)" = 5 ]
	[ "$("$GUIDON" delivery list --limit 99 | grep -c invite)" = 4 ]
	run "$GUIDON" --now $later plan spring-launch -o new.plan
	[[ "$output" == *"Waiting: 5 beyond what was reviewed; applying lets them in"*"Changes to apply"* ]]
	"$GUIDON" --now $later --quiet apply new.plan
	run ! count beyond_plan
	"$GUIDON" --now 2026-03-24T12:00:00Z run --once # who joins begins anew
	goes_to_its_end 9 0
}

# A relay that takes a call and says nothing, on $port
mute_relay() {
	python3 -c '
import socket
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
calls = []
while True:
    calls.append(s.accept())
    print("called", flush=True)' >mute.log 3>&- &
	relay=$!
	until [ -s mute.log ]; do sleep 0.02; done
	port=$(head -1 mute.log)
}

# COUNT: the relay has been called so often
called() {
	for _ in $(seq 500); do
		[ "$(grep -c called mute.log)" -lt "$1" ] || return 0
		sleep 0.02
	done
	return 1
}

# PID: it gets SIGTERM until it is gone, and a while at most; how often is $asked
ask_until_gone() {
	asked=0
	while kill -TERM "$1" 2>/dev/null; do
		asked=$((asked + 1))
		[ $asked -lt 60 ] || { kill -KILL "$1"; return 1; }
		sleep 0.2
	done
}

@test "a second signal ends a sender that waits for its relay" {
	applied 2
	mute_relay
	"$GUIDON" --now $later run --mail "smtp://127.0.0.1:$port" 2>run.log 3>&- &
	sender=$!
	called 1
	ask_until_gone $sender
	[ $asked -ge 2 ]
	run wait $sender
	[ "$status" = 143 ]
	grep 'ended at once; what was on the wire' run.log
	"$GUIDON" --now $later run --once --mail "smtp://127.0.0.1:$port" 2>run.log 3>&- &
	sender=$!
	called 2
	ask_until_gone $sender
	grep 'ended at once; what was on the wire' run.log
	"$GUIDON" --now $later run --once
	goes_to_its_end 2 2 # posts went to the spool meanwhile
}

@test "a second sender, and a port that is taken" {
	"$GUIDON" up --listen 127.0.0.1:0 2>up.log 3>&- &
	relay=$!
	until grep -q http up.log; do sleep 0.02; done
	port=$(grep -om1 '127.0.0.1:[0-9]*' up.log)
	refuses 75 'another process sends from this store, expected to be the only one: "guidon up" sends too' run --once
	refuses 75 'another process sends from this store' up --listen 127.0.0.1:0
	GUIDON_STATE=$PWD/other refuses 75 'choose another one, or end who has it' up --listen "$port"
	refuses 75 'choose another one, or end who has it' serve --listen "$port"
	refuses 78 'cannot listen on 192.0.2.1' serve --listen 192.0.2.1:8080
	GUIDON_STATE=$PWD/other refuses 65 'expected ADDRESS:PORT' up --listen 127.0.0.1:99999
	kill "$relay"
	wait "$relay"
	relay=
	"$GUIDON" run --once
}

# ---- disks ----

@test "places that cannot be written" {
	GUIDON_STATE=/dev/null/x refuses 78 'state folder /dev/null/x (GUIDON_STATE): ' status
	refuses 78 'store: /dev/null/x.db: ' status --store sqlite:/dev/null/x.db
	echo junk >junk.db
	refuses 78 'junk.db: file is not a database' status --store sqlite:junk.db
	refuses 1 '/dev/null/p.plan: ' plan -o /dev/null/p.plan
	refuses 1 '/dev/null/look: ' render --partner acme -o /dev/null/look
	refuses 1 '/dev/null/new: ' init /dev/null/new
	applied 1
	for command in plan status 'contact export --partner acme' 'event list'; do
		run -1 bash -c "'$GUIDON' $command 2>&1 >/dev/full"
		[[ "$output" == *"No space left on device"* ]]
	done
}

# A disk of its own below here, when we may make one.
own_disk() {
	mkdir disk
	mount -t tmpfs -o size=160m tmpfs disk 2>/dev/null || return 0
	disk=$PWD/disk
}

# KIB COMMAND...: with so much room left; else with files no longer than that
with_room() {
	local kib=$1 code=0
	shift
	if [ -n "$disk" ]; then
		dd if=/dev/zero of=disk/filler bs=1K count=$(($(df -k --output=avail disk | tail -1) - kib)) status=none
		"$@" || code=$?
		rm disk/filler
		return $code
	fi
	(ulimit -f "$kib" && "$@")
}

# It failed for want of room, and says so
no_room() {
	echo "$output"
	[ "$status" = 1 ]
	grep -qE '^guidon: .*(disk full: .*make room|disk I/O error|No space left|File too large)' <<<"$output"
}

@test "full disk: init, new, plan -o and render -o leave nothing half-made" {
	own_disk
	run with_room 8 "$GUIDON" init disk/new
	no_room
	[ -z "$(ls -A disk/new)" ]
	"$GUIDON" init disk/new --quiet
	run with_room 4 "$GUIDON" new campaign autumn --from spring-launch --workspace disk/new
	no_room
	[ ! -e disk/new/campaigns/autumn ]
	"$GUIDON" new campaign autumn --from spring-launch --workspace disk/new --quiet
	run with_room 4 "$GUIDON" render --partner acme -o disk/look
	no_room
	run with_room 0 "$GUIDON" plan -o disk/p.plan
	no_room
	run ! ls disk/p.plan*
}

@test "full disk: import, export, apply and run, and then to their end" {
	own_disk
	[ -n "$disk" ] || skip "may not mount a disk of its own"
	list 300 >list.csv
	export GUIDON_STATE=$PWD/disk/state
	ln -s disk/state .guidon
	"$GUIDON" status --quiet >/dev/null
	run with_room 90 "$GUIDON" --now $before contact import list.csv --partner acme
	no_room
	[[ "$output" == *"list.csv: "* ]]
	"$GUIDON" --now $before contact import list.csv --partner acme
	[ "$("$GUIDON" contact list --partner acme --limit 999 | wc -l)" = 301 ]
	run with_room 4 bash -c "'$GUIDON' contact export --partner acme >disk/out.csv"
	[ "$status" != 0 ]
	"$GUIDON" --now $before --quiet plan -o p.plan
	run with_room 200 "$GUIDON" --now $before apply p.plan
	no_room
	"$GUIDON" --now $before apply p.plan
	run with_room 700 "$GUIDON" --now $later run --once
	[ "$status" = 75 ]
	[[ "$output" == *"too little room"*"nothing is sent"* ]]
	run with_room 700 "$GUIDON" --now $later run --once --min-free 0
	no_room
	goes_to_its_end 300 5
}

# ---- kills ----

# Kills the command at moments, then lets it run to its end
killed() {
	for seconds in 0.03 0.08 0.15 0.3; do
		timeout -s KILL $seconds "$GUIDON" "$@" >/dev/null 2>&1 3>&- || true
	done
	run -0 "$GUIDON" "$@"
}

@test "kill -9 in an import, an apply and a run: nobody lost, nobody twice" {
	list 250 >list.csv
	killed --now $before contact import list.csv --partner acme
	[ "$("$GUIDON" contact list --partner acme --limit 9999 | wc -l)" = 251 ]
	"$GUIDON" --now $before --quiet plan -o p.plan
	killed --now $before apply p.plan
	[ "$("$GUIDON" delivery list --limit 9999 | grep -c ' invite ')" = 250 ]
	killed --now $later run --once
	goes_to_its_end 250 20
	# What is in doubt lies in the spool or does not; each is resolved once.
	for id in $("$GUIDON" delivery list --state in-doubt | awk 'NR > 1 { print $1 }'); do
		if grep -q "\"$id\"" .guidon/spool/index.jsonl; then
			"$GUIDON" delivery resolve "$id" --sent
		else
			"$GUIDON" delivery resolve "$id" --ready
		fi
	done
	goes_to_its_end 250 0
	[ "$(grep -c '\.eml"' .guidon/spool/index.jsonl)" = 250 ]
}

# ---- the table ----

@test "the exit codes are those of the documents" {
	run "$GUIDON" help exit-codes
	for row in "${lines[@]}"; do
		code=$(awk '{ print $1 }' <<<"$row")
		[[ "$code" =~ ^[0-9]+$ ]] || continue
		grep -q "^| $code | " "$BATS_TEST_DIRNAME/../../docs/commands.md"
		grep -q "^| $code | " "$BATS_TEST_DIRNAME/../../docs/operations.md"
	done
}
