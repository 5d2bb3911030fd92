#!/usr/bin/env bats
# A vendor's week: campaigns are planned, applied, changed and looked at, one
# beside the other, and what the program says about it is what it did.

# shellcheck disable=SC2154 # bats sets stderr

bats_require_minimum_version 1.5.0

before=2026-03-19T08:00:00Z # a day before the first mails
later=2026-03-20T12:00:00Z  # when they are due

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	unset GUIDON_STATE GUIDON_STORE GUIDON_MAIL GUIDON_POSTS
	export TERM=dumb
	"$GUIDON" init here -q && cd here || return
	list jo
}

# NAME...: they are on the list of acme
list() {
	printf 'email,given_name,consent,consent_basis,tags\n' >list.csv
	printf '%s@example.org,X,yes,customer,security\n' "$@" >>list.csv
	"$GUIDON" --now $before contact import -q list.csv --partner acme
}

# [CAMPAIGN]: it is planned and applied
applied() {
	"$GUIDON" --now $before plan -q -o p.plan "$@"
	"$GUIDON" --now $before apply -q p.plan
}

# A second campaign that a partner begins itself, and only it has a step "hello"
another() {
	"$GUIDON" new campaign kit --from spring-launch -q
	sed -i 's/mode="automatic"/mode="opt-in"/; s/"invite"/"hello"/; s/:invite\b/:hello/' \
		campaigns/kit/campaign.xml
}

@test "a plan says how many mails apply would take, and why" {
	run "$GUIDON" --now $before plan
	[[ "$output" == *"Mails for the partner with most: 3 now; beyond 13 (a tenth more, at least 10) apply refuses"* ]]
}

@test "apply says that a new revision is published, and whose runs go on with it" {
	"$GUIDON" --now $before plan -q -o p.plan
	run "$GUIDON" --now $before apply p.plan
	[[ "$output" =~ newly\ published\ +yes ]]
	[[ "$output" =~ new\ activations\ +6 ]]
	run "$GUIDON" --now $before apply p.plan
	[[ "$output" =~ newly\ published\ +no ]]
	sed -i 's/Zero-trust spring/Zero trust spring/' campaigns/spring-launch/campaign.xml
	"$GUIDON" --now $before plan -q -o p.plan
	run "$GUIDON" --now $before apply p.plan
	[[ "$output" =~ newly\ published\ +yes ]]
	[[ "$output" =~ updated\ activations\ +6 ]]
}

@test "a campaign that partners begin themselves starts nobody, and says how it is begun" {
	another
	for _ in 1 2; do
		run --separate-stderr "$GUIDON" --now $before plan kit -o p.plan
		[[ "$output" != *"+ acme"* ]]
		[[ "$output" =~ acme\ +1\ +0\ +once\ it\ is\ started ]]
		[[ "$output" == *"A partner's run begins with: guidon start kit --partner P" ]]
		run --separate-stderr "$GUIDON" --now $before apply p.plan
		[[ "$stderr" == *"guidon start kit --partner P" ]]
	done
	"$GUIDON" --now $before start kit --partner acme
	run "$GUIDON" --now $before plan kit
	[[ "$output" =~ acme\ +1\ +0\ +Fri\ 2026-03-20\ 08:00\ UTC ]]
}

@test "who is imported after apply joins without a new plan" {
	applied
	list bo
	"$GUIDON" --now $later run --once -q
	run "$GUIDON" delivery list --partner acme --state ready
	[[ "$output" =~ acme\ +spring-launch\ +invite\ +email\ +ready\ +2026-03-23T08:00:00Z ]]
}

# Both are applied and run, for acme at least
two_run() {
	another
	applied spring-launch
	applied kit
	"$GUIDON" --now $before start -q kit --partner acme
}

@test "the beginning of a name is enough to be told the name, not to be taken for it" {
	run --separate-stderr -1 "$GUIDON" pause spring
	[[ "$stderr" == *'no campaign "spring", did you mean "spring-launch"?' ]]
	"$GUIDON" pause spring-launch
}

@test "report without a name counts every campaign that runs" {
	two_run
	"$GUIDON" --now $later run --once -q
	run "$GUIDON" report
	[[ "${lines[0]}" =~ ^campaign\ +partner\ +step ]]
	[[ "$output" =~ kit\ +acme\ +hello\ +1\ +1\ +0 ]]
	[[ "$output" =~ spring-launch\ +acme\ +invite\ +1\ +0\ +1 ]]
	[ "$("$GUIDON" report --format csv | grep -c '^campaign,')" = 1 ]
	"$GUIDON" report --json | python3 -c '
import json, sys
assert [r["campaign"] for r in json.load(sys.stdin)] == ["kit", "spring-launch"]'
	run "$GUIDON" report kit
	[[ "${lines[0]}" =~ ^partner\ +step ]]
}

@test "deliveries are listed with their campaigns" {
	two_run
	"$GUIDON" --now $later run --once -q
	run "$GUIDON" delivery list --partner acme
	[[ "${lines[0]}" =~ ^delivery\ +partner\ +campaign\ +step ]]
	[[ "$output" =~ acme\ +kit\ +hello ]]
	[[ "$output" =~ acme\ +spring-launch\ +invite ]]
}

