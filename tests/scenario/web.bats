#!/usr/bin/env bats
# What the world outside does with a mail: programs look at it, people follow
# its links, fill in its form and leave.

# shellcheck disable=SC2154 # bats sets stderr

bats_require_minimum_version 1.5.0

setup() {
	mkdir "$BATS_TEST_TMPDIR/here" && cd "$BATS_TEST_TMPDIR/here" || return
	unset GUIDON_STATE GUIDON_STORE
	export TERM=dumb
	fixture=$BATS_TEST_DIRNAME/../fixtures/workspace
	"$GUIDON" status >/dev/null
	"$(dirname "$GUIDON")/tests/lib/guidon_seed_web" \
		sqlite:.guidon/store.db .guidon/master.key "$fixture" >paths
	"$GUIDON" serve --listen 127.0.0.1:0 --proxies 1 --now 2026-03-02T09:00:00Z 2>served 3>&- &
	server=$!
	until grep -q ^http: served; do
		kill -0 "$server" || return 1
		sleep 0.05
	done
	site=$(cat served)
}

teardown() {
	if kill "$server" 2>/dev/null; then wait "$server"; fi
}

# The path of that name in the mail.
path() {
	awk -v n="$1" '$1 == n { print $2 }' paths
}

# CURL-OPTIONS... PATH: the status
status_of() {
	curl -s -A 'Mozilla/5.0 (X11) Firefox/128.0' -o body -D headers -w '%{http_code}' "${@:1:$#-1}" "$site${!#}"
}

# All that the store says, but for hits.
dump() {
	sqlite3 -readonly .guidon/store.db .dump | grep -v '^INSERT INTO hit '
}

@test "who only looks changes nothing but hits" {
	dump >before
	for agent in 'Mozilla/5.0' 'Googlebot/2.1' 'BarracudaCentral/1.0' 'Mozilla/5.0 (X11) Firefox/128.0'; do
		while read -r _ path; do
			curl -sA "$agent" -o /dev/null "$site$path"
			curl -sIA "$agent" -o /dev/null "$site$path"
			curl -sA "$agent" -X OPTIONS -o /dev/null "$site$path"
		done <paths
	done
	dump >after
	diff before after
	[ "$(sqlite3 -readonly .guidon/store.db 'SELECT COUNT(*) FROM hit')" = 32 ]
}

@test "a click leads to the page, and its form to a lead" {
	[ "$(status_of "$(path page-link)")" = 302 ]
	where=$(tr -d '\r' <headers | sed -n 's,^Location: https://go.northwind.example,,p')
	[ "$(status_of "$where")" = 200 ]
	t=$(sed -n 's/.*name="t" value="\([^"]*\)".*/\1/p' body)
	page=${where%%\?*}
	[ "$(status_of -d form=call-me -d "t=$t" -d email=not-one "$page")" = 422 ]
	grep -q 'value="not-one"' body
	for _ in 1 2; do
		[ "$(status_of -d form=call-me -d "t=$t" -d email=anna@example.org -d consent=yes "$page")" = 200 ]
	done
	grep -q 'will call you' body
	[ "$(sqlite3 -readonly .guidon/store.db 'SELECT COUNT(*) FROM lead')" = 1 ]
	# The click is written down after what came of it; a trace has it in time.
	"$GUIDON" --now 2026-03-02T11:00:00Z run --once -q
	id=$("$GUIDON" event list --kind submitted --json | python3 -c '
import json, sys
print(json.load(sys.stdin)[0]["delivery"])')
	"$GUIDON" trace "$id" --json | python3 -c '
import json, sys
events = json.load(sys.stdin)["events"]
assert {"clicked", "submitted"} <= {e["event"] for e in events}, events
assert [e["at"] for e in events] == sorted(e["at"] for e in events), events'
}

@test "one visitor behind the proxy shuts the form for nobody else" {
	page=$(path page-link)
	[ "$(status_of "$page")" = 302 ]
	page=$(tr -d '\r' <headers | sed -n 's,^Location: https://go.northwind.example,,p')
	page=${page%%\?*}
	for _ in {1..150}; do
		code=$(status_of -H 'X-Forwarded-For: 198.51.100.1' -d form=call-me -d email=anna@example.org -d consent=yes "$page")
		[ "$code" = 200 ] || break
	done
	[ "$code" = 429 ]
	[ "$(status_of -H 'X-Forwarded-For: 198.51.100.1, 198.51.100.2' -d form=call-me -d email=b@example.org -d consent=yes "$page")" = 200 ]
	run -64 "$GUIDON" serve --proxies many
	[[ "$output" == *"--proxies many, expected a number from 0 to 8"* ]]
}

@test "one click leaves, at once and without a redirect" {
	leave=$(path leave)
	[ "$(status_of "$leave")" = 200 ]
	grep -q 'a\*\*\*@example.org' body
	[ "$("$GUIDON" event list --json | grep -c unsubscribed)" = 0 ]
	[ "$(status_of -d List-Unsubscribe=One-Click "$leave")" = 200 ]
	[ "$(status_of -F List-Unsubscribe=One-Click "$leave")" = 200 ]
	[ "$("$GUIDON" event list --json | grep -c unsubscribed)" = 1 ]
	run ! grep -qiE '^(location|set-cookie):' headers
	run "$GUIDON" contact show --partner acme anna@example.org
	[[ "$output" == *withdrawn* ]]
}

@test "a page of ours lets nobody frame, sniff or follow it" {
	[ "$(status_of "$(path page)")" = 200 ]
	grep -qi "^content-security-policy: default-src 'none'" headers
	grep -qi '^x-content-type-options: nosniff' headers
	grep -qi '^referrer-policy: no-referrer' headers
	run ! grep -qi '^server:' headers
}

@test "a server that is told to stop says nothing and is well" {
	kill -TERM "$server"
	wait "$server"
	[ "$(wc -l <served)" = 1 ]
}

@test "an address that is none is a mistake of usage" {
	run --separate-stderr -64 "$GUIDON" serve --listen 8080
	[[ "$stderr" == *'expected ADDRESS:PORT'* ]]
	run --separate-stderr -64 "$GUIDON" serve --listen ::1:8080
	run --separate-stderr "$GUIDON" serve --listen localhost:0
	[ "$status" != 0 ]
}
