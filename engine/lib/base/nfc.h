#ifndef BASE_NFC_H
#define BASE_NFC_H

/*
 * nfc - one form for what people write in two ways
 *
 * The letter u with two dots is one character or two (Unicode UAX 15), and a
 * capital or not. nfc_lower() gives Normalization Form C in lower case, by no
 * language's own rules; what comes out, put in again, comes out the same.
 *
 * Thread rule: pure.
 */

#include "base/check.h"
#include "base/error.h"
#include "base/str.h"

struct arena;

enum { NFC_MAX_BYTES = 1024 };

/*
 * *out in `a`. INVALID, with what was found: malformed UTF-8; a control, format
 * or blank character; one that Unicode has not assigned. LIMIT beyond
 * NFC_MAX_BYTES.
 */
int nfc_lower(struct arena *a, struct str text, struct str *out,
	      struct error *err) MUST_CHECK;

#endif
