/*
 * The log of a relay, line by line.
 *
 * Lines of several processes are mixed, and not quite in the order in which
 * things happened: a message that is cut off early has its Message-ID written
 * after the connection was noted as lost. So what is known is gathered by
 * queue id, and a queue id has whatever was said of it before its Message-ID.
 * A queue id is given anew in time; "client=" begins it.
 *
 * Queue ids lie in a table in which a later one pushes an earlier one out: what
 * is forgotten leaves a message undecided, never decided wrongly, because a
 * Message-ID that was seen is noted with the doubt itself and has to be
 * accounted for.
 */
#include "dispatch/dispatch_relay_log.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/civil.h"
#include "base/zone.h"
#include "dispatch/dispatch_resolve.h"

enum {
	SLOTS = 4096,
	CLIENTS = 1024,
	SPANS = 256,
	LINE_MAX_BYTES = 4096,
	QUEUE_ID_MIN = 5,
	QUEUE_ID_MAX = 20,
};

#define MINUTE_MS INT64_C(60000)
#define DAY_MS	  (1440 * MINUTE_MS)
/* A clock of an unknown zone is at most so far from UTC. */
#define ZONE_MS (14 * 60 * MINUTE_MS)

struct queue_id {
	char text[QUEUE_ID_MAX];
	size_t len; /* 0: none */
};

/* What is known of a queue id. */
struct slot {
	struct queue_id id;
	struct relay_trace *trace; /* of the doubt it carries; NULL: none */
	bool was_cut;
};

/* What is known of a message in doubt. */
struct relay_trace {
	int seen; /* queue ids that carried it */
	int cut;  /* of them, by a connection that was lost in DATA */
	bool accepted;
	struct queue_id id; /* that was accepted */
	char status[16];    /* "sent", "bounced", "deferred" */
};

/* A process that speaks to a client. */
struct client {
	int64_t pid;
	struct queue_id id;
};

/* Of one file: times of its first and last line. */
struct span {
	int64_t first_ms;
	int64_t last_ms;
	bool before_gap; /* nothing goes on from here */
};

struct relay_log {
	const struct zone *zone;
	int64_t now_ms;
	struct arena *arena;
	struct map traces;  /* Message-ID -> struct relay_trace */
	struct map domains; /* of those in doubt -> struct domain */
	struct slot slots[SLOTS];
	struct client clients[CLIENTS];
	struct span spans[SPANS];
	int span_count;
	char line[LINE_MAX_BYTES];
	size_t line_len; /* beyond LINE_MAX_BYTES: too long, passed over */
};

struct domain {
	bool seen;
};

/* ---- open and close ---- */

static struct str
domain_of(struct str message_id)
{
	ptrdiff_t at = str_find_char(message_id, '@');

	return at < 0 ? STR("")
		      : str_slice(message_id, (size_t)at + 1, message_id.len);
}

void
relay_log_open(struct relay_log **out, const struct dispatch_doubts *doubts,
	       const struct zone *zone, int64_t now_ms)
{
	struct relay_log *log = calloc(1, sizeof(*log));

	check(log);
	log->zone = zone;
	log->now_ms = now_ms;
	log->arena = arena_new();
	map_init(&log->traces, log->arena, NULL);
	map_init(&log->domains, log->arena, NULL);
	for (size_t i = 0; i < doubts->count; i++) {
		struct str id = doubts->items[i]->message_id;

		if (id.len == 0)
			continue;
		(void)map_put(&log->traces, id,
			      ARENA_NEW(log->arena, struct relay_trace));
		if (!map_find(&log->domains, domain_of(id)))
			(void)map_put(&log->domains, domain_of(id),
				      ARENA_NEW(log->arena, struct domain));
	}
	*out = log;
}

void
relay_log_close(struct relay_log **log)
{
	if (*log)
		arena_free(&(*log)->arena);
	free(*log);
	*log = NULL;
}

/* ---- times ---- */

static int
month_of(struct str word)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	ptrdiff_t at = word.len == 3 ? str_find(str_of(names), word) : -1;

	return at >= 0 && at % 3 == 0 ? (int)(at / 3) + 1 : 0;
}

