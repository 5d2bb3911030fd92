#!/usr/bin/env bats
# Addresses beyond ASCII, from a list to a relay: who they are is one person
# however they are written, and a relay without SMTPUTF8 refuses them alone.

# shellcheck disable=SC2154 # bats sets stderr

bats_require_minimum_version 1.5.0

LIB=$BATS_TEST_DIRNAME/../lib

setup() {
	/usr/bin/python3 -c 'import aiosmtpd' || skip "no python3-aiosmtpd here"
	cd "$BATS_TEST_TMPDIR" || return
	unset GUIDON_STATE GUIDON_STORE GUIDON_MAIL GUIDON_POSTS
	export TERM=dumb TZ=UTC
	"$GUIDON" init here -q && cd here || return
	rm -r campaigns && mkdir -p campaigns/wide got
	cat >campaigns/wide/campaign.xml <<-XML
		<campaign xmlns="urn:guidon:1" id="wide" brand="northwind" max-lateness="30d">
			<title xml:lang="en">Wide</title>
			<start mode="automatic"/>
			<email id="first" template="mail/last-call" at="start+0d 09:00">
				<subject xml:lang="en">First</subject>
				<text name="greeting" xml:lang="en">Hello {{ contact.given_name }},</text>
				<text name="body" xml:lang="en">This goes far.</text>
				<link id="offer" href="https://www.northwind.example/"><label xml:lang="en">See</label></link>
			</email>
		</campaign>
	XML
	# The second writes the first in capitals and in two characters a letter.
	{
		echo 'email,given_name,consent,consent_basis'
		printf 'j\xc3\xbcrgen@example.de,J,yes,customer\n'
		printf 'JU\xcc\x88RGEN@Example.DE,J,yes,customer\n'
		printf 'user@b\xc3\xbccher.example,U,yes,customer\n'
		printf 'plain@reader.example,P,yes,customer\n'
	} >list.csv
}

teardown() {
	[ -z "${receiver:-}" ] || kill "$receiver"
}

start_receiver() { # MODE
	port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
	/usr/bin/python3 "$LIB/smtp_receiver.py" "$port" got "$1" 3>&- &
	receiver=$!
	for _ in $(seq 100); do
		python3 -c 'import socket, sys; socket.create_connection(("127.0.0.1", int(sys.argv[1])))' "$port" 2>/dev/null && return
		sleep 0.1
	done
	return 1
}

send() {
	begun=$(date -u -d '-6 days' +%Y-%m-%dT08:00:00Z)
	"$GUIDON" --now "$begun" contact import -q list.csv --partner acme
	"$GUIDON" --now "$begun" plan -q wide -o p.plan
	"$GUIDON" --now "$begun" apply -q p.plan
	"$GUIDON" run --once -q --connections 1 --mail "smtp://127.0.0.1:$port?tls=try"
}

count() { # STATE
	"$GUIDON" status --json |
		python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"
}

@test "a relay with SMTPUTF8 has them all, each once, an ASCII one as A-label" {
	start_receiver utf8
	send
	[ "$(count planned)" = 3 ]
	[ "$(count sent)" = 3 ]
	[ "$(cat got/*.eml | grep -c '^To:')" = 3 ]
	[ "$(cat got/*.eml | grep -c '^To:.*<jürgen@example.de>')" = 1 ]
	[ "$(cat got/*.eml | grep -c '^To:.*<user@xn--bcher-kva.example>')" = 1 ]
}

@test "without SMTPUTF8 that one is refused, clearly, and all others arrive" {
	start_receiver plain
	send
	[ "$(count sent)" = 2 ]
	[ "$(count bounced)" = 1 ]
	[ "$(find got -name '*.eml' | wc -l)" = 2 ]
	run "$GUIDON" delivery list --state bounced
	[[ "$output" == *"5.6.7"* ]]
}

@test "who opts out in one spelling gets nothing in another" {
	start_receiver utf8
	"$GUIDON" contact suppress "$(printf 'JU\xcc\x88RGEN@EXAMPLE.DE')" --scope global
	"$GUIDON" contact suppress 'USER@BÜCHER.example' --scope global
	send
	[ "$(count sent)" = 1 ]
	grep -q '^To:.*<plain@reader.example>' got/0.eml
}

@test "what is no address is refused with its line and why" {
	{
		echo 'email,given_name,consent,consent_basis'
		printf 'good\xc3\xbc@example.de,G,yes,customer\n'
		printf 'zero\xe2\x80\x8bwidth@example.de,Z,yes,customer\n'
		printf 'broken\xc3@example.de,B,yes,customer\n'
		printf 'label@xn--a.example,L,yes,customer\n'
		printf '%0.s\xc3\xbc' $(seq 33)
		printf '@example.de,T,yes,customer\n'
	} >bad.csv
	run --separate-stderr "$GUIDON" contact import bad.csv --partner acme
	echo "$output" "$stderr"
	[ "$("$GUIDON" contact list --partner acme --json | grep -c 'example.de')" = 1 ]
	[ "$(grep -cE 'before its "@"' <<<"$output$stderr")" -ge 1 ]
	[[ "$output$stderr" == *"not UTF-8"* && "$output$stderr" == *'after its "@"'* ]]
}
