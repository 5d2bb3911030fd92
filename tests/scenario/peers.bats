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
	go_on run --until 2026-03-27T12:00:00Z --mail "smtp://127.0.0.1:$port"
	go_on run --until 2026-03-31T08:00:00Z --mail "smtp://127.0.0.1:$port"
	go_on run --until 2026-04-30T00:00:00Z --mail "smtp://127.0.0.1:$port"
	node "$LIB/mail_check.mjs" ../sink . 2026-03-27 changes=Europe/Paris changes=Australia/Sydney
	[ "$(go_on status --json | python3 -c 'import json, sys; s = json.load(sys.stdin); print(s["planned"] - s["sent"])')" = 0 ]
}

# FILE N: the Nth secret that it shows
secret_in() {
	grep -o 'whsec_[A-Za-z0-9+/=]*' "$1" | sed -n "$2p"
}

@test "posts and leads are posted, and the library of Standard Webhooks verifies each" {
	begin=$(date -ud '12 days ago' +%FT%TZ) # so that all posts are due
	site=http://127.0.0.1:$(free_port)
	start node "$LIB/hook_keeper.mjs" ledger
	until [ -s started.log ]; do sleep 0.05; done
	hooks=http://127.0.0.1:$(cat started.log)
	"$LIB/stock-workspace" w "$site" --now "$begin"
	cd w
	sed -i "s/<campaign /&max-lateness=\"30d\" /" campaigns/spring-launch/campaign.xml
	"$GUIDON" --now "$begin" plan spring-launch -o spring.plan >plan.txt
	"$GUIDON" --now "$begin" apply spring.plan >applied
	"$GUIDON" partner webhook --posts "$hooks/posts" --leads "$hooks/leads" >vendor.txt
	"$GUIDON" partner webhook acme --leads "$hooks/acme" >acme.txt
	"$GUIDON" run --once --posts 'webhook:?loopback=yes'

	secrets=("/posts=$(secret_in vendor.txt 1)" "/leads=$(secret_in vendor.txt 2)" "/acme=$(secret_in acme.txt 1)")
	node "$LIB/hook_check.mjs" ../ledger "${secrets[@]}" >posts
	cat posts
	[ "$(grep -c '"type":"post.due"' posts)" = 24 ] # 6 partners, 2 posts, 2 networks
	[ "$(wc -l <posts)" = 24 ]

	# Somebody follows the link of a post of acme, and one of brightline's.
	start "$GUIDON" serve --listen "${site#http://}"
	answers "${site##*:}"
	for partner in acme brightline; do
		link=$(grep -om1 "$site/p/$partner/[^\"?]*" posts)
		curl -sf -A 'Mozilla/5.0 (X11) Firefox/128.0' -o page "$link"
		t=$(sed -n 's/.*name="t" value="\([^"]*\)".*/\1/p' page)
		curl -sf -o thanks -d form=call-me -d "t=$t" -d given_name=Zoë -d family_name=Quill -d company=Quills \
			-d "email=zoe@$partner-visitor.example" -d phone=+442079460999 -d consent=yes "$link"
	done
	"$GUIDON" run --once --posts 'webhook:?loopback=yes'
	node "$LIB/hook_check.mjs" ../ledger "${secrets[@]}" >all
	grep '"type":"lead' all >leads
	cat leads
	[ "$(wc -l <leads)" = 2 ]
	grep '^{"path":"/acme"' leads | grep -q zoe@acme-visitor.example
	grep '^{"path":"/leads"' leads | grep -q zoe@brightline-visitor.example
	[ "$("$GUIDON" lead list --json | grep -c '"lead"')" = 2 ]
}
