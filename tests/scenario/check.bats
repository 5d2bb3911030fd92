#!/usr/bin/env bats
# What is wrong with the files of a workspace is told with its place, all at
# once, without a store; and partners.csv is brought into its form.

# shellcheck disable=SC2154,SC2016,SC2030,SC2031 # bats sets stderr and output, a test is a subshell; a script is quoted

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	unset GUIDON_STATE GUIDON_STORE
	export TERM=dumb
	"$GUIDON" init here --quiet && cd here || return
	campaign=campaigns/spring-launch/campaign.xml
}

# EXIT TEXT...: check ends so, and each text is part of a line on stdout
finds() {
	local code=$1 text
	run --separate-stderr -"$code" "$GUIDON" check
	echo "$output"
	shift
	for text; do
		grep -qF -- "$text" <<<"$output"
	done
	[ ! -e .guidon ]
}

@test "the stock library has nothing to find" {
	finds 0
	[ -z "$output" ]
	[[ "$stderr" == *"0 errors, 0 warnings"* ]]
}

@test "XML that is not well-formed" {
	sed -i '$d' "$campaign"
	finds 1 "$campaign:" "error: found"
}

@test "an element that there is not" {
	sed -i '0,/<audience>/s//<audiance>/; 0,/<\/audience>/s//<\/audiance>/' "$campaign"
	finds 1 "$campaign:12:2: error: found <audiance>"
}

@test "a template that is missing" {
	sed -i 's|template="mail/nudge"|template="mail/nugde"|' "$campaign"
	line=$(grep -n 'mail/nugde' "$campaign" | cut -d: -f1)
	finds 1 "$campaign:$line:" "mail/nugde"
}

@test "a variable that nothing is called" {
	line=$(($(wc -l <templates/mail/nudge.txt) + 1))
	echo '{{ prtner.company }}' >>templates/mail/nudge.txt
	finds 1 "templates/mail/nudge.txt:$line:4: error:" 'did you mean "partner"?'
}

@test "a member that is misspelt, in templates, partials and texts" {
	for file in templates/{mail/nudge.html,mail/nudge.txt,page/thanks.html,post/plain.txt} \
		templates/partials/{mail-foot.html,mail-foot.txt,page-head.html,phone.html}; do
		cp "$file" kept
		line=$(($(wc -l <"$file") + 1))
		echo '{{ partner.compnay }}' >>"$file"
		finds 1 "$file:$line:12: error: nothing is called \"partner.compnay\", did you mean \"partner.company\"?"
		mv kept "$file"
	done
	sed -i '0,/{{ partner.company }}/s//{{ partner.compnay }}/' "$campaign"
	finds 1 "$campaign:" 'did you mean "partner.company"?'
	for command in plan 'render --partner acme'; do
		# shellcheck disable=SC2086 # words
		run --separate-stderr -65 "$GUIDON" $command
		[[ "$stderr" == *"$campaign:"*'did you mean "partner.company"?'*"guidon check shows all"* ]]
	done
	[ ! -e spring-launch-acme ]
}

@test "a row that does not fit" {
	echo 'short,Short Ltd' >>partners.csv
	finds 1 "partners.csv:$(wc -l <partners.csv):1: error: found 2 fields, expected"
}

@test "an address that is none" {
	sed -i 's/vertrieb@acme.example/vertrieb.acme.example/' partners.csv
	finds 1 "partners.csv:" "error: lead_email: \"vertrieb.acme.example\" without \"@\", expected an address"
}

@test "a logo that is no image, and one that is missing" {
	echo 'no image' >assets/partners/acme.png
	rm assets/partners/cordage.png
	finds 1 "error: logo: assets/partners/acme.png: found text/plain, expected a PNG" \
		"error: logo: found no file assets/partners/cordage.png"
}

@test "a file that is missing" {
	rm partners.csv
	finds 1 "partners.csv:1:1: error: found no partners.csv"
	rm guidon.xml
	run -1 "$GUIDON" check --workspace .
	[[ "$output" == *"guidon.xml:1:1: error: found no guidon.xml"* ]]
}

@test "everything at once, each finding once, also of several campaigns" {
	"$GUIDON" new campaign autumn --from spring-launch --quiet
	echo '{{ prtner.company }}' >>templates/mail/nudge.txt
	echo 'short,Short Ltd' >>partners.csv
	sed -i 's|template="mail/announce"|template="mail/none"|' "$campaign"
	finds 1 "templates/mail/nudge.txt:" "partners.csv:" "mail/none"
	[ "$(grep -c nudge.txt <<<"$output")" = 1 ]
}