/* The year that brings it next before now. */
static bool
add_year(const struct relay_log *log, struct local_time *t)
{
	struct local_time now;

	civil_from_ms(log->now_ms, &now);
	for (t->year = now.year + 1; t->year >= now.year - 4; t->year--)
		if (civil_valid(t) && civil_to_ms(t) <= log->now_ms + DAY_MS)
			return true;
	return false;
}

/* From *from_ms to *to_ms, which are one when the zone is known. */
static bool
parse_syslog_time(const struct relay_log *log, struct str *rest,
		  int64_t *from_ms, int64_t *to_ms)
{
	struct local_time t = { 0 };
	struct str month, day, clock;
	struct error ignored;
	int64_t n;

	if (!str_word(rest, &month) || !str_word(rest, &day) ||
	    !str_word(rest, &clock) || !(t.month = month_of(month)) ||
	    !str_int(day, 1, 31, &n) || clock.len != 8 ||
	    civil_parse_time(str_slice(clock, 0, 5), &t, &ignored) < 0 ||
	    !str_int(str_slice(clock, 6, 8), 0, 59, &n))
		return false;
	t.second = (int)n;
	(void)str_int(day, 1, 31, &n);
	t.day = (int)n;
	if (!add_year(log, &t))
		return false;
	if (log->zone) {
		*from_ms = *to_ms = zone_to_utc(log->zone, &t, NULL);
		return true;
	}
	*from_ms = civil_to_ms(&t) - ZONE_MS;
	*to_ms = civil_to_ms(&t) + ZONE_MS;
	return true;
}

static bool
parse_instant(struct str *rest, int64_t *at_ms)
{
	struct error ignored;
	struct str word;

	return str_word(rest, &word) &&
	       civil_parse_instant(word, at_ms, &ignored) == 0;
}

static void
extend(struct relay_log *log, int64_t from_ms, int64_t to_ms)
{
	struct span *s;

	if (log->span_count == 0)
		return;
	s = &log->spans[log->span_count - 1];
	/* The least that it covers, whatever the times are. */
	if (to_ms < s->first_ms)
		s->first_ms = to_ms;
	if (from_ms > s->last_ms)
		s->last_ms = from_ms;
}

/* ---- queue ids ---- */

static bool
is_queue_id(struct str s)
{
	if (s.len < QUEUE_ID_MIN || s.len > QUEUE_ID_MAX ||
	    str_eq_cstr(s, "NOQUEUE"))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
		      (c >= 'a' && c <= 'z')))
			return false;
	}
	return true;
}

static struct queue_id
queue_id_of(struct str s)
{
	struct queue_id id = { .len = s.len };

	memcpy(id.text, s.p, s.len);
	return id;
}

static struct str
queue_id_view(const struct queue_id *id)
{
	return (struct str){ id->text, id->len };
}

/* Its place, where another one may be. */
static struct slot *
place_of(struct relay_log *log, struct str id)
{
	return &log->slots[map_hash(log->traces.key, id) % SLOTS];
}

/* Made when it is not there. */
static struct slot *
slot_of(struct relay_log *log, struct str id)
{
	struct slot *slot = place_of(log, id);

	if (!str_eq(queue_id_view(&slot->id), id))
		*slot = (struct slot){ .id = queue_id_of(id) };
	return slot;
}

/* The trace of a message in doubt that this queue id carries, or NULL. */
static struct relay_trace *
trace_of(struct relay_log *log, struct str id)
{
	struct slot *slot = place_of(log, id);

	return str_eq(queue_id_view(&slot->id), id) ? slot->trace : NULL;
}

static struct client *
client_of(struct relay_log *log, int64_t pid)
{
	struct client *c = &log->clients[(uint64_t)pid % CLIENTS];

	if (c->pid != pid)
		*c = (struct client){ .pid = pid };
	return c;
}

/* ---- what lines say ---- */

static void
begin(struct relay_log *log, int64_t pid, struct str id)
{
	*place_of(log, id) = (struct slot){ .id = queue_id_of(id) };
	client_of(log, pid)->id = queue_id_of(id);
}

