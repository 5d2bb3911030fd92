#!/usr/bin/env bats
# What people look at: everything a partner gets as files, and what guidon up
# shows of the workspace and of what runs.

# shellcheck disable=SC2154 # bats sets stderr

bats_require_minimum_version 1.5.0

setup() {
	mkdir "$BATS_TEST_TMPDIR/here" && cd "$BATS_TEST_TMPDIR/here" || return
	unset GUIDON_STATE GUIDON_STORE GUIDON_MAIL GUIDON_POSTS
	export TERM=dumb
	"$GUIDON" init work && cd work || return
}

teardown() {
	if [ -n "${server:-}" ] && kill "$server" 2>/dev/null; then wait "$server"; fi
}

# [OPTION]: starts guidon up, else with a virtual clock: $site
up() {
	"$GUIDON" "${1:---virtual}" up --listen 127.0.0.1:0 2>../served 3>&- &
	server=$!
	until grep -q ^http: ../served; do
		kill -0 "$server" || return 1
		sleep 0.05
	done
	site=$(grep -o '^http://[^/]*' ../served)
}

@test "render writes what is sent, and its images beside" {
	"$GUIDON" render --partner acme -o look
	for name in invite.eml invite.html invite.txt teaser-linkedin.txt offer.html brochure.html \
		@unsubscribe.html @unsubscribed.html @thanks.html @lead-notify.eml @lead-thanks.html; do
		[ -s "look/$name" ]
	done
	run grep -hoE 'src="[^"]*"' look/*.html
	run grep -vE '"images/|/o/preview.gif' <<<"$output"
	[ "$status" = 1 ]
	[ "$(find look/images -type f | wc -l)" = 2 ]
	while read -r image; do
		[ -s "look/$image" ]
	done < <(grep -ho 'images/[0-9a-z.]*' look/*.html)
	grep -q 'utm_medium=print' look/brochure.html
}

@test "git passes over a folder that render made, and no other" {
	git init -q .
	mkdir kept
	"$GUIDON" render --partner acme --step brochure
	"$GUIDON" render --partner acme --step brochure -o look
	"$GUIDON" render --partner acme --step brochure -o kept
	run git status --porcelain
	[[ "$output" == *kept/* && "$output" != *look* && "$output" != *spring-launch-acme* ]]
}

@test "render says that addresses of pages are made up, and makes no store" {
	run --separate-stderr "$GUIDON" render --partner acme --step brochure -o look
	[ "$status" = 0 ]
	[[ "$stderr" == *"links of pages are made up until the campaign is applied"* ]]
	[ ! -e .guidon ]
}

@test "once a campaign is applied, what is rendered leads to its pages" {
	"$GUIDON" --virtual --now 2026-03-19T08:00:00Z plan spring-launch -o plan
	"$GUIDON" --virtual apply plan
	cp .guidon/store.db before
	for options in '' --virtual; do
		# shellcheck disable=SC2086 # words
		run --separate-stderr "$GUIDON" render --partner acme -o look $options
		[ "$status" = 0 ]
		[ -z "$stderr" ]
	done
	cmp before .guidon/store.db
	up
	for file in brochure offer; do
		page=$(grep -o '/p/acme/[0-9a-z]*/offer' "look/$file.html" | sort -u)
		[ "$(wc -l <<<"$page")" = 1 ]
		curl -sf "$site$page" | grep -q 'Acme Systemhaus'
	done
	grep -q "$page" look/teaser-linkedin.txt
	grep -q "$page" look/invite.txt
	grep -q '/u/preview' look/invite.txt
	curl -sf "$site/preview-raw/spring-launch/brochure/acme" | grep -q "$page"
	run --separate-stderr "$GUIDON" render --partner boreal -o other
	[[ "$stderr" == *"links of pages are made up: boreal has no part in spring-launch"* ]]
}

@test "a store that cannot be read does not keep render from its work" {
	mkdir .guidon
	echo 'no database' >.guidon/store.db
	run --separate-stderr "$GUIDON" render --partner acme --step brochure -o look
	[ "$status" = 0 ]
	[[ "$stderr" == *"links of pages are made up: "* ]]
	[ "$(cat .guidon/store.db)" = 'no database' ]
	[ -s look/brochure.html ]
}

@test "a lead mail says page, mail and day as people do" {
	"$GUIDON" --now 2026-08-04T12:05:00Z render --partner delorme --step @lead-notify -o look
	[ "$(ls look)" = "$(printf '%s\n' @lead-notify.eml @lead-notify.html @lead-notify.txt images)" ]
	grep -q '^Reçue le: 4 août 2026 à 14:05' look/@lead-notify.txt
	grep -q '^Page: 45 minutes. Une liste. Moins de portes ouvertes.' look/@lead-notify.txt
	grep -q '^Provenance: Qui peut encore entrer' look/@lead-notify.txt
}

