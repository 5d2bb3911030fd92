/*
 * Addresses in running text, and the list of those that were found. Wider than
 * mime_address_normalise(): a server shows what it was given, quoted local
 * parts and single labels in the local part too; a domain has a dot.
 */
#include "mime/mime_report_priv.h"

static bool
is_atom(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') ||
	       (c && strchr("!#$%&'*+-/=?^_{|}~.", c));
}

static bool
is_host(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '.';
}

/* Where the local part before the '@' at `at` begins. */
static size_t
local_begins(struct str text, size_t least, size_t at)
{
	size_t start = at;

	if (at > least && text.p[at - 1] == '"') {
		for (start = at - 1; start > least; start--)
			if (text.p[start - 1] == '"' ||
			    text.p[start - 1] == '\n')
				break;
		return start > least && text.p[start - 1] == '"' ? start - 1
								 : at;
	}
	while (start > least && is_atom(text.p[start - 1]))
		start--;
	while (start < at && strchr("'*=|/.-", text.p[start]))
		start++;
	return start;
}

bool
mime_report_address(struct str text, size_t *at, struct str *address)
{
	size_t least = *at;

	for (size_t i = *at; i < text.len; i++) {
		size_t start, end = i + 1;

		if (text.p[i] != '@')
			continue;
		start = local_begins(text, least, i);
		while (end < text.len && is_host(text.p[end]))
			end++;
		while (end > i + 1 &&
		       !(is_host(text.p[end - 1]) && text.p[end - 1] != '.' &&
			 text.p[end - 1] != '-'))
			end--;
		*at = least = end;
		*address = str_slice(text, start, end);
		if (start < i &&
		    str_find_char(str_slice(text, i + 1, end), '.') > 0)
			return true;
	}
	*at = text.len;
	return false;
}

struct mime_report_recipient *
mime_report_add(struct mime_report *r, struct str address)
{
	struct mime_report_recipient *new;

	for (size_t i = 0; i < r->count; i++)
		if (str_eq_fold(r->recipients[i].address, address))
			return &r->recipients[i];
	if (r->count == MIME_REPORT_RECIPIENTS_MAX)
		return NULL;
	new = &r->recipients[r->count++];
	*new = (struct mime_report_recipient){ .address = address };
	return new;
}