static void
carries(struct relay_log *log, struct str id, struct str message_id)
{
	struct slot *slot = slot_of(log, id);
	struct relay_trace *trace;
	struct domain *domain;

	if (str_starts(message_id, STR("<")) && str_ends(message_id, STR(">")))
		message_id = str_slice(message_id, 1, message_id.len - 1);
	domain = map_find(&log->domains, domain_of(message_id));
	if (domain)
		domain->seen = true;
	trace = map_find(&log->traces, message_id);
	if (!trace || slot->trace == trace)
		return;
	slot->trace = trace;
	trace->seen++;
	trace->cut += slot->was_cut;
}

static void
cut(struct relay_log *log, int64_t pid)
{
	struct client *c = client_of(log, pid);
	struct slot *slot;

	if (c->id.len == 0)
		return;
	slot = slot_of(log, queue_id_view(&c->id));
	if (slot->trace && !slot->was_cut)
		slot->trace->cut++;
	slot->was_cut = true;
	c->id.len = 0;
}

static void
accept(struct relay_log *log, struct str id, struct str status)
{
	struct relay_trace *trace = trace_of(log, id);

	if (!trace)
		return;
	trace->accepted = true;
	trace->id = queue_id_of(id);
	if (status.len == 0 || status.len >= sizeof(trace->status))
		return;
	memcpy(trace->status, status.p, status.len);
	trace->status[status.len] = '\0';
}

/* The word behind ", status=", as delivery agents write it. */
static struct str
status_in(struct str says)
{
	static const char before[] = ", status=";
	static const char *const known[] = { "sent", "bounced", "deferred",
					     "expired" };
	ptrdiff_t at = str_find(says, str_of(before));
	struct str word;

	if (at < 0)
		return STR("");
	says = str_slice(says, (size_t)at + strlen(before), says.len);
	if (!str_word(&says, &word))
		return STR("");
	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (str_eq_cstr(word, known[i]))
			return word;
	return STR("");
}

static void
of_client(struct relay_log *log, int64_t pid, struct str says)
{
	if (str_starts(says, STR("lost connection after DATA")) ||
	    str_starts(says, STR("timeout after DATA")))
		cut(log, pid);
	else if (str_starts(says, STR("connect from")) ||
		 str_starts(says, STR("disconnect from")) ||
		 str_starts(says, STR("NOQUEUE: client=")))
		client_of(log, pid)->id.len = 0;
}

static void
of_queue_id(struct relay_log *log, struct str program, int64_t pid,
	    struct str id, struct str says)
{
	static const char message_id[] = "message-id=";
	struct str status = status_in(says);

	if (str_eq_cstr(program, "smtpd")) {
		if (str_starts(says, STR("client=")))
			begin(log, pid, id);
	} else if (str_eq_cstr(program, "cleanup")) {
		if (str_starts(says, str_of(message_id)))
			carries(log, id,
				str_trim(str_slice(says, strlen(message_id),
						   says.len)));
	} else if (str_eq_cstr(program, "qmgr")) {
		if (str_ends(says, STR("(queue active)")) ||
		    str_eq_cstr(says, "removed"))
			accept(log, id, STR(""));
	} else if (status.len) {
		accept(log, id, status);
	}
}

/* "postfix/smtpd[4711]": the part behind the last slash, and the number. */
static bool
parse_tag(struct str tag, struct str *program, int64_t *pid)
{
	ptrdiff_t open = str_find_char(tag, '[');
	size_t from = 0;

	if (open < 0 || !str_ends(tag, STR("]:")) ||
	    !str_int(str_slice(tag, (size_t)open + 1, tag.len - 2), 0,
		     INT32_MAX, pid))
		return false;
	for (size_t i = 0; i < (size_t)open; i++)
		if (tag.p[i] == '/')
			from = i + 1;
	*program = str_slice(tag, from, (size_t)open);
	return true;
}

