/*
 * Rows between the file and the store, and what there is to tell of them: each
 * is a head of one size and the texts behind it. Nobody but this process reads
 * them, so the order of bytes is the machine's.
 */
#include "partner/partner_import_priv.h"

#include <string.h>

#include "base/arena.h"

/* The next `len` bytes, taken off the front. */
static const char *
take(struct str *bytes, size_t len)
{
	const char *p = bytes->p;

	check(len <= bytes->len);
	*bytes = str_slice(*bytes, len, bytes->len);
	return p;
}

/* ---- a row ---- */

struct row_head {
	struct person_hash person;
	int64_t consent_ms;
	uint32_t line;
	uint32_t nth;
	uint32_t unread;
	uint8_t consent;
	bool says_consent;
	uint16_t lens[FIELD_COUNT];
};

void
import_row_pack(const struct import_row *row, struct buf *out)
{
	struct contact c = row->contact;
	struct row_head head = {
		.person = c.person,
		.consent_ms = c.consent_ms,
		.line = (uint32_t)row->line,
		.nth = row->nth,
		.unread = row->unread,
		.consent = (uint8_t)c.consent,
		.says_consent = row->says_consent,
	};
	const size_t at = out->len;

	buf_add(out, &head, sizeof(head));
	for (int i = 0; i < FIELD_COUNT; i++) {
		const struct str *text =
		    contact_text(&c, (enum contact_field)i);

		if (!text)
			continue;
		check(text->len <= UINT16_MAX);
		head.lens[i] = (uint16_t)text->len;
		buf_str(out, *text);
	}
	memcpy(out->p + at, &head, sizeof(head));
}

void
import_row_unpack(struct str bytes, struct import_row *out)
{
	struct row_head head;
	struct contact *c = &out->contact;

	memcpy(&head, take(&bytes, sizeof(head)), sizeof(head));
	*out = (struct import_row){
		.line = head.line,
		.nth = head.nth,
		.unread = head.unread,
		.says_consent = head.says_consent,
		.contact = { .person = head.person,
			     .consent = (enum consent_state)head.consent,
			     .consent_ms = head.consent_ms },
	};
	for (int i = 0; i < FIELD_COUNT; i++) {
		struct str *text = contact_text(c, (enum contact_field)i);

		if (text && head.lens[i])
			*text = (struct str){ take(&bytes, head.lens[i]),
					      head.lens[i] };
	}
	check(bytes.len == 0);
}

/* ---- what is told of it ---- */

struct note_head {
	uint32_t line;
	uint32_t address_line;
	uint32_t address_column;
	uint32_t finding_count;
	uint32_t bad;
};

struct finding_head {
	uint32_t line;
	uint32_t column;
	uint16_t fault;
	uint16_t name_len;
};

void
import_note_pack(const struct import_row *row, struct buf *out)
{
	const struct note_head head = {
		.line = (uint32_t)row->line,
		.address_line = (uint32_t)row->address.line,
		.address_column = (uint32_t)row->address.column,
		.finding_count = (uint32_t)row->finding_count,
		.bad = row->bad,
	};

	buf_add(out, &head, sizeof(head));
	for (size_t i = 0; i < row->finding_count; i++) {
		const struct contact_finding *f = &row->findings[i];
		const struct finding_head part = {
			.line = (uint32_t)f->line,
			.column = (uint32_t)f->column,
			.fault = (uint16_t)f->fault,
			.name_len = (uint16_t)f->name.len,
		};

		buf_add(out, &part, sizeof(part));
		buf_str(out, f->name);
	}
}

static struct contact_finding
unpack_finding(struct str *bytes)
{
	struct finding_head head;

	memcpy(&head, take(bytes, sizeof(head)), sizeof(head));
	return (struct contact_finding){
		.fault = (enum contact_fault)head.fault,
		.line = head.line,
		.column = head.column,
		.name = { take(bytes, head.name_len), head.name_len },
	};
}

void
import_note_unpack(struct str bytes, struct arena *a, struct import_row *out)
{
	struct note_head head;

	memcpy(&head, take(&bytes, sizeof(head)), sizeof(head));
	*out = (struct import_row){
		.line = head.line,
		.address = { head.address_line, head.address_column },
		.bad = head.bad,
		.finding_count = head.finding_count,
	};
	if (head.finding_count)
		out->findings =
		    ARENA_ARRAY(a, head.finding_count, struct contact_finding);
	for (size_t i = 0; i < out->finding_count; i++)
		out->findings[i] = unpack_finding(&bytes);
}
