/*
 * The list that is built into the library, which Debian brings up to date: a
 * list that came from elsewhere would give two machines two answers.
 */
#include "mime/mime_domain.h"

#include <libpsl.h>
#include <stdlib.h>

#include "base/check.h"
#include "mime/mime.h"

struct str
mime_domain_organisational(struct str domain)
{
	char name[MIME_DOMAIN_MAX + 1] = "";
	const char *registrable;

	if (domain.len == 0 || domain.len > MIME_DOMAIN_MAX)
		return domain;
	memcpy(name, domain.p, domain.len);
	check(psl_builtin());
	registrable = psl_registrable_domain(psl_builtin(), name);
	if (!registrable)
		return domain;
	return str_slice(domain, (size_t)(registrable - name), domain.len);
}

bool
mime_domain_aligned(struct str x, struct str y, bool is_strict)
{
	return str_eq(x, y) ||
	       (!is_strict && str_eq(mime_domain_organisational(x),
				     mime_domain_organisational(y)));
}