@test "a guidon.xml that cannot be read hides nothing in a campaign's file" {
	sed -i 's|<postal>|<postl>|; s|</postal>|</postl>|' guidon.xml
	sed -i 's|<title xml:lang="en">|<titel xml:lang="en">|; s|spring</title>|spring</titel>|' "$campaign"
	echo '{{ prtner.company }}' >>templates/mail/nudge.txt
	finds 1 "guidon.xml:" "$campaign:" "templates/mail/nudge.txt:"
	rm guidon.xml
	run -1 "$GUIDON" check --workspace .
	[[ "$output" == *"found no guidon.xml"*"$campaign:"*"templates/mail/nudge.txt:"* ]]
}

@test "all faults of a campaign are told in one pass, in the order of its lines" {
	sed -i '0,/<slot id="intro" type="text"/s//<slot id="intro" type="number"/
		0,/{{ contact.given_name }}/s//{{ contact.given_nam }}/
		s|template="mail/nudge"|template="mail/nugde"|
		s|unless="clicked:invite lead"|only-if="clicked:invit"|
		/<email id="nudge"/,/<\/email>/{
			s|page="offer"|page="offr"|
			s|name="headline" xml:lang="en"|name="headlin" xml:lang="en"|
			s|name="point1_text" xml:lang="de"|name="point1_txt" xml:lang="de"|
		}
		s|at="sent+5d 09:00"|at="start+0d 9:00"|' "$campaign"
	finds 1 'found type="number"' 'nothing is called "contact.given_nam"' \
		'"templates/mail/nugde.html"' '"clicked:invit" without such' \
		'the page "offr"' 'the time "start+0d 9:00"' \
		'warning: found the text "headlin" of "nudge" in "en" and another in "de" and "fr", expected one in all of them; did you mean "headline"?' \
		'warning: found the text "point1_txt" of "nudge" in "de" and another in "en" and "fr", expected one in all of them; did you mean "point1_text"?'
	[ "$(grep -c "^$campaign:.*warning:" <<<"$output")" = 2 ]
	[ "$(grep -c "^$campaign:.*error:" <<<"$output")" = 7 ]
	grep -o "^$campaign:[0-9]*" <<<"$output" | cut -d: -f2 >lines
	sort -nc lines
	for command in plan 'render --partner acme'; do
		# shellcheck disable=SC2086 # words
		run -65 "$GUIDON" $command
	done
}

@test "a step of which nothing is wrong is made on trial beside others" {
	sed -i 's|template="mail/nudge"|template="mail/nugde"|' "$campaign"
	sed -i 's|{%- render "mail-foot".*||; s|{% render "mail-foot".*||' templates/mail/announce.html
	finds 1 '"templates/mail/nugde.html"' 'made for a trial: '
}

@test "one mistake is one finding" {
	sed -i 's|<fact id="product">|<fact id="Product">|' guidon.xml
	finds 1 'guidon.xml:'
	[ "$(grep -c error: <<<"$output")" = 1 ]
	sed -i 's|<fact id="Product">|<fact id="product">|' guidon.xml
	sed -i 's|<page id="offer"|<page id="Offer"|' "$campaign"
	finds 1 "$campaign:"
	[ "$(grep -c error: <<<"$output")" = 1 ]
	sed -i 's|<page id="Offer"|<page|' "$campaign"
	finds 1 "$campaign:"
	[ "$(grep -c error: <<<"$output")" = 1 ]
	sed -i 's|<page |<page id="offer" |; s|brand="northwind"||' "$campaign"
	finds 1 "$campaign:"
	[ "$(grep -c error: <<<"$output")" = 1 ]
	sed -i 's|<start mode="automatic"/>||; s|<campaign |&brand="northwind" |' "$campaign"
	finds 1 "$campaign:"
	[ "$(grep -c error: <<<"$output")" = 1 ]
}

# FILE LINE COLUMN: the line, and under it a mark at the column
marks() {
	grep -A2 "^$1:$2:$3: " <<<"$output" | tail -n2 >shown
	sed 's/^    //' shown >lines
	python3 - "$3" <<-'EOF'
		import sys
		line, mark = open("lines").read().split("\n")[:2]
		column = int(sys.argv[1]) - 1
		assert len(mark) <= 82 and mark.endswith("^"), mark
		at = len(mark) - 1
		print(line[at - 12 if at > 12 else 0:at + 12])
		if not line.startswith("…"):
		    assert at == column, (at, column)
		assert all((a == "\t") == (b == "\t") for a, b in zip(line, mark[:-1]))
	EOF
}

@test "below a finding is its line, with a mark under the column" {
	sed -i '0,/<audience>/s//<audiance>/; 0,/<\/audience>/s//<\/audiance>/' "$campaign"
	finds 1
	[ "$(marks "$campaign" 12 2)" = $'\t<audiance>' ]
	[[ "$output" == *$'\n    \t<audiance>\n    \t^' ]]
	[[ "$output" != *$'\033'* ]]
}

