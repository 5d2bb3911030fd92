#!/usr/bin/env bats
# QR codes are drawn here, rasterised by librsvg and read by zbar.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	command -v zbarimg rsvg-convert >/dev/null || skip "no zbarimg or rsvg-convert here"
}

# Draws TEXT; the rest is for rsvg-convert.
draw() {
	printf %s "$1" | "$QR_SAY" >code.svg
	rsvg-convert "${@:2}" code.svg -o code.png
}

# It says on stderr where no bus is; that is nothing to us.
reads() {
	run --separate-stderr zbarimg -q --raw -Sdisable -Sqrcode.enable code.png
	[ "$status" -eq 0 ]
	[ "$output" = "$1" ]
}

url='https://go.northwind.example/p/acme/offer?utm_source=northwind&utm_medium=print&utm_campaign=spring-launch&utm_content=brochure'

@test 'addresses of all lengths are read' {
	for text in https://a.example "$url" "$url&t=$(head -c 300 /dev/zero | tr '\0' x)"; do
		draw "$text"
		reads "$text"
	done
}

@test 'digits, capitals and letters of any language are read' {
	for text in 0123456789 'HTTPS://A.EXAMPLE/X' 'tel:+493023125417' 'Grüße, 謝謝 & <b>"x"</b>'; do
		draw "$text"
		reads "$text"
	done
}

@test 'as much as is taken is read' {
	text=$(head -c 1000 /dev/zero | tr '\0' g)
	draw "$text" --zoom 2
	reads "$text"
	run -1 "$QR_SAY" <<<"${text}g"
}

@test 'a code is read on a dark ground, and when it is small' {
	draw "$url" --background-color=black
	reads "$url"
	draw "$url" --width 140
	reads "$url"
}

@test 'a stain between its eyes does no harm' {
	draw "$url"
	modules=$(grep -o 'viewBox="0 0 [0-9]*' code.svg | grep -o '[0-9]*$')
	side=$((modules / 6)) # one in 36 of the area
	sed -i "s|</svg>|<rect x=\"$((modules - 5 - side))\" y=\"$((modules / 2))\" width=\"$side\" height=\"$side\" fill=\"#888\"/></svg>|" code.svg
	rsvg-convert code.svg -o code.png
	reads "$url"
}
