/*
 * An answer message becomes records. c-ares takes the message apart; what it
 * gives is copied and bounded here, so that nothing of a library's is kept.
 */
#include "dns/dns.h"

#include <sys/select.h> /* ares.h needs it */

#include <ares.h>
#include <limits.h>
#include <netdb.h>

#include "base/arena.h"

struct gathering {
	struct arena *a;
	struct dns_record *records;
	size_t count;
	bool is_full;
};

static struct dns_record *
add(struct gathering *g)
{
	if (!g->records)
		g->records =
		    ARENA_ARRAY(g->a, DNS_RECORDS_MAX, struct dns_record);
	if (g->count == DNS_RECORDS_MAX) {
		g->is_full = true;
		return NULL;
	}
	return &g->records[g->count++];
}

/* The strings of one record belong together: RFC 7208 section 3.3. */
static int
read_txt(struct gathering *g, const uint8_t *message, int len)
{
	struct ares_txt_ext *list = NULL;
	struct buf b = { .max = DNS_TEXT_MAX };
	int status = ares_parse_txt_reply_ext(message, len, &list);

	for (struct ares_txt_ext *x = list; x;) {
		struct dns_record *r = add(g);

		buf_clear(&b);
		do {
			buf_add(&b, x->txt, x->length);
			x = x->next;
		} while (x && !x->record_start);
		if (r)
			r->text = str_copy(g->a, buf_view(&b));
	}
	g->is_full |= buf_full(&b);
	buf_fini(&b);
	ares_free_data(list);
	return status;
}

static int
read_mx(struct gathering *g, const uint8_t *message, int len)
{
	struct ares_mx_reply *list = NULL;
	int status = ares_parse_mx_reply(message, len, &list);

	for (struct ares_mx_reply *x = list; x; x = x->next) {
		struct dns_record *r = add(g);

		if (!r)
			break;
		r->text = str_copy(g->a, str_of(x->host));
		r->preference = x->priority;
	}
	ares_free_data(list);
	return status;
}

static int
read_ptr(struct gathering *g, const uint8_t *message, int len)
{
	struct hostent *host = NULL;
	int status =
	    ares_parse_ptr_reply(message, len, NULL, 0, AF_INET, &host);

	for (char **name = host ? host->h_aliases : NULL; name && *name;
	     name++) {
		struct dns_record *r = add(g);

		if (!r)
			break;
		r->text = str_copy(g->a, str_of(*name));
	}
	if (host)
		ares_free_hostent(host);
	return status;
}

static int
read_a(struct gathering *g, const uint8_t *message, int len)
{
	struct ares_addrttl list[DNS_RECORDS_MAX];
	int count = DNS_RECORDS_MAX;
	int status = ares_parse_a_reply(message, len, NULL, list, &count);

	for (int i = 0; status == ARES_SUCCESS && i < count; i++)
		memcpy(add(g)->address.bytes, &list[i].ipaddr, 4);
	return status;
}

static int
read_aaaa(struct gathering *g, const uint8_t *message, int len)
{
	struct ares_addr6ttl list[DNS_RECORDS_MAX];
	int count = DNS_RECORDS_MAX;
	int status = ares_parse_aaaa_reply(message, len, NULL, list, &count);

	for (int i = 0; status == ARES_SUCCESS && i < count; i++) {
		struct dns_address *address = &add(g)->address;

		address->is_v6 = true;
		memcpy(address->bytes, &list[i].ip6addr, 16);
	}
	return status;
}

static int
read_records(struct gathering *g, enum dns_type type, const uint8_t *message,
	     int len)
{
	switch (type) {
	case DNS_A:
		return read_a(g, message, len);
	case DNS_AAAA:
		return read_aaaa(g, message, len);
	case DNS_MX:
		return read_mx(g, message, len);
	case DNS_TXT:
		return read_txt(g, message, len);
	case DNS_PTR:
		return read_ptr(g, message, len);
	}
	check(false);
	return 0;
}

void
dns_parse(struct arena *a, enum dns_type type, const uint8_t *message,
	  size_t len, struct dns_answer *out)
{
	struct gathering g = { .a = a };
	int status = len > INT_MAX ? ARES_EBADRESP
				   : read_records(&g, type, message, (int)len);

	*out = (struct dns_answer){ .fate = DNS_FAILED };
	if (status == ARES_ENODATA || (status == ARES_SUCCESS && !g.count))
		out->fate = DNS_NO_DATA;
	else if (status != ARES_SUCCESS)
		out->why = ares_strerror(status);
	else if (g.is_full)
		out->why = "an answer too large";
	else
		*out = (struct dns_answer){ .fate = DNS_FOUND,
					    .records = g.records,
					    .count = g.count };
}