@test "a long line is cut around the column" {
	sed -i '12a<!-- é -->'"$(printf 'x%.0s' {1..90} | sed 's/./<!-- ä -->/g')"'<audiance/>' "$campaign"
	finds 1
	column=$(grep -o "^$campaign:13:[0-9]*" <<<"$output" | head -n1 | cut -d: -f3)
	[ "$column" -gt 900 ]
	[[ "$(marks "$campaign" 13 "$column")" == *'--><audiance/>' ]]
	[ "$(sed -n 2p lines | wc -m)" -lt 84 ]
	[[ "$(head -n1 lines)" == …* ]]
}

@test "what a terminal would obey is shown and not sent to it" {
	printf 'bad\033[31m\xff\x9b\tx,Short\r\n' >>partners.csv
	finds 1 'bad␛[31m��'$'\t''x,Short'
	[[ "$output" != *$'\033'* && "$output" != *$'\xff'* && "$output" != *$'\r'* ]]
}

@test "a warning alone is no error" {
	sed -i 's/Boréal TI/=Boréal/' partners.csv
	finds 0 "warning: found \"=Boréal\", which a spreadsheet runs"
}

@test "a language that some of the texts lack is warned of once, by check and plan" {
	sed -i '0,/<subject xml:lang="fr">/s//<subject xml:lang="es">Hola<\/subject>\n&/' "$campaign"
	finds 0 'warning: found "es" for subject of "invite" alone, expected it for the others too'
	[ "$(grep -c warning: <<<"$output")" = 1 ]
	sed -i '/<subject xml:lang="es">/d; /name="body" xml:lang="fr"/s/xml:lang="fr"/xml:lang="fr-CA"/' "$campaign"
	sed -i '0,/<consent xml:lang="fr">/s//<consent xml:lang="fr-CA">/' "$campaign"
	finds 0 'warning: found no "fr" for consent of "call-me", body of "invite"'
	[ "$(grep -c '"fr" for' <<<"$output")" = 1 ]
	run --separate-stderr "$GUIDON" plan
	[ "$(grep -c 'warning: found no "fr" for' <<<"$stderr")" = 1 ]
}

@test "a language that nobody knows, and one that is none" {
	sed -i '0,/<preheader xml:lang="fr">/s//<preheader xml:lang="xq">/' "$campaign"
	sed -i 's|</body>|{{ 1 \| format_number: locale: "d!" }}{{ 1 \| format_number: locale: "xq" }}&|' templates/mail/nudge.html
	finds 1 'warning: found the language "xq", which is not known, expected a tag such as de or pt-BR' \
		'filter "format_number": found the language "d!", which is none' \
		'filter "format_number": found the language "xq", which is not known'
}

@test "what fails when it is made is told at its place, all of it, once" {
	echo '{{ 1 | divided_by: 0 }}' >>templates/partials/mail-foot.txt
	sed -i 's|</body>|{{ 1 \| divided_by: 0 }}{{ "x" \| format_date: "nope" }}&|' templates/mail/announce.html templates/page/offer.html
	sed -i '0,/<subject xml:lang="fr">/s//&{{ 1 | divided_by: 0 }}/' "$campaign"
	foot=$(wc -l <templates/partials/mail-foot.txt)
	subject=$(grep -n '<subject.*divided_by' "$campaign" | cut -d: -f1)
	finds 1 "templates/partials/mail-foot.txt:$foot:8: error: made for a trial: filter \"divided_by\": divided by 0" \
		"$campaign:$subject:33: error: made for a trial: filter \"divided_by\": divided by 0"
	for file in mail/announce page/offer; do
		grep "^templates/$file.html:.* filter \"divided_by\": divided by 0" <<<"$output"
		grep "^templates/$file.html:.* filter \"format_date\": found \"nope\"" <<<"$output"
	done
	[ "$(grep -c error: <<<"$output")" = 6 ]
	[[ "$(marks templates/partials/mail-foot.txt "$foot" 8)" == '{{ 1 | divided_by'* ]]
	run --separate-stderr -65 "$GUIDON" render --partner acme
	[ "$(grep -c 'divided by 0' <<<"$stderr")" = 4 ]
}

@test "a footer that a part lacks is told at its template, without sample values" {
	sed -i 's|{%-* *render "mail-foot".*||' templates/mail/announce.txt
	finds 1 'templates/mail/announce.txt:1:1: error: made for a trial: mail without the postal address and a link that opts out in its text, expected {{ sender.postal }} and {{ urls.unsubscribe }} there'
	[ "$(grep -c error: <<<"$output")" = 1 ]
	[[ "$output" != *ample* ]]
}

