/*
 * libqrencode makes the matrix; what is ours is the drawing. Dark modules that
 * lie side by side are one rectangle, and all of them one path: a code of a
 * URL is some 3 KB so, a tenth of what a square for each would take, and no
 * viewer shows seams between them.
 */
#include "image/image_qr.h"

#include <errno.h>
#include <qrencode.h>
#include <string.h>

#include "base/arena.h"
#include "base/escape.h"

enum { PIXELS_A_MODULE = 4 };

static bool
is_dark(const QRcode *code, int x, int y)
{
	return code->data[y * code->width + x] & 1;
}

static void
draw_row(const QRcode *code, int y, struct buf *out)
{
	for (int x = 0, from; x < code->width; x++) {
		from = x;
		while (x < code->width && is_dark(code, x, y))
			x++;
		if (x > from)
			buf_printf(out, "M%d %dh%dv1h-%dz",
				   from + IMAGE_QR_QUIET, y + IMAGE_QR_QUIET,
				   x - from, x - from);
	}
}

static void
draw(const struct image_qr *qr, const QRcode *code, struct buf *out)
{
	int side = code->width + 2 * IMAGE_QR_QUIET;
	int pixels = qr->pixels ? qr->pixels : side * PIXELS_A_MODULE;

	buf_printf(out,
		   "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
		   "height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\" "
		   "aria-label=\"",
		   pixels, pixels, side, side);
	escape_html(out, qr->label.len > 0 ? qr->label : qr->text);
	buf_printf(out,
		   "\" shape-rendering=\"crispEdges\">"
		   "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>"
		   "<path fill=\"#000\" d=\"",
		   side, side);
	for (int y = 0; y < code->width; y++)
		draw_row(code, y, out);
	buf_cat(out, "\"/></svg>");
}

static int
check_qr(const struct image_qr *qr, struct error *err)
{
	if (qr->text.len == 0 || str_find_char(qr->text, '\0') >= 0 ||
	    !str_utf8_valid(qr->text))
		return error_set(err, ERROR_INVALID,
				 "found no text or one that is no UTF-8, "
				 "expected what the QR code is to say");
	if (qr->text.len > IMAGE_QR_MAX_BYTES)
		return error_set(err, ERROR_LIMIT,
				 "found a text of %zu bytes, expected at most "
				 "%d for a QR code",
				 qr->text.len, IMAGE_QR_MAX_BYTES);
	if (qr->pixels < 0 || qr->pixels > IMAGE_QR_MAX_PIXELS)
		return error_set(err, ERROR_INVALID,
				 "found %d pixels, expected 1 to %d",
				 qr->pixels, IMAGE_QR_MAX_PIXELS);
	return 0;
}

int
image_qr_svg(const struct image_qr *qr, struct buf *out, struct error *err)
{
	char text[IMAGE_QR_MAX_BYTES + 1];
	QRcode *code;

	if (check_qr(qr, err) < 0)
		return -(int)err->code;
	memcpy(text, qr->text.p, qr->text.len);
	text[qr->text.len] = '\0';
	code = QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1);
	if (!code)
		return error_system(err, errno, "QR code");
	draw(qr, code, out);
	QRcode_free(code);
	return 0;
}
