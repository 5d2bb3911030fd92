#!/usr/bin/env bats
# What is in doubt is closed by the log of a relay that others wrote: Postfix,
# started here with a queue and a log of its own.

# shellcheck disable=SC2154 # bats sets stderr

bats_require_minimum_version 1.5.0

setup() {
	if [ "$(id -u)" != 0 ] || ! command -v postfix >/dev/null; then
		skip "needs Postfix, and the right to start it"
	fi
	cd "$BATS_TEST_TMPDIR" || return
	unset GUIDON_STATE GUIDON_STORE GUIDON_MAIL GUIDON_POSTS
	export TERM=dumb TZ=UTC
	start_postfix && make_campaign
}

teardown() {
	[ -z "${wire:-}" ] || kill "$wire"
	[ -z "${sender:-}" ] || kill -9 "$sender" 2>/dev/null || true
	[ -z "${relay:-}" ] || postfix -c "$relay/etc" stop 2>/dev/null || true
	rm -rf "${relay:-$BATS_TEST_TMPDIR/none}"
}

free_port() {
	python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# In a folder that its user may reach, as those of bats are not.
start_postfix() {
	local here
	here=$(mktemp -d "${TMPDIR:-/tmp}/guidon-postfix.XXXXXX")
	relay=$here
	chmod 755 "$here"
	mkdir -p "$here"/{etc,queue,data} && chown postfix "$here/data"
	log=$here/log
	port=$(free_port)
	cat >"$here/etc/main.cf" <<-CF
		compatibility_level = 3.6
		queue_directory = $here/queue
		data_directory = $here/data
		maillog_file = $log
		maillog_file_prefixes = $here
		myhostname = relay.northwind.example
		mydestination =
		inet_protocols = ipv4
		mynetworks = 127.0.0.0/8
		smtpd_relay_restrictions = permit_mynetworks, reject
		smtpd_tls_security_level = none
		default_transport = discard
		alias_maps =
		alias_database =
	CF
	cat >"$here/etc/master.cf" <<-CF
		127.0.0.1:$port inet n - n - - smtpd
		cleanup unix n - n - 0 cleanup
		qmgr unix n - n 300 1 qmgr
		rewrite unix - - n - - trivial-rewrite
		bounce unix - - n - 0 bounce
		defer unix - - n - 0 bounce
		trace unix - - n - 0 bounce
		error unix - - n - - error
		retry unix - - n - - error
		discard unix - - n - - discard
		proxymap unix - - n - - proxymap
		anvil unix - - n - 1 anvil
		postlog unix-dgram n - n - 1 postlogd
	CF
	postfix -c "$here/etc" start
}

make_campaign() {
	begun=$(date -u -d '-6 days' +%Y-%m-%dT08:00:00Z)
	"$GUIDON" init here -q && cd here || return
	rm -r campaigns && mkdir -p campaigns/doubt
	cat >campaigns/doubt/campaign.xml <<-XML
		<campaign xmlns="urn:guidon:1" id="doubt" brand="northwind" max-lateness="30d"${policy:-}>
			<title xml:lang="en">In doubt</title>
			<start mode="automatic"/>
			<email id="first" template="mail/last-call" at="start+0d 09:00">
				<subject xml:lang="en">First</subject>
				<text name="greeting" xml:lang="en">Hello {{ contact.given_name }},</text>
				<text name="body" xml:lang="en">This may be lost on the way.</text>
				<link id="offer" href="https://www.northwind.example/"><label xml:lang="en">See</label></link>
			</email>
		</campaign>
	XML
	{
		echo 'email,given_name,consent,consent_basis'
		printf 'p%d@reader.example,X,yes,customer\n' 1 2 3 4 5
	} >list.csv
	"$GUIDON" --now "$begun" contact import -q list.csv --partner acme
	"$GUIDON" --now "$begun" plan -q doubt -o p.plan
	"$GUIDON" --now "$begun" apply -q p.plan
}

# FATE...: of the messages, one after the other
start_wire() {
	python3 "$BATS_TEST_DIRNAME/../lib/lossy_relay.py" "$port" "$@" >wire.port &
	wire=$!
	until [ -s wire.port ]; do sleep 0.1; done
}

send() {
	for _ in 1 2 3 4 5; do
		"$GUIDON" run --once -q --connections 1 --mail "smtp://127.0.0.1:$(cat wire.port)?tls=try" || true
		[ "$(count ready)" != 0 ] || break
	done
}

count() { # STATE
	"$GUIDON" status --json |
		python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"
}

# As syslog writes it. The log begins before and ends after what is asked of it.
line_at() { # WHEN
	printf '%s relay postfix/anvil[1]: statistics: max cache size 1\n' "$(LC_ALL=C date -u -d "$1" '+%b %e %H:%M:%S')"
}

long_log() {
	line_at '-1 hour'
	cat "$log"
	line_at '+1 hour'
}

queued_twice() { # Message-IDs that the queue manager has had more than once
	grep 'queue active' "$log" | sed 's/.*\]: \([0-9A-F]*\): .*/\1/' | sort -u |
		while read -r id; do grep "$id: message-id=" "$log" | sed 's/.*message-id=//'; done | sort | uniq -d
}

@test "the relay's log closes what is in doubt, and nobody has it twice" {
	start_wire well mute cut
	send
	"$GUIDON" delivery list --state in-doubt
	[ "$(count in-doubt)" = 2 ]
	[ "$(count sent)" = 3 ]
	# The log as it stands ends too early to prove that something is missing.
	run --separate-stderr "$GUIDON" resolve "$log" --zone UTC --dry-run
	[[ "$stderr" == *"1 in doubt would be closed by evidence, 1 left"* ]]
	[ "$(count in-doubt)" = 2 ]
	long_log >log
	run --separate-stderr "$GUIDON" resolve log --zone UTC
	echo "$output" "$stderr"
	[ "$status" = 0 ]
	[[ "$output" == *"sent"*"in the relay's log as "*": sent"* ]]
	[[ "$output" == *"ready"* ]]
	[[ "$stderr" == *"2 in doubt closed by evidence, 0 left"* ]]
	[ "$(count in-doubt)" = 0 ]
	[ "$(count sent)" = 4 ]
	send
	[ "$(count sent)" = 5 ]
	[ -z "$(queued_twice)" ]
	[ "$(grep -c 'queue active' "$log")" = 5 ]
	"$GUIDON" event verify -q
}

@test "a campaign may say that it counts as sent" {
	cd .. && rm -r here
	policy=' on-unknown="assume-sent"' make_campaign
	start_wire mute cut
	send
	[ "$(count in-doubt)" = 0 ]
	[ "$(count sent)" = 5 ]
	id=$("$GUIDON" delivery list | awk '/assumed sent/ { print $1; exit }')
	run "$GUIDON" trace "$id"
	[[ "$output" == *"in-doubt"*"assumed sent: "* ]]
	[ -z "$(queued_twice)" ]
}

@test "status names what is in doubt and the next step" {
	start_wire mute
	send
	run "$GUIDON" status
	[[ "$output" == *"guidon resolve"* ]]
	"$GUIDON" resolve - -q <"$log"
	run "$GUIDON" status
	[[ "$output" != *"guidon resolve"* ]]
}

follow() { # in the background
	"$GUIDON" run --connections 1 --mail "smtp://127.0.0.1:$(cat wire.port)?tls=try" \
		--relay-log mail.log --relay-log-zone UTC 2>>follow.err 3>&- &
	sender=$!
}

until_count() { # STATE N
	for _ in $(seq 300); do
		[ "$(count "$1")" != "$2" ] || return 0
		sleep 0.2
	done
	"$GUIDON" status >&2
	return 1
}

until_line() { # FILE TEXT
	for _ in $(seq 100); do
		! grep -q "$2" "$1" || return 0
		sleep 0.1
	done
	cat "$1" >&2
	return 1
}

@test "a sender follows the relay's log, over a rotation, kill -9 and a restart" {
	start_wire well mute cut
	send
	[ "$(count in-doubt)" = 2 ]
	follow
	until_line follow.err relay_log_missing
	# Its second look tells nothing, and the one that is accepted is closed.
	line_at '-1 hour' >mail.log
	cat "$log" >>mail.log
	until_count in-doubt 1
	[ "$(grep -c relay_log_missing follow.err)" = 1 ]
	[ "$(count sent)" = 4 ]
	kill -9 "$sender"
	wait "$sender" || true
	# What is missing is not proven by the new file alone.
	line_at now >>mail.log
	mv mail.log mail.log.1
	{ line_at now && line_at '+1 hour'; } >mail.log
	"$GUIDON" run --once -q --mail spool:elsewhere --relay-log mail.log.new
	[ "$(count in-doubt)" = 1 ]
	follow
	until_count in-doubt 0
	until_count sent 5
	kill "$sender"
	wait "$sender" || true
	[ -z "$(queued_twice)" ]
	[ "$(grep -c 'queue active' "$log")" = 5 ]
	"$GUIDON" event verify -q
}

@test "what a copy and a truncation may have lost closes nothing" {
	start_wire mute cut
	send
	line_at '-1 hour' >mail.log
	"$GUIDON" run --once -q --relay-log mail.log --relay-log-zone UTC
	# The rotation copies before its last lines, and truncates behind them.
	cat "$log" >>mail.log
	cp mail.log mail.log.1
	: >mail.log
	line_at '-1 minute' >>mail.log
	line_at '+1 hour' >>mail.log
	"$GUIDON" run --once -q --relay-log mail.log --relay-log-zone UTC
	[ "$(count in-doubt)" = 1 ]
	"$GUIDON" delivery list --state sent | grep -q "in the relay's log"
}

@test "a log that is no log is told once, and keeps nothing from being sent" {
	start_wire well
	mkdir mail.log
	follow
	until_count sent 5
	sleep 3
	[ "$(grep -c 'event=relay_log_failed.*plain file' follow.err)" = 1 ]
}
