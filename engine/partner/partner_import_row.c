/*
 * Rows: from text to a contact and what is wrong with it. Pure, so that
 * reading the file twice gives the same twice.
 *
 * The columns are a table with a reader for each, so a row is one loop over
 * it. All faults of a row are found, not the first one alone: who mends a file
 * wants to do it once.
 */
#include "partner/partner_import_priv.h"

#include "base/arena.h"
#include "base/js.h"
#include "partner/partner_priv.h"

/* ---- names ---- */

/* clang-format off */
static const char *const verdict_names[] = {
#define VERDICT_NAME(name, text) [CONTACT_##name] = (text),
	CONTACT_VERDICTS(VERDICT_NAME)
#undef VERDICT_NAME
};

enum reach { VALUE, ROW };

static const struct {
	enum reach reach;
	const char *text;
} faults[] = {
#define FAULT_ROW(name, what, words) \
	[CONTACT_FAULT_##name] = { (what), (words) },
	CONTACT_FAULTS(FAULT_ROW)
#undef FAULT_ROW
};
/* clang-format on */

const char *
contact_verdict_name(enum contact_verdict verdict)
{
	check((size_t)verdict < COUNT_OF(verdict_names));
	return verdict_names[verdict];
}

const char *
contact_fault_text(enum contact_fault fault)
{
	check((size_t)fault < COUNT_OF(faults));
	return faults[fault].text;
}

/* ---- rows ---- */

static uint32_t
field_bit(enum contact_field field)
{
	return (uint32_t)1 << field;
}

static bool
is_before(const struct contact_finding *a, const struct contact_finding *b)
{
	return a->line < b->line ||
	       (a->line == b->line && a->column < b->column);
}

void
import_row_fault(struct import_row *row, const struct import_header *h,
		 struct arena *a, int at, struct contact_finding finding)
{
	size_t i = row->finding_count;

	if (at >= 0 && (size_t)at < h->count) {
		finding.name = h->names[at];
		row->unread |= field_bit(h->fields[at]);
	}
	row->findings =
	    partner_room(a, row->findings, i, sizeof(*row->findings));
	for (; i > 0 && is_before(&finding, &row->findings[i - 1]); i--)
		row->findings[i] = row->findings[i - 1];
	row->findings[i] = finding;
	row->finding_count++;
	row->bad = row->bad || faults[finding.fault].reach == ROW;
}

struct str *
contact_text(struct contact *c, enum contact_field field)
{
	switch (field) {
	case FIELD_ADDRESS:
		return &c->address;
	case FIELD_GIVEN_NAME:
		return &c->given_name;
	case FIELD_FAMILY_NAME:
		return &c->family_name;
	case FIELD_COMPANY:
		return &c->company;
	case FIELD_PHONE:
		return &c->phone;
	case FIELD_LANGUAGE:
		return &c->language;
	case FIELD_COUNTRY:
		return &c->country;
	case FIELD_TIME_ZONE:
		return &c->time_zone;
	case FIELD_TAGS:
		return &c->tags;
	case FIELD_CONSENT_BASIS:
		return &c->consent_basis;
	case FIELD_CONSENT_SOURCE:
		return &c->consent_source;
	case FIELD_ATTRIBUTES:
		return &c->attributes;
	default:
		return NULL;
	}
}

struct reading {
	const struct import_header *header;
	const struct import_rules *rules;
	const struct csv_row *row;
	struct arena *arena;
	struct import_row *out;
};

/* Empty where the row is shorter than the header: spreadsheets cut it so. */
static struct str
cell(const struct reading *r, int at)
{
	struct str s = { 0 };

	if (at >= 0 && (size_t)at < r->row->count)
		s = r->row->fields[at];
	return contact_trim(r->rules->formulas ? s : csv_unguard(s));
}

/* Of a field that the row is too short for: where its last one begins. */
static struct csv_place
place_of(const struct csv_row *row, int at)
{
	const size_t last = row->count - 1;

	return row->places[at >= 0 && (size_t)at < last ? (size_t)at : last];
}

static void
fault_at(const struct reading *r, int at, enum contact_fault fault)
{
	struct csv_place place;

	if (fault == CONTACT_FAULT_GOOD)
		return;
	place = place_of(r->row, at);
	import_row_fault(r->out, r->header, r->arena, at,
			 (struct contact_finding){ .fault = fault,
						   .line = place.line,
						   .column = place.column });
}

typedef enum contact_fault read_fn(struct arena *a, struct str text,
				   struct str *out);

static read_fn *const readers[FIELD_COUNT] = {
	[FIELD_ADDRESS] = contact_read_address,
	[FIELD_GIVEN_NAME] = contact_read_text,
	[FIELD_FAMILY_NAME] = contact_read_text,
	[FIELD_COMPANY] = contact_read_text,
	[FIELD_LANGUAGE] = contact_read_language,
	[FIELD_COUNTRY] = contact_read_country,
	[FIELD_TIME_ZONE] = contact_read_zone,
	[FIELD_TAGS] = contact_read_tags,
	[FIELD_CONSENT_BASIS] = contact_read_text,
	[FIELD_CONSENT_SOURCE] = contact_read_text,
	[FIELD_ATTRIBUTES] = contact_read_attributes,
};

static void
read_texts(const struct reading *r)
{
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		const int at = r->header->at[i];
		struct str text = cell(r, at);
		struct str *out =
		    contact_text(&r->out->contact, (enum contact_field)i);

		if (text.len == 0)
			continue;
		if (i == FIELD_PHONE)
			fault_at(r, at,
				 contact_read_phone(r->arena,
						    r->rules->calling_code,
						    text, out));
		else if (readers[i])
			fault_at(r, at, readers[i](r->arena, text, out));
		if (out)
			*out = str_copy(r->arena, *out);
	}
}