static void
read_line(struct relay_log *log, struct str line)
{
	struct str rest = line;
	struct str host, tag, program, id;
	int64_t from_ms, to_ms, pid;
	ptrdiff_t colon;

	if (parse_instant(&rest, &from_ms)) {
		to_ms = from_ms;
	} else {
		rest = line;
		if (!parse_syslog_time(log, &rest, &from_ms, &to_ms))
			return;
	}
	if (!str_word(&rest, &host) || !str_word(&rest, &tag) ||
	    !parse_tag(tag, &program, &pid))
		return;
	extend(log, from_ms, to_ms);
	rest = str_trim(rest);
	colon = str_find(rest, STR(": "));
	id = colon < 0 ? STR("") : str_slice(rest, 0, (size_t)colon);
	if (is_queue_id(id))
		of_queue_id(
		    log, program, pid, id,
		    str_trim(str_slice(rest, (size_t)colon + 2, rest.len)));
	else if (str_eq_cstr(program, "smtpd"))
		of_client(log, pid, rest);
}

/* ---- files ---- */

void
relay_log_file(struct relay_log *log)
{
	log->line_len = 0;
	memset(log->clients, 0, sizeof(log->clients));
	/* Beyond that no more is covered. */
	if (log->span_count < SPANS)
		log->spans[log->span_count++] =
		    (struct span){ INT64_MAX, INT64_MIN, false };
	else
		log->spans[SPANS - 1] =
		    (struct span){ INT64_MAX, INT64_MIN, false };
}

void
relay_log_gap(struct relay_log *log)
{
	bool has_lines = false;

	for (int i = log->span_count - 1; i >= 0 && !has_lines; i--) {
		struct span *s = &log->spans[i];

		s->before_gap = true;
		has_lines = s->first_ms <= s->last_ms;
	}
	relay_log_file(log);
}

void
relay_log_feed(struct relay_log *log, struct str bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		if (bytes.p[i] == '\n') {
			if (log->line_len <= LINE_MAX_BYTES)
				read_line(log, (struct str){ log->line,
							     log->line_len });
			log->line_len = 0;
		} else if (log->line_len < LINE_MAX_BYTES) {
			log->line[log->line_len++] = bytes.p[i];
		} else {
			log->line_len = LINE_MAX_BYTES + 1;
		}
	}
}

/* ---- the end ---- */

static int
compare_spans(const void *x, const void *y)
{
	const struct span *a = x;
	const struct span *b = y;

	return a->first_ms < b->first_ms ? -1 : a->first_ms > b->first_ms;
}

/* Lines before and after, and files that follow each other between them. */
static bool
covers(struct relay_log *log, int64_t at_ms)
{
	int64_t from_ms = at_ms - RELAY_LOG_WINDOW_MS;
	int64_t to_ms = at_ms + RELAY_LOG_WINDOW_MS;
	bool begun = false;
	int64_t until_ms = 0;

	qsort(log->spans, (size_t)log->span_count, sizeof(*log->spans),
	      compare_spans);
	for (int i = 0; i < log->span_count; i++) {
		const struct span *s = &log->spans[i];

		if (s->first_ms > s->last_ms)
			continue;
		if (!begun || s->first_ms > until_ms + MINUTE_MS) {
			begun = s->first_ms <= from_ms;
			until_ms = s->last_ms;
		} else if (s->last_ms > until_ms) {
			until_ms = s->last_ms;
		}
		if (begun && until_ms >= to_ms)
			return true;
		begun = begun && !s->before_gap;
	}
	return false;
}

bool
relay_log_proves(struct relay_log *log, const struct dispatch_doubt *doubt,
		 struct arena *a, struct relay_proof *out)
{
	const struct relay_trace *t = map_find(&log->traces, doubt->message_id);
	const struct domain *domain =
	    map_find(&log->domains, domain_of(doubt->message_id));

	if (!t)
		return false;
	if (t->accepted) {
		out->to = OUTBOX_SENT;
		out->evidence = str_printf(a, "in the relay's log as %.*s%s%s",
					   STR_ARG(queue_id_view(&t->id)),
					   t->status[0] ? ": " : "", t->status);
		return true;
	}
	if (t->seen != t->cut || !domain || !domain->seen ||
	    !covers(log, doubt->delivery.marked_ms))
		return false;
	out->to = OUTBOX_READY;
	out->evidence = t->cut ? STR("cut off, by the relay's log")
			       : STR("not in the relay's log");
	return true;
}
