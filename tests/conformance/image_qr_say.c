/*
 * image_qr_say: what stands in its input, to the last byte, as a QR code in SVG
 */
#include <stdio.h>

#include "image/image_qr.h"

int
main(void)
{
	char text[IMAGE_QR_MAX_BYTES + 1];
	struct image_qr qr = { .text = { text, fread(text, 1, sizeof(text),
						     stdin) } };
	struct error err;
	struct buf svg = { 0 };

	if (image_qr_svg(&qr, &svg, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	printf("%.*s\n", STR_ARG(buf_view(&svg)));
	buf_fini(&svg);
	return 0;
}
