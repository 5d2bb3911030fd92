/*
 * Records of SPF that lead to each other. Each line of the input is the record
 * of a domain: the first of 0.example, the next of 1.example and so on; a line
 * "#" gives the domain before it a second record, and one "!" says that nobody
 * answers. All else that is looked up is there, unless its name is of odd
 * length.
 *
 * Whatever they say, it comes to an end within the limits of RFC 7208.
 */
#include "base/arena.h"
#include "dns/dns_spf.h"
#include "fuzz.h"

enum { DOMAINS_MAX = 16, ANSWERS_MAX = 2000 };

struct world {
	struct arena *a;
	struct str lines[DOMAINS_MAX];
	size_t count;
	int asked;
};

static struct dns_record *
give(struct world *w, struct dns_answer *answer, size_t count)
{
	struct dns_record *records =
	    ARENA_ARRAY(w->a, count, struct dns_record);

	*answer = (struct dns_answer){ DNS_FOUND, NULL, records, count };
	return records;
}

static void
give_record(struct world *w, struct str name, struct dns_answer *answer)
{
	int64_t i;

	if (!str_ends(name, STR(".example")) ||
	    !str_int(str_slice(name, 0, name.len - sizeof(".example") + 1), 0,
		     (int64_t)w->count - 1, &i))
		return;
	if (str_eq_cstr(w->lines[i], "!"))
		*answer =
		    (struct dns_answer){ .fate = DNS_FAILED, .why = "timeout" };
	else if ((size_t)i + 1 < w->count && str_eq_cstr(w->lines[i + 1], "#"))
		give(w, answer, 2)[0].text = give(w, answer, 2)[1].text =
		    w->lines[i];
	else
		give(w, answer, 1)[0].text = w->lines[i];
}

static const struct dns_answer *
get(void *arg, struct str name, enum dns_type type)
{
	struct world *w = arg;
	struct dns_answer *answer = ARENA_NEW(w->a, struct dns_answer);
	struct dns_record *records;

	check(++w->asked < ANSWERS_MAX);
	answer->fate = DNS_NO_NAME;
	if (type == DNS_TXT) {
		give_record(w, name, answer);
		return answer;
	}
	if (name.len % 2)
		return answer;
	records = give(w, answer, 3);
	for (size_t i = 0; i < 3; i++) {
		records[i].text = STR("ab.example");
		records[i].address.is_v6 = type == DNS_AAAA;
		records[i].address.bytes[0] = 192;
		records[i].address.bytes[3] = (uint8_t)i;
	}
	return answer;
}

static void
look(struct world *w, const struct dns_address *address)
{
	const struct dns_spf_ask ask = {
		.source = { .get = get, .arg = w },
		.address = address,
		.domain = STR("0.example"),
		.local = STR("a.b-c"),
		.helo = STR("mx.example"),
	};
	struct dns_spf_verdict v;

	w->asked = 0;
	dns_spf_check(w->a, &ask, &v);
	check(v.lookups <=
	      (address ? DNS_SPF_LOOKUPS_MAX : DNS_SPF_COUNT_MAX) + 1);
	check((v.why.len > 0) ==
	      (v.result == DNS_SPF_PERMERROR || v.result == DNS_SPF_TEMPERROR));
	check(dns_spf_result_name(v.result));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct dns_address v4 = { false, { 192, 0, 2, 1 } };
	static const struct dns_address v6 = { true, { 32, 1, 13, 184 } };
	struct str rest = { (const char *)data, size };
	struct world w = { .a = arena_new() };

	while (size <= DNS_TEXT_MAX && w.count < DOMAINS_MAX &&
	       str_split(&rest, '\n', &w.lines[w.count]))
		w.count++;
	look(&w, &v4);
	look(&w, &v6);
	look(&w, NULL);
	arena_free(&w.a);
	return 0;
}