@test "a column, a colour or a slot that there is not is warned of" {
	sed -i 's|</body>|{{ partner.attributes.partner_sinc }}{{ partner.attributes.role }}{{ brand.color.primry }}{{ slots.zebra }}{% if slots.intor %}{% endif %}{% if slots.zebra %}{% endif %}&|' templates/mail/nudge.html
	finds 0 'warning: nothing is called "partner.attributes.partner_sinc", did you mean "partner.attributes.partner_since"?' \
		'warning: puts out "partner.attributes.role", and partners.csv has no such column with a value' \
		'warning: nothing is called "brand.color.primry", did you mean "brand.color.primary"?' \
		'warning: puts out "slots.zebra", and spring-launch has no such slot' \
		'warning: nothing is called "slots.intor", did you mean "slots.intro"?'
	[ "$(grep -c warning: <<<"$output")" = 5 ]
}

@test "what is required and is not there is named" {
	sed -i 's|</body>|{{ partner.attributes.role \| required }}{{ texts.zebra \| required }}{{ slots.zebra \| required }}&|' templates/mail/nudge.html
	finds 1 'filter "required": partner.attributes.role is empty, expected a value' \
		'filter "required": texts.zebra of nudge is empty' \
		'filter "required": slots.zebra is empty'
	[ "$(grep -c 'error:\|warning:' <<<"$output")" = 3 ]
}

@test "JSON and SARIF" {
	echo 'short,Short Ltd' >>partners.csv
	run --separate-stderr -1 "$GUIDON" check --format json
	python3 -c 'import json, sys
d = json.load(sys.stdin)
f, = d["findings"]
assert d["errors"] == 1 and d["warnings"] == 0
assert f["file"] == "partners.csv" and f["column"] == 1 and f["rule"] == "partners", f' <<<"$output"
	run --separate-stderr -1 "$GUIDON" check --format sarif
	python3 -c 'import json, sys
d = json.load(sys.stdin)
assert d["version"] == "2.1.0" and "sarif" in d["$schema"]
r, = d["runs"]
assert r["tool"]["driver"]["name"] == "guidon"
x, = r["results"]
assert x["level"] == "error" and x["message"]["text"]
p = x["locations"][0]["physicalLocation"]
assert p["artifactLocation"]["uri"] == "partners.csv" and p["region"]["startLine"] >= 2' <<<"$output"
	run -64 "$GUIDON" check --format xml
}

@test "of one file a hundred are told, and how many more" {
	for n in {1..130}; do echo "short$n,Short Ltd"; done >>partners.csv
	finds 1 'partners.csv: and 30 more'
	[ "$(grep -c '^partners.csv:[0-9]' <<<"$output")" = 100 ]
}

@test "partner fmt writes the one form, and then has nothing to do" {
	"$GUIDON" partner fmt
	"$GUIDON" partner fmt --check
	cp partners.csv good
	printf '\xef\xbb\xbf' >partners.csv
	sed 's/,/;/g; s/$/\r/' good >>partners.csv
	run -1 "$GUIDON" partner fmt --check
	cmp -s good partners.csv && false
	"$GUIDON" partner fmt
	cmp good partners.csv
	finds 0
}

@test "partner fmt touches nothing that has an error" {
	echo 'short,Short Ltd' >>partners.csv
	cp partners.csv before
	run --separate-stderr -65 "$GUIDON" partner fmt
	[[ "$stderr" == *"partners.csv:"*":1: found 2 fields"*"nothing was written"* ]]
	cmp before partners.csv
}

@test "partner fmt of another file" {
	cp partners.csv "$BATS_TEST_TMPDIR/other.csv"
	sed -i 's/,/;/g' "$BATS_TEST_TMPDIR/other.csv"
	cp partners.csv before
	"$GUIDON" partner fmt "$BATS_TEST_TMPDIR/other.csv"
	cmp before partners.csv
	head -n1 "$BATS_TEST_TMPDIR/other.csv" | grep -q '^id,company,'
	run -1 "$GUIDON" partner fmt none.csv
}

@test "a text or a link that a template misses is a warning, unless it asks first" {
	sed -i 's|<link id="offer" page="offer">|<link id="offers" page="offer">|' campaigns/spring-launch/campaign.xml
	sed -i 's|</body>|{% if texts.quote %}{{ texts.quote }}{% endif %}{{ texts.ps \| default: "" }}{{ texts.headlin }}&|' templates/mail/announce.html
	run "$GUIDON" check
	[ "$status" = 0 ]
	grep -q '^templates/mail/announce.html:[0-9]*:[0-9]*: warning: puts out "links.offer.url", and "invite" of spring-launch has no such link; has it "offers" instead?$' <<<"$output"
	grep -q '^templates/mail/announce.html:[0-9]*:[0-9]*: warning: puts out "texts.headlin", .* no such text; has it "headline" instead?$' <<<"$output"
	run ! grep -q 'out "texts.quote\|out "texts.ps' <<<"$output"
}
