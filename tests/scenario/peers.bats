#!/usr/bin/env bats
# The stock campaign against programs that others wrote: mail servers take it,
# mail libraries read it, a webhook library verifies what is posted.

bats_require_minimum_version 1.5.0

LIB=$BATS_TEST_DIRNAME/../lib

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	[ -d "$LIB/../node_modules/mailparser" ] || skip "what tests/package.json names is not there: npm ci"
	unset GUIDON_STATE GUIDON_STORE GUIDON_MAIL GUIDON_POSTS
	export TERM=dumb
	started=()
}

teardown() {
	for pid in "${started[@]}"; do
		kill "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
}

free_port() {
	/usr/bin/python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# COMMAND...: in the background until the test ends, nothing of bats left to it
start() {
	"$@" >started.log 2>&1 3>&- &
	started+=($!)
}

# PORT: when something answers there
answers() {
	local i
	for ((i = 0; i < 200; i++)); do
		if (: <>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then return; fi
		sleep 0.05
	done
	cat started.log
	return 1
}

# TIME ARGUMENTS...: guidon on a virtual clock; without a TIME where it stands
at() {
	"$GUIDON" --virtual --quiet --now "$@"
}
go_on() {
	"$GUIDON" --virtual --quiet "$@"
}

# One mail a file. It leaves its rights behind where it has them, and then
# sees no folder but its own.
start_smtp_sink() {
	local options=()
	mkdir -m 777 sink
	if [ "$(id -u)" = 0 ]; then options=(-R "$PWD/sink" -u nobody); fi
	start env -C sink /usr/sbin/smtp-sink "${options[@]}" -d '%H.' "127.0.0.1:$1" 100
	answers "$1"
}

start_aiosmtpd() {
	mkdir sink
	start /usr/bin/python3 "$LIB/smtp_receiver.py" "$1" sink plain
	answers "$1"
}

@test "smtp-sink gets what was planned, and nobody who left" {
	begin=2026-03-19T18:00:00Z
	port=$(free_port)
	start_smtp_sink "$port"
	"$LIB/stock-workspace" w https://go.northwind.example --virtual --now $begin
	cd w
	at $begin contact suppress sam.ortega@globalparts.example --scope global
	at $begin plan spring-launch -o spring.plan >plan.txt
	at $begin apply spring.plan
	at $begin contact suppress robin.vega@globalparts.example --partner acme
	# Over Europe's change of clocks, with a day for somebody to leave.
	at $begin run --until 2026-03-22T00:00:00Z --mail "smtp://127.0.0.1:$port"
	go_on contact suppress robin.vega@globalparts.example --partner delorme
	go_on run --until 2026-04-30T00:00:00Z --mail "smtp://127.0.0.1:$port"
	node "$LIB/mail_check.mjs" ../sink . 2026-03-20 '*/sam.ortega@globalparts.example=' \
		acme/robin.vega@globalparts.example= delorme/robin.vega@globalparts.example=invite \
		changes=Europe/Berlin changes=Europe/London
	go_on event verify
}

@test "aiosmtpd gets what was planned" {
	begin=2026-03-26T18:00:00Z
	port=$(free_port)
	start_aiosmtpd "$port"
	"$LIB/stock-workspace" w https://go.northwind.example --virtual --now $begin
	cd w
	at $begin plan spring-launch -o spring.plan >plan.txt
	at $begin apply spring.plan
	# Over Sydney's, too; stopped and begun again on the way.
	at $begin run --until 2026-03-27T12:00:00Z --mail "smtp://127.0.0.1:$port"
	go_on run --until 2026-03-31T08:00:00Z --mail "smtp://127.0.0.1:$port"
	go_on run --until 2026-04-30T00:00:00Z --mail "smtp://127.0.0.1:$port"
	node "$LIB/mail_check.mjs" ../sink . 2026-03-27 changes=Europe/Paris changes=Australia/Sydney
	[ "$(go_on status --json | python3 -c 'import json, sys; s = json.load(sys.stdin); print(s["planned"] - s["sent"])')" = 0 ]
}