/* A basis is needed, whether its column is empty or not there. */
static void
read_consent(const struct reading *r)
{
	const int *at = r->header->at;
	struct contact *c = &r->out->contact;
	struct str word = cell(r, at[FIELD_CONSENT]);
	struct str date = cell(r, at[FIELD_CONSENT_DATE]);

	if (date.len)
		fault_at(
		    r, at[FIELD_CONSENT_DATE],
		    contact_read_date(date, r->rules->now_ms, &c->consent_ms));
	if (word.len == 0)
		return;
	fault_at(r, at[FIELD_CONSENT], contact_read_consent(word, &c->consent));
	if (c->consent == CONSENT_GIVEN &&
	    cell(r, at[FIELD_CONSENT_BASIS]).len == 0)
		fault_at(r, at[FIELD_CONSENT], CONTACT_FAULT_NO_BASIS);
	else
		r->out->says_consent = true;
}

/* ---- attributes ---- */

struct str
import_attributes(struct arena *a, const struct import_member *members,
		  size_t count)
{
	struct js_writer w;
	struct buf b = { 0 };
	struct str text;

	js_writer_init(&w, &b, false);
	js_begin_object(&w);
	for (size_t i = 0; i < count; i++) {
		js_key(&w, members[i].name);
		js_string(&w, members[i].value);
	}
	js_end_object(&w);
	js_writer_end(&w);
	text = str_copy(a, buf_view(&b));
	buf_fini(&b);
	return text;
}

static size_t
read_members(const struct reading *r, struct import_member *members)
{
	const struct import_header *h = r->header;
	size_t count = 0;

	for (size_t i = 0; i < h->sorted_count; i++) {
		const int at = (int)h->sorted[i];
		struct import_member *m = &members[count];
		enum contact_fault fault;

		m->name = h->names[at];
		m->value = cell(r, at);
		fault = contact_read_text(r->arena, m->value, &m->value);
		fault_at(r, at, fault);
		if (fault == CONTACT_FAULT_GOOD && m->value.len)
			count++;
	}
	return count;
}

static void
read_attributes(const struct reading *r)
{
	struct import_member members[CSV_COLUMNS];
	const size_t count = read_members(r, members);
	const int json_at = r->header->at[FIELD_ATTRIBUTES];
	struct str *out = &r->out->contact.attributes;

	if (count && out->len) {
		fault_at(r, json_at, CONTACT_FAULT_ATTRIBUTES_TWICE);
		return;
	}
	if (out->len)
		return;
	*out = import_attributes(r->arena, members, count);
	if (out->len > IMPORT_ATTRIBUTES_MAX)
		fault_at(r, (int)r->header->sorted[0],
			 CONTACT_FAULT_ATTRIBUTES_LONG);
}

static void
read_nameless(const struct reading *r)
{
	for (size_t i = 0; i < r->row->count; i++)
		if ((i >= r->header->count ||
		     r->header->fields[i] == FIELD_NAMELESS) &&
		    cell(r, (int)i).len)
			fault_at(r, (int)i, CONTACT_FAULT_NAMELESS);
}

void
import_row_read(const struct import_header *h, const struct import_rules *rules,
		const struct csv_row *row, struct arena *a,
		struct import_row *out)
{
	const struct reading r = { h, rules, row, a, out };

	*out = (struct import_row){
		.line = row->line,
		.address = place_of(row, h->at[FIELD_ADDRESS]),
	};
	if (cell(&r, h->at[FIELD_ADDRESS]).len == 0)
		fault_at(&r, h->at[FIELD_ADDRESS], CONTACT_FAULT_NO_ADDRESS);
	read_texts(&r);
	read_consent(&r);
	read_attributes(&r);
	read_nameless(&r);
	check(out->bad || out->contact.address.len > 0);
}

/* ---- over what is stored ---- */

bool
import_consent_rises(enum consent_state old, int64_t old_ms,
		     enum consent_state new, int64_t new_ms)
{
	return new > old || (new == old &&new_ms >= old_ms);
}

/* Attributes and consent go by other rules. */
static bool
says(const struct import_header *h, const struct import_row *row,
     enum contact_field field)
{
	return field <= FIELD_TAGS && h->at[field] >= 0 &&
	       !(row->unread & field_bit(field));
}

struct contact
import_row_over(const struct import_header *h, const struct import_row *row,
		const struct contact *stored)
{
	struct contact from = row->contact;
	struct contact c = { 0 };

	if (stored)
		c = *stored;
	c.person = from.person;
	c.deleted = false;
	for (size_t i = 0; i < FIELD_COUNT; i++)
		if (says(h, row, (enum contact_field)i))
			*contact_text(&c, (enum contact_field)i) =
			    *contact_text(&from, (enum contact_field)i);
	if (h->sorted_count || h->at[FIELD_ATTRIBUTES] >= 0)
		c.attributes = from.attributes;
	if (row->says_consent &&
	    import_consent_rises(c.consent, c.consent_ms, from.consent,
				 from.consent_ms)) {
		c.consent = from.consent;
		c.consent_basis = from.consent_basis;
		c.consent_source = from.consent_source;
		c.consent_ms = from.consent_ms;
	}
	c.attributes = partner_object(c.attributes);
	return c;
}

bool
import_same(const struct contact *x, const struct contact *y)
{
	struct contact a = *x;
	struct contact b = *y;
	bool same = a.consent == b.consent && a.consent_ms == b.consent_ms &&
		    a.deleted == b.deleted;

	for (size_t i = 0; same && i < FIELD_COUNT; i++)
		if (contact_text(&a, (enum contact_field)i))
			same = str_eq(*contact_text(&a, (enum contact_field)i),
				      *contact_text(&b, (enum contact_field)i));
	return same;
}
