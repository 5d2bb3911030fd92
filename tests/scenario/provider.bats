#!/usr/bin/env bats
# What mail providers tell by HTTP counts, when they are on and it is theirs.

# shellcheck disable=SC2154 # bats sets stderr

bats_require_minimum_version 1.5.0

before=2026-03-19T08:00:00Z # a day before the first mails
due=2026-03-20T12:00:00Z
later=2026-03-21T12:00:00Z
people=6
topic=arn:aws:sns:eu-central-1:123456789012:mail
all="ses:$topic sendgrid mailgun postmark"

setup_file() {
	# What providers sign with, and we verify by.
	cd "$BATS_FILE_TMPDIR" || return
	openssl req -newkey rsa:2048 -nodes -keyout sns.key -out sns.csr -subj /CN=sns.test 2>/dev/null
	# Of these days for the tests' clock too, whenever they run.
	printf '%s\n' '[ca]' 'default_ca=c' '[c]' 'database=db' 'serial=serial' 'new_certs_dir=.' 'default_md=sha256' \
		'policy=p' '[p]' 'commonName=supplied' >ca.conf
	touch db && echo 01 >serial
	openssl ca -config ca.conf -selfsign -batch -keyfile sns.key -in sns.csr -out sns.pem -notext \
		-startdate 20260101000000Z -enddate 20990101000000Z 2>/dev/null
	openssl ecparam -name prime256v1 -genkey -noout -out sendgrid.key
	openssl ec -in sendgrid.key -pubout -outform DER 2>/dev/null | base64 -w0 >sendgrid.pub
	echo key-0123456789abcdef >mailgun.key
	echo guidon:0123456789abcdef >postmark.key
	chmod 600 ./*.key sns.pem sendgrid.pub
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	unset GUIDON_STATE GUIDON_STORE GUIDON_MAIL GUIDON_POSTS GUIDON_INTAKE GUIDON_PROVIDERS
	unset GUIDON_SENDGRID_KEY GUIDON_MAILGUN_KEY GUIDON_POSTMARK_PASSWORD
	export TERM=dumb
	"$GUIDON" init here -q && cd here || return
	{
		echo 'email,given_name,consent,consent_basis,tags'
		printf 'p%d@example.org,X,yes,customer,security\n' $(seq $people)
	} >list.csv
	"$GUIDON" --now $before contact import -q list.csv --partner acme
	"$GUIDON" --now $before plan -q -o p.plan
	"$GUIDON" --now $before apply -q p.plan
}

keys() {
	export GUIDON_SES_CERTIFICATE_FILE=$BATS_FILE_TMPDIR/sns.pem
	export GUIDON_SENDGRID_KEY_FILE=$BATS_FILE_TMPDIR/sendgrid.pub
	export GUIDON_MAILGUN_KEY_FILE=$BATS_FILE_TMPDIR/mailgun.key
	export GUIDON_POSTMARK_PASSWORD_FILE=$BATS_FILE_TMPDIR/postmark.key
}

teardown() {
	for p in served.pid relay.pid; do
		[ -f "$p" ] && kill "$(<"$p")" 2>/dev/null
	done
	wait
}

# OPTION...: the web, at $site
serve() {
	"$GUIDON" serve --listen 127.0.0.1:0 --now $later "$@" 2>served 3>&- &
	echo $! >served.pid
	until grep -q ^http: served; do
		kill -0 "$(<served.pid)" || return 1
		sleep 0.05
	done
	site=$(grep ^http: served)
}

# A relay at $port, which keeps what it is given in kept/.
relay() {
	mkdir kept
	python3 "$BATS_TEST_DIRNAME/../lib/keeping_relay.py" kept >port 3>&- &
	echo $! >relay.pid
	until [ -s port ]; do sleep 0.02; done
	port=$(<port)
}

tell() { # PROVIDER WHAT [key=value ...]
	python3 "$BATS_TEST_DIRNAME/../lib/tell.py" "$1" "$2" "$site/hook/$1" "${@:3}" \
		dir="$BATS_FILE_TMPDIR" topic=$topic at="$(date -d "${at:-$later}" +%s)"
}

# FILE HEADER
header() {
	tr -d '\r' <"$1" | sed -n "/^$/q; s/^$2: //Ip"
}

# The mail to this person, among the mails in these folders.
mail_to() { # NUMBER FOLDER...
	grep -lrE "^To:.*p$1@example.org" --include='*.eml' "${@:2}" | head -1
}

id_of() { # NUMBER FOLDER...
	header "$(mail_to "$@")" message-id | tr -d '<>'
}

count() { # FIELD of status; 0 when it is not there
	"$GUIDON" status --json |
		python3 -c 'import json, sys; print(json.load(sys.stdin).get(sys.argv[1], 0))' "$1"
}

refuses() { # WORDS COMMAND...
	run --separate-stderr -78 "$GUIDON" "${@:2}"
	[[ "$stderr" == *"$1"* ]]
}

@test "a provider that is off has no path" {
	"$GUIDON" --now $due run --once -q
	keys
	serve
	for p in ses sendgrid mailgun postmark; do
		[ "$(tell $p hard)" = 404 ]
	done
	kill "$(<served.pid)" && wait
	serve --providers mailgun
	[ "$(tell ses hard)" = 404 ]
	[ "$(tell mailgun hard)" = 200 ]
}

@test "a hard bounce of each provider ends what would follow, once" {
	"$GUIDON" --now $due run --once -q
	keys
	serve --providers "$all"
	[ "$(tell ses hard to=p1@example.org id="$(id_of 1 .guidon/spool)")" = 200 ]
	[ "$(tell sendgrid hard to=P2@Example.org id="$(id_of 2 .guidon/spool)")" = 200 ]
	[ "$(tell mailgun hard to=p3@example.org id="$(id_of 3 .guidon/spool)")" = 200 ]
	[ "$(count returned_hard)" = 3 ]
	# The same again, and another that says the same.
	[ "$(tell ses hard to=p1@example.org id="$(id_of 1 .guidon/spool)")" = 200 ]
	[ "$(tell sendgrid hard number=2 to=p2@example.org id="$(id_of 2 .guidon/spool)")" = 200 ]
	[ "$(tell mailgun complaint to=p4@example.org id="$(id_of 4 .guidon/spool)")" = 200 ] # its token was used
	[ "$(count returned_hard)" = 3 ]
	[ "$(count returned_complaint)" = 0 ]
	# Of another system, with the same account.
	[ "$(tell sendgrid hard number=3 id=another@example.org times=1000)" = 200 ]
	[ "$(count returned_unproven)" = 1000 ]
	"$GUIDON" --now 2026-03-24T20:00:00Z run --once -q
	for n in $(seq $people); do
		[ "$(grep -lrE "^To:.*p$n@example.org" --include='*.eml' .guidon/spool | wc -l)" = $((n <= 3 ? 1 : 2)) ]
	done
}

@test "what is not theirs is refused, and leaves nothing" {
	"$GUIDON" --now $due run --once -q
	keys
	serve --providers "$all"
	id=$(id_of 1 .guidon/spool)
	sqlite3 -readonly .guidon/store.db .dump >store.before
	for p in ses sendgrid mailgun postmark; do
		[ "$(tell $p hard id="$id" spoil=yes)" = 403 ]
	done
	for p in ses sendgrid mailgun; do
		[ "$(at=2026-03-20T10:00:00Z tell $p hard id="$id")" = 403 ]
		[ "$(at=2026-03-21T12:20:00Z tell $p hard id="$id")" = 403 ]
	done
	[ "$(curl -s -o said -w '%{http_code}' "$site/hook/ses")" = 405 ]
	[ "$(curl -s -o said -w '%{http_code}' -d 'secret words' "$site/hook/ses")" = 400 ]
	run ! grep -q secret said served
	head -c 200000 /dev/zero | tr '\0' ' ' >large
	[ "$(curl -s -o said -w '%{http_code}' --data-binary @large "$site/hook/mailgun")" = 413 ]
	[ "$(curl -s -o said -w '%{http_code}' -H 'Content-Encoding: gzip' -d x "$site/hook/mailgun")" = 415 ]
	sqlite3 -readonly .guidon/store.db .dump >store.after
	diff store.before store.after
	grep -q 'event=refused provider=sendgrid' served
	[ "$(grep -c event=refused served)" = 4 ] # each once a minute
}

@test "mail through Postmark and SendGrid names itself, outside of what is signed" {
	relay
	"$GUIDON" --now $before partner dkim --make -q >made
	"$GUIDON" --now $before partner dkim --activate -q >made
	"$GUIDON" --now $due run --once -q --mail "smtp://127.0.0.1:$port?provider=postmark"
	keys
	serve --providers "postmark sendgrid"
	first=$(mail_to 1 kept)
	[ "$(head -c 22 "$first")" = "X-PM-Metadata-guidon: " ]
	grep -q ^DKIM-Signature: "$first"
	run ! grep -qi 'h=.*x-pm' "$first"
	# Nor of what it is compared with when it is made again.
	hash=$(tail -n +2 "$first" | sha256sum | cut -d' ' -f1)
	[ "$(sqlite3 -readonly .guidon/store.db "SELECT COUNT(*) FROM delivery WHERE sha256 = x'$hash'")" = 1 ]
	[ "$(tell postmark hard tag="$(header "$first" X-PM-Metadata-guidon)")" = 200 ]
	[ "$(tell postmark leave number=2 tag="$(header "$(mail_to 2 kept)" X-PM-Metadata-guidon)" to=p2@example.org)" = 200 ]
	[ "$(count returned_hard)" = 1 ]
	[ "$("$GUIDON" event list --kind unsubscribed --json | grep -c '"unsubscribed"')" = 1 ]
	rm -r kept/*
	at=2026-03-24T20:00:00Z
	"$GUIDON" --now $at run --once -q --mail "smtp://127.0.0.1:$port?provider=sendgrid&client=curl"
	[ -z "$(mail_to 1 kept)$(mail_to 2 kept)" ]
	header "$(mail_to 3 kept)" X-SMTPAPI >api
	tag=$(python3 -c 'import json; print(json.load(open("api"))["unique_args"]["guidon"])')
	# It says nothing of the mail but that.
	[ "$(at=$later tell sendgrid complaint tag="$tag" to=p3@example.org)" = 200 ]
	[ "$(count returned_complaint)" = 1 ]
}

@test "a provider without its key is told before anything is served" {
	refuses "provider mailgun has no webhook signing key, expected one in GUIDON_MAILGUN_KEY or GUIDON_MAILGUN_KEY_FILE" \
		serve --providers mailgun
	refuses "provider sendgrid has no verification key" serve --providers sendgrid
	refuses "provider postmark has no USER:PASSWORD" serve --providers postmark
	refuses "provider ses has no certificate" serve --providers ses:$topic
	keys
	refuses "expected the ARN of an SNS topic" serve --providers ses
	refuses "expected the ARN of an SNS topic" serve --providers ses:arn:aws:sqs:eu:1:x
	refuses "expected ses:TOPIC-ARN, sendgrid, mailgun or postmark" serve --providers mandrill
	refuses "named twice" serve --providers "mailgun mailgun"
	GUIDON_MAILGUN_KEY=x refuses "two times a webhook signing key" serve --providers mailgun
	cp "$GUIDON_MAILGUN_KEY_FILE" key && chmod 644 key
	GUIDON_MAILGUN_KEY_FILE=key refuses "others may read it" serve --providers mailgun
	echo short:1 >key && chmod 600 key
	GUIDON_POSTMARK_PASSWORD_FILE=key refuses "expected USER:PASSWORD of 17 or more" serve --providers postmark
	GUIDON_SENDGRID_KEY_FILE=key refuses "GUIDON_SENDGRID_KEY" serve --providers sendgrid
	GUIDON_SES_CERTIFICATE_FILE=key refuses "expected those of a PEM file" serve --providers ses:$topic
	cp "$GUIDON_SES_CERTIFICATE_FILE" key && chmod 666 key
	GUIDON_SES_CERTIFICATE_FILE=key refuses "only its owner may write" serve --providers ses:$topic
	GUIDON_PROVIDERS=nobody refuses "provider nobody" up --listen 127.0.0.1:0
	refuses 'no header for "mailgun", expected sendgrid or postmark' run --once --mail "smtp://127.0.0.1?provider=mailgun"
}