@test "plan without a name shows every campaign, and writes only one" {
	another
	run "$GUIDON" --now $before plan
	[[ "$output" == *"start opt-in"*"start automatic"* ]]
	run --separate-stderr -65 "$GUIDON" --now $before plan -o p.plan
	[[ "$stderr" == *"2 campaigns, expected the name of one: kit, spring-launch" ]]
	run "$GUIDON" --now $before plan --detailed-exitcode
	[ "$status" = 2 ]
}

@test "send-test writes into the spool of a workspace that has no store yet" {
	"$GUIDON" init fresh && cd fresh
	"$GUIDON" send-test invite --partner acme --to me@example.org
	[ "$(find .guidon/spool -name '*.eml' | wc -l)" = 1 ]
	[ ! -e .guidon/store.db ]
}

@test "send-test finds the campaign by the step that only it has" {
	another
	"$GUIDON" send-test hello --partner acme --to me@example.org
	"$GUIDON" send-test invite --partner acme --to me@example.org
	run --separate-stderr -65 "$GUIDON" send-test nudge --partner acme --to me@example.org
	[[ "$stderr" == *'2 campaigns with a step "nudge", expected the name of one: kit, spring-launch' ]]
	run --separate-stderr -1 "$GUIDON" send-test nought --partner acme --to me@example.org
	[[ "$stderr" == *'none of 2 campaigns has a step "nought"' ]]
	"$GUIDON" send-test nudge kit --partner acme --to me@example.org
}

@test "render finds the campaign by the step that only it has, and names those that share it" {
	"$GUIDON" new campaign autumn --from spring-launch --quiet
	sed -i 's/id="teaser"/id="herald"/; /<form /,/<\/form>/d' campaigns/autumn/campaign.xml
	"$GUIDON" render --partner acme --step herald -o look -q
	[ -s look/herald-linkedin.txt ]
	"$GUIDON" render --partner acme --step @thanks -o look -q
	[ -s look/@thanks.html ]
	run --separate-stderr -65 "$GUIDON" render --partner acme --step invite
	[[ "$stderr" == *'2 campaigns with a step "invite", expected the name of one: autumn, spring-launch'* ]]
	run --separate-stderr -1 "$GUIDON" render --partner acme --step nothing
	[[ "$stderr" == *'none of 2 campaigns has a step "nothing"'* ]]
}

@test "who is made up has tags and a telephone" {
	sed -i 's|</body>|[{{ contact.tags \| join: "+" }}][{{ contact.phone }}]&|' templates/mail/announce.html
	"$GUIDON" render --partner acme --step invite -o look -q
	grep -qF '[security+it][+1 202 555 0101]' look/invite.html
}

@test "where there is no form, test has nobody become a lead" {
	sed -i '/<form /,/<\/form>/d' campaigns/spring-launch/campaign.xml
	rm campaigns/spring-launch/test.csv
	run --separate-stderr "$GUIDON" test
	[ "$status" = 0 ]
	[[ "$output" == *silent*clicks* && "$output" != *lead* ]]
	[[ "$stderr" != *held* ]]
	[[ "$stderr" == *'warning: found the condition "lead" in a campaign without a form'* ]]
}

@test "examples in the documents name what the stock workspace has" {
	docs=$(dirname "$BATS_TEST_FILENAME")/../..
	docs="$docs/README.md $docs/docs/commands.md $docs/docs/operations.md $docs/docs/status.md"
	# shellcheck disable=SC2086 # several files
	partners=$(grep -ohE -- '--(partner|only) [a-z][a-z,-]*' $docs | cut -d' ' -f2 | tr , '\n' | sort -u)
	[ -n "$partners" ]
	for partner in $partners; do
		grep -q "^$partner," partners.csv || { echo "no partner $partner" && false; }
	done
	# shellcheck disable=SC2086
	campaigns=$(grep -ohE 'guidon (plan|start|pause|resume|report|render|test) [a-z][a-z-]*[` ]?' $docs |
		cut -d' ' -f3 | tr -d '` ' | sort -u)
	[ -n "$campaigns" ]
	for campaign in $campaigns; do
		[ -d "campaigns/$campaign" ] || { echo "no campaign $campaign" && false; }
	done
}

@test "a run is started once more, with a text of the partner's own" {
	applied
	"$GUIDON" --now $before start spring-launch --partner acme --again "intro=Meet us in Bonn."
	"$GUIDON" --now $before run --once -q
	"$GUIDON" --now $later run --once -q
	grep -q 'Meet us in Bonn' .guidon/spool/*/*.eml
}

@test "run says in one line where from and where to, unless it is told to be quiet" {
	here=$(pwd -P)
	run --separate-stderr "$GUIDON" run --once --posts 'webhook:?loopback=yes'
	[ "${stderr_lines[0]}" = "sending from $here/.guidon/store.db: mail to spool:$here/.guidon/spool, posts to webhook:?loopback=yes" ]
	run --separate-stderr "$GUIDON" run --once -q
	[ -z "$stderr$output" ]
}
