#ifndef MIME_MIME_REPORT_PRIV_H
#define MIME_MIME_REPORT_PRIV_H

/*
 * mime_report, inside
 *
 *	bytes -> mime_report_tree   GMime: what stands in which part
 *	      -> mime_report_fields  RFC 3464 and RFC 5965
 *	      -> mime_report_prose   what servers say in words
 *	         mime_report_table   the words
 */

#include "mime/mime_report.h"

/* A mail taken apart; what is absent is empty. */
struct mime_report_mail {
	struct str from, subject;
	struct str auto_submitted, precedence, autoreply, failed_recipients;
	struct str author, author_name; /* whom to answer */
	bool is_of_list;		/* it has a List- field */
	bool was_sent_on;		/* by us, or too often by anybody */
	bool is_from_nobody;		/* Return-Path: <> */
	bool is_report;	     /* multipart/report; report-type=delivery-status */
	bool is_receipt;     /* ...=disposition-notification (RFC 8098) */
	struct str prose;    /* text before the returned message */
	struct str status;   /* RFC 3464 fields, as text */
	struct str inner;    /* the same, of a report that was returned */
	struct str feedback; /* RFC 5965 fields, as text */
	struct str returned; /* header fields of the returned message */
};

/* The mail has LF line ends. */
void mime_report_tree(struct arena *a, struct str mail,
		      struct mime_report_mail *out);

/*
 * Value of the first field `name` in header text, unfolded; `from` is where to
 * begin and, when not NULL, comes out behind it. False: there is none.
 */
bool mime_report_field(struct arena *a, struct str text, const char *name,
		       size_t *from, struct str *value);

/* Recipients of RFC 3464 fields into out, with their classes. */
void mime_report_fields(struct arena *a, struct str text,
			struct mime_report *out);

/*
 * What the fields say of a recipient that they do not name as an address (but
 * as a file, or a pipe): false, nothing.
 */
bool mime_report_fate(struct arena *a, struct str text,
		      struct mime_report_recipient *r);

/* Recipients that complain by RFC 5965 fields or old forms; false: none do. */
bool mime_report_complaint(struct arena *a, const struct mime_report_mail *m,
			   struct mime_report *out);

/* Did a server write it, by its name, its form or by having no author? */
bool mime_report_is_from_server(struct arena *a,
				const struct mime_report_mail *m);

/* Does it call itself an automatic answer; and does nothing contradict it? */
bool mime_report_says_answer(struct arena *a, const struct mime_report_mail *m);
bool mime_report_is_answer(struct arena *a, const struct mime_report_mail *m);

/* Did no person write it to us: a machine, a list, a mail that goes round? */
bool mime_report_is_machine(struct arena *a, const struct mime_report_mail *m);

/* Recipients by what the prose says; none: it reports nothing. */
void mime_report_prose(struct arena *a, const struct mime_report_mail *m,
		       struct mime_report *out);

/* What a text says of the fate of a mail. */
struct mime_report_said {
	enum mime_report_class class; /* NONE: nothing */
	struct str status, diagnostic;
};

/* By codes, then by phrases. */
void mime_report_judge(struct arena *a, struct str text,
		       struct mime_report_said *out);
/* Of an enhanced status code, or of what begins with an SMTP reply. */
enum mime_report_class mime_report_class_of(struct str code);
/* By phrases alone; squeezed text. */
enum mime_report_class mime_report_phrase(struct str squeezed);

/* The next address of text from *at, which comes out behind it. */
bool mime_report_address(struct str text, size_t *at, struct str *address);

/* Adds one with this address, or finds it; NULL: there is no room. */
struct mime_report_recipient *mime_report_add(struct mime_report *r,
					      struct str address);

/* Lower case, white space and control characters as single blanks. */
struct str mime_report_squeeze(struct arena *a, struct str text);
bool mime_report_has(struct str text, const char *part);

/* The same of a list that ends with NULL; and at the text's two ends. */
bool mime_report_has_one(struct str text, const char *const *list);
bool mime_report_begins(struct str text, const char *const *list);
bool mime_report_ends(struct str text, const char *const *list);

/* A row of a table of phrases; the last has none. */
struct mime_report_row {
	enum mime_report_class class;
	const char *text;
};

extern const struct mime_report_row mime_report_phrases[];
extern const char *const mime_report_late[];
extern const char *const mime_report_subjects[];
extern const char *const mime_report_answers[];
extern const char *const mime_report_before[];
extern const char *const mime_report_returned[];
extern const char *const mime_report_traces[];
extern const char *const mime_report_daemons[];
extern const char *const mime_report_openings[];

#endif
