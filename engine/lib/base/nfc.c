/*
 * By ICU. Lower case may undo the form and the form the case, so both are
 * asked again, and what does not come to rest is refused.
 */
#include "base/nfc.h"

#include <string.h>

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include "base/arena.h"

/* No mapping makes more units of UTF-16 than three of a byte. */
enum { UNITS_MAX = 3 * NFC_MAX_BYTES };

struct units {
	UChar u[UNITS_MAX];
	int32_t len;
};

static bool
is_letter(UChar32 c)
{
	uint32_t refused = U_GC_C_MASK | U_GC_Z_MASK;

	return !(U_GET_GC_MASK(c) & refused);
}

static int
read_text(struct units *out, struct str text, struct error *err)
{
	UErrorCode status = U_ZERO_ERROR;
	UChar32 points[NFC_MAX_BYTES];
	int32_t count;

	if (text.len > NFC_MAX_BYTES)
		return error_set(err, ERROR_LIMIT,
				 "%zu bytes, expected at most %d", text.len,
				 (int)NFC_MAX_BYTES);
	u_strFromUTF8(out->u, UNITS_MAX, &out->len, text.p, (int32_t)text.len,
		      &status);
	u_strToUTF32(points, NFC_MAX_BYTES, &count, out->u, out->len, &status);
	if (U_FAILURE(status))
		return error_set(err, ERROR_INVALID, "malformed UTF-8");
	for (int32_t i = 0; i < count; i++)
		if (!is_letter(points[i]))
			return error_set(err, ERROR_INVALID,
					 "the character U+%04X",
					 (unsigned)points[i]);
	return 0;
}

/* NFC, lower case, NFC. */
static bool
bring_down(struct units *x)
{
	UErrorCode status = U_ZERO_ERROR;
	const UNormalizer2 *nfc = unorm2_getNFCInstance(&status);
	struct units y;

	y.len = unorm2_normalize(nfc, x->u, x->len, y.u, UNITS_MAX, &status);
	x->len = u_strToLower(x->u, UNITS_MAX, y.u,
			      U_FAILURE(status) ? 0 : y.len, "", &status);
	y.len = unorm2_normalize(nfc, x->u, U_FAILURE(status) ? 0 : x->len, y.u,
				 UNITS_MAX, &status);
	if (U_FAILURE(status))
		return false;
	*x = y;
	return true;
}

int
nfc_lower(struct arena *a, struct str text, struct str *out, struct error *err)
{
	char bytes[3 * UNITS_MAX];
	UErrorCode status = U_ZERO_ERROR;
	struct units once, twice;
	int32_t len;

	if (text.len == 0) {
		*out = STR("");
		return 0;
	}
	if (read_text(&once, text, err) < 0)
		return -(int)err->code;
	if (!bring_down(&once))
		return error_set(err, ERROR_INVALID, "no Unicode text");
	twice = once;
	if (!bring_down(&twice) || twice.len != once.len ||
	    memcmp(once.u, twice.u, (size_t)once.len * sizeof(UChar)) != 0)
		return error_set(err, ERROR_INVALID,
				 "characters that have no lower case of their "
				 "own");
	u_strToUTF8(bytes, sizeof(bytes), &len, once.u, once.len, &status);
	check(U_SUCCESS(status));
	*out = str_copy(a, (struct str){ bytes, (size_t)len });
	return 0;
}
