/*
 * What is accepted has the form of RFC 5321 and comes out the same again; what
 * is refused is refused in one line of printable ASCII, whatever stood in it.
 */
#include "base/arena.h"
#include "fuzz.h"
#include "mime/mime.h"

static bool
is_printable(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] < ' ' || s.p[i] > '~')
			return false;
	return true;
}

static void
check_accepted(struct arena *a, struct str address)
{
	struct str domain = mime_address_domain(address);
	struct str again;
	struct error err;

	check(address.len <= MIME_ADDRESS_MAX);
	check(domain.len <= MIME_DOMAIN_MAX);
	check(address.len - domain.len - 1 <= MIME_LOCAL_MAX);
	check(str_find_char(domain, '@') < 0 && str_find_char(domain, '.') > 0);
	check(str_find_char(address, ' ') < 0 && is_printable(address));
	check(str_eq(address, str_lower(a, address)));
	check(mime_address_normalise(a, address, &again, &err) == 0);
	check(str_eq(address, again));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	struct arena *a = arena_new();
	struct str address;
	struct error err;

	if (mime_address_normalise(a, text, &address, &err) == 0) {
		check_accepted(a, address);
	} else {
		check(err.code == ERROR_INVALID);
		check(is_printable(str_of(err.text)));
	}
	arena_free(&a);
	return 0;
}
