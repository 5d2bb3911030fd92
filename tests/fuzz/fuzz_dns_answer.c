/*
 * What a resolver answers, whatever it is: a message of any bytes becomes an
 * answer within its limits. The first byte chooses the type that was asked
 * for. Texts go on to the readers of what mail has in DNS.
 */
#include "base/arena.h"
#include "dns/dns.h"
#include "dns/dns_tags.h"
#include "fuzz.h"

static const enum dns_type types[] = {
#define TYPE(name, number) DNS_##name,
	DNS_TYPES(TYPE)
#undef TYPE
};

static void
check_text(struct arena *a, struct str text)
{
	struct dns_tags tags;
	struct error err;

	check(text.len <= DNS_TEXT_MAX);
	if (dns_tags_parse(a, text, &tags, &err) < 0)
		return;
	check(tags.count <= DNS_TAGS_MAX);
	for (size_t i = 0; i < tags.count; i++)
		check(tags.items[i].name.len > 0 &&
		      dns_tags_find(&tags, str_cstr(a, tags.items[i].name)) ==
			  &tags.items[i].value);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	struct dns_answer answer;

	if (size > 0) {
		dns_parse(a, types[data[0] % COUNT_OF(types)], data + 1,
			  size - 1, &answer);
		check((answer.fate == DNS_FOUND) == (answer.count > 0));
		check((answer.fate == DNS_FAILED) == (answer.why != NULL));
		check(answer.count <= DNS_RECORDS_MAX);
		for (size_t i = 0; i < answer.count; i++)
			check_text(a, answer.records[i].text);
	}
	arena_free(&a);
	return 0;
}
