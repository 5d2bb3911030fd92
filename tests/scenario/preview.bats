#!/usr/bin/env bats
# The preview of `guidon up`: for who sits at this machine, and nobody else.

# shellcheck disable=SC2154 # bats sets stderr

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	unset GUIDON_STATE GUIDON_STORE GUIDON_MAIL GUIDON_POSTS
	export TERM=dumb
	"$GUIDON" init here 2>/dev/null && cd here || return
	"$GUIDON" up --listen 127.0.0.1:0 2>served 3>&- &
	server=$!
	until grep -q ^http: served; do
		kill -0 "$server" || return 1
		sleep 0.05
	done
	port=$(sed -n 's,^http://127.0.0.1:\([0-9]*\)/.*,\1,p' served)
}

teardown() {
	if kill "$server" 2>/dev/null; then wait "$server"; fi
}

# HOST PATH: the status
asked_as() {
	curl -s -o body -w '%{http_code}' -H "Host: $1" "http://127.0.0.1:$port$2"
}

@test "who is at this machine sees every step" {
	for host in "127.0.0.1:$port" "localhost:$port" LOCALHOST '[::1]:8080' 127.0.0.1; do
		[ "$(asked_as "$host" /preview/)" = 200 ]
		grep -q 'Acme Systemhaus' body
	done
	[ "$(asked_as localhost /)" = 200 ]
}

@test "a proxy on this machine that asks for another sees nothing" {
	for header in 'X-Forwarded-For: 192.0.2.7' 'X-Forwarded-Host: guidon.example' 'x-forwarded-proto: https' 'Forwarded: for=192.0.2.7'; do
		for path in / /preview/; do
			[ "$(curl -s -o body -w '%{http_code}' -H "$header" "http://127.0.0.1:$port$path")" = 404 ]
		done
		[ "$(curl -s -o body -w '%{http_code}' -H "$header" "http://127.0.0.1:$port/healthz")" = 200 ]
	done
}

@test "a site of this machine that is elsewhere is told of" {
	grep -q 'are at http://127.0.0.1:8080, the site of guidon.xml, and not here' served
}

@test "a name that was made to mean this machine sees nothing" {
	for host in evil.example 127.0.0.1.evil.example 127.evil.example localhost.evil.example "evil.example:$port" 'localhost:x' '[::1].evil.example'; do
		for path in / /preview/ /preview-raw/spring-launch/invite/acme /preview-image/x /preview-version /preview.js; do
			[ "$(asked_as "$host" "$path")" = 404 ]
			[ "$(cat body)" = 'not found' ]
		done
	done
	[ "$(asked_as evil.example /healthz)" = 200 ]
}

@test "on an address that is not loopback it says that nothing of it is shown" {
	GUIDON_STATE=$PWD/other "$GUIDON" up --listen 0.0.0.0:0 2>open 3>&- &
	until grep -q '^http://0.0.0.0:[0-9]* answers visitors; overview and preview are shown on a loopback address alone' open; do
		kill -0 $! || return 1
		sleep 0.05
	done
	kill $!
	wait $!
}