@test "every test mail has a Message-ID and a boundary of its own" {
	for i in 1 2; do
		"$GUIDON" send-test invite --partner acme --to me@example.org --mail "spool:../out$i"
		cat ../out$i/*/*.eml >../mail$i
		grep -i '^Message-ID: <[a-z0-9]\{32\}@' ../mail$i >../id$i
		grep -o 'boundary="[^"]*"' ../mail$i >../boundary$i
	done
	run ! cmp ../id1 ../id2
	run ! cmp ../boundary1 ../boundary2
	run ! grep -q preview ../boundary1
}

@test "an image that a template names is checked, rendered, shown and published" {
	{ cat assets/northwind.svg && echo; } >assets/team.svg
	sed -i 's|</main>|<img src="{{ "team.svg" \| asset_url }}" alt="">&|' templates/page/offer.html
	"$GUIDON" check
	image=$(sha256sum assets/team.svg | cut -d' ' -f1).svg
	"$GUIDON" render --partner brightline --step offer -o look
	grep -q "src=\"images/$image\"" look/offer.html
	cmp "look/images/$image" assets/team.svg
	"$GUIDON" --virtual --now 2026-03-19T08:00:00Z plan spring-launch -o plan
	"$GUIDON" --virtual apply plan
	up
	curl -sf "$site/preview-raw/spring-launch/offer/brightline" | grep -q "src=\"/preview-image/spring-launch/$image\""
	curl -sf "$site/preview-image/spring-launch/$image" | cmp - assets/team.svg
	curl -sf "$site/a/$image" | cmp - assets/team.svg
	rm assets/team.svg
	run "$GUIDON" check
	[ "$status" = 1 ]
	grep -q '^templates/page/offer.html:[0-9]*:[0-9]*: .*found no such file' <<<"$output"
}

@test "up shows a workspace in which nothing runs" {
	up
	curl -sf "$site/" | grep -q 'No partner runs it yet'
	curl -sf "$site/preview/" | grep -q 'Also sent'
	[ "$(curl -s -o /dev/null -w '%{http_code}' "$site/nothing")" = 404 ]
}

@test "what up frames is where its page says" {
	up
	local frame
	for page in spring-launch/invite/acme 'spring-launch/@thanks/acme?lang=fr'; do
		frame=$(curl -sf "$site/preview/$page" | grep -o '<iframe[^>]* src="[^"]*"' | head -n 1 | sed 's/.*src="//; s/"$//')
		case "$frame" in /preview-raw/spring-launch/*) ;; *) false ;; esac
		curl -sf "$site$frame" | grep -q '<html lang='
	done
	curl -sf "$site$frame" | grep -q 'lang="fr"'
}

@test "up shows posts with their length, in a language that is asked for" {
	up
	curl -sf "$site/preview/spring-launch/teaser/acme?lang=fr" >page
	grep -q 'of 500 characters with the link' page
	grep -q 'preview/spring-launch/teaser/brightline?lang=fr' page
	curl -sf "$site/preview-raw/spring-launch/@thanks/acme?lang=fr" | grep -q 'lang="fr"'
	curl -sf "$site/preview/spring-launch/teaser/acme?lang=%22%3e" >page
	run grep '%22' page
	[ "$status" = 1 ]
}

@test "up marks who is not in the audience, and says it on their pages" {
	up
	curl -sf "$site/preview/spring-launch/invite/boreal" >page
	grep -q 'Boréal TI is not in the audience of spring-launch (no include fits)' page
	[ "$(grep -c 'title="not in the audience"' page)" = 2 ]
	curl -sf "$site/preview/spring-launch/invite/acme" >page
	run grep 'apart-note"' page
	[ "$status" = 1 ]
}

@test "up calls what is no step by one name, and marks errors alone in red" {
	up
	curl -sf "$site/preview/spring-launch/@lead-notify/acme" >page
	grep -q '<h2>lead-notify</h2>' page
	grep -q 'href="/preview/spring-launch/@lead-notify/acme"' page
	sed -i 's/Boréal TI/=Boréal/' partners.csv
	curl -sf "$site/preview/" | grep -q '<ul class="findings">'
	echo 'short,Short Ltd' >>partners.csv
	curl -sf "$site/preview/" | grep -q '<ul class="findings bad">'
}

@test "up says where mails and posts go, each for itself" {
	up
	curl -sf "$site/" | grep -q 'mails as .eml, posts as .json'
	kill "$server"
	wait "$server"
	rm -r .guidon
	GUIDON_POSTS=webhook: up --no-color
	curl -sf "$site/" >page
	grep -q "Mails do not leave this machine: each is a file in <code>$PWD/.guidon/spool" page
	grep -q 'Posts go to the address that each partner has for them (<code>webhook:</code>)' page
}

@test "up shows what runs and leads to its pages" {
	printf 'email,tags,consent,consent_basis,consent_source,consent_date\nann@reader.example,it,given,opt-in,fair,2026-01-05\n' >list.csv
	"$GUIDON" --virtual --now 2026-03-19T08:00:00Z contact import list.csv --partner acme
	"$GUIDON" --virtual plan spring-launch -o plan
	"$GUIDON" --virtual apply plan
	up
	curl -sf "$site/" >page
	grep -q 'Zero-trust spring' page
	grep -q 'Acme Systemhaus GmbH' page
	grep -q "$PWD/.guidon/spool" page
	path=$(grep -o '/p/acme/[0-9a-z]*/offer' page | head -1)
	curl -sf "$site$path" | grep -q 'lang="de"'
	grep -q 'href="/preview/spring-launch/invite/acme"' page
}
