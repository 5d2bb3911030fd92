/*
 * The one file of reports that GMime is in. It takes a mail apart and asks
 * little: the tree, decoded contents, header values. A multipart is never
 * asked for its boundary: GMime 3.2.13 loops for ever over some.
 *
 * A returned message is not gone into but for its header: what stands in it is
 * our own text. One that is a report itself (a gateway sent on what it got) is
 * kept apart as `inner`: a person may have forwarded it, too.
 */
#include "mime/mime_report_priv.h"

#include <gmime/gmime.h>

#include "base/arena.h"

/* A notice is short; and of what is no tag, '<' may stand anywhere. */
enum { PROSE_MAX = 128 * 1024, TAG_MAX = 1000 };

struct tree {
	struct arena *a;
	struct mime_report_mail *mail;
	struct buf prose, html, status, feedback, inner;
	int parts;
	bool in_returned; /* inside a report that came back in a report */
};

/* A copy in the arena of what GMime may free. */
static struct str
kept(struct arena *a, const char *text)
{
	return text ? str_copy(a, str_of(text)) : (struct str){ 0 };
}

/* A NUL in a text ends nothing. */
static void
add_content(GMimePart *part, struct buf *out)
{
	GMimeDataWrapper *content = g_mime_part_get_content(part);
	GMimeStream *stream;
	GByteArray *bytes;

	if (!content)
		return;
	stream = g_mime_stream_mem_new();
	g_mime_data_wrapper_write_to_stream(content, stream);
	bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
	buf_add(out, bytes->data, bytes->len);
	buf_char(out, '\n');
	g_object_unref(stream);
}

static bool
is_type(GMimeObject *part, const char *type, const char *subtype)
{
	GMimeContentType *has = g_mime_object_get_content_type(part);

	return has && g_mime_content_type_is_type(has, type, subtype);
}

static void
take_returned(struct tree *t, GMimeObject *message)
{
	char *headers;

	if (!message || (t->mail->returned.len > 0 && !t->in_returned))
		return;
	headers = g_mime_object_get_headers(message, NULL);
	t->mail->returned = kept(t->a, headers);
	g_free(headers);
}

static void
take_returned_text(struct tree *t, GMimePart *part)
{
	struct buf text = { 0 };

	add_content(part, &text);
	if (t->mail->returned.len == 0)
		t->mail->returned = str_copy(t->a, buf_view(&text));
	buf_fini(&text);
}

static void
take_part(struct tree *t, GMimeObject *object)
{
	GMimePart *part = GMIME_PART(object);
	bool is_status = is_type(object, "message", "delivery-status") ||
			 is_type(object, "message", "global-delivery-status");

	if (is_status)
		add_content(part, t->in_returned ? &t->inner : &t->status);
	else if (t->in_returned)
		return;
	else if (is_type(object, "message", "feedback-report"))
		add_content(part, &t->feedback);
	else if (is_type(object, "text", "rfc822-headers") ||
		 is_type(object, "text", "rfc822-header") ||
		 is_type(object, "message", "global-headers"))
		take_returned_text(t, part);
	else if (is_type(object, "text", "html"))
		add_content(part, &t->html);
	else if (is_type(object, "text", "*"))
		add_content(part, &t->prose);
}

static void visit(struct tree *t, GMimeObject *object, int depth);

static void
visit_returned(struct tree *t, GMimeMessage *message, int depth)
{
	GMimeObject *root =
	    message ? g_mime_message_get_mime_part(message) : NULL;

	take_returned(t, GMIME_OBJECT(message));
	if (!root || !is_type(root, "multipart", "report") || t->in_returned)
		return;
	t->in_returned = true;
	visit(t, root, depth);
	t->in_returned = false;
}

static void
visit(struct tree *t, GMimeObject *object, int depth)
{
	if (!object || depth > MIME_REPORT_DEPTH_MAX ||
	    t->parts++ >= MIME_REPORT_PARTS_MAX)
		return;
	if (GMIME_IS_MULTIPART(object)) {
		GMimeMultipart *parts = GMIME_MULTIPART(object);
		int count = g_mime_multipart_get_count(parts);

		for (int i = 0; i < count; i++)
			visit(t, g_mime_multipart_get_part(parts, i),
			      depth + 1);
	} else if (GMIME_IS_MESSAGE_PART(object)) {
		visit_returned(
		    t,
		    g_mime_message_part_get_message(GMIME_MESSAGE_PART(object)),
		    depth + 1);
	} else if (GMIME_IS_PART(object)) {
		take_part(t, object);
	}
}

static struct str
header(struct arena *a, GMimeMessage *message, const char *name)
{
	return kept(a, g_mime_object_get_header(GMIME_OBJECT(message), name));
}

/* The first that is an address, in groups too. */
static InternetAddress *
first_mailbox(InternetAddressList *list, int depth)
{
	int count = list ? internet_address_list_length(list) : 0;
	InternetAddress *found = NULL;

	for (int i = 0; i < count && !found; i++) {
		InternetAddress *x = internet_address_list_get_address(list, i);

		if (INTERNET_ADDRESS_IS_MAILBOX(x))
			found = x;
		else if (INTERNET_ADDRESS_IS_GROUP(x) && depth > 0)
			found =
			    first_mailbox(internet_address_group_get_members(
					      INTERNET_ADDRESS_GROUP(x)),
					  depth - 1);
	}
	return found;
}

static void
take_author(struct arena *a, GMimeMessage *m, struct mime_report_mail *out)
{
	InternetAddress *x = first_mailbox(g_mime_message_get_reply_to(m), 1);

	if (!x)
		x = first_mailbox(g_mime_message_get_from(m), 1);
	if (!x)
		return;
	out->author = kept(a, internet_address_mailbox_get_idn_addr(
				  INTERNET_ADDRESS_MAILBOX(x)));
	out->author_name = kept(a, internet_address_get_name(x));
}

/* What says that it is a list's, that it goes round, that nobody sent it. */
static void
take_traces(GMimeMessage *m, struct mime_report_mail *out)
{
	GMimeHeaderList *all = g_mime_object_get_header_list(GMIME_OBJECT(m));
	int count = g_mime_header_list_get_count(all);
	int hops = 0;

	for (int i = 0; i < count; i++) {
		GMimeHeader *h = g_mime_header_list_get_header_at(all, i);
		struct str name = str_of(g_mime_header_get_name(h));

		hops += str_eq_fold(name, STR("Received"));
		if (str_eq_fold(str_slice(name, 0, 5), STR("List-")))
			out->is_of_list = true;
		if (str_eq_fold(name, STR(MIME_REPORT_SENT_ON)) ||
		    hops > MIME_REPORT_HOPS_MAX)
			out->was_sent_on = true;
		if (str_eq_fold(name, STR("Return-Path")) &&
		    str_eq_cstr(str_trim(str_of(g_mime_header_get_value(h))),
				"<>"))
			out->is_from_nobody = true;
	}
}

static void
take_headers(struct arena *a, GMimeMessage *m, struct mime_report_mail *out)
{
	GMimeObject *root = g_mime_message_get_mime_part(m);
	const char *type = NULL;

	out->from = header(a, m, "From");
	out->subject = header(a, m, "Subject");
	out->auto_submitted = header(a, m, "Auto-Submitted");
	out->precedence = header(a, m, "Precedence");
	out->failed_recipients = header(a, m, "X-Failed-Recipients");
	out->autoreply = header(a, m, "X-Autoreply");
	if (out->autoreply.len == 0)
		out->autoreply = header(a, m, "X-Autorespond");
	if (root && is_type(root, "multipart", "report"))
		type = g_mime_object_get_content_type_parameter(root,
								"report-type");
	take_author(a, m, out);
	take_traces(m, out);
	out->is_report = str_eq_fold(str_of(type), STR("delivery-status"));
	out->is_receipt =
	    str_eq_fold(str_of(type), STR("disposition-notification"));
}

/*
 * The words of a page: a tag is a blank or a line end, but for one that has an
 * '@' in it and is an address that nobody escaped.
 */
static void
add_words(struct str html, struct buf *out)
{
	while (html.len > 0) {
		ptrdiff_t end =
		    html.p[0] == '<'
			? str_find_char(str_slice(html, 0, TAG_MAX), '>')
			: 0;
		struct str tag = str_slice(html, 0, (size_t)end + 1);

		if (html.p[0] == '<' && end > 0 && str_find_char(tag, '@') < 0)
			buf_char(out, '\n');
		else
			buf_str(out, tag = str_slice(html, 0, 1));
		html = str_slice(html, tag.len, html.len);
	}
}

/*
 * What follows the header, for a multipart whose boundaries are wrong: without
 * the lines that look like them and like the headers of parts.
 */
static void
add_body(struct str mail, struct buf *out)
{
	ptrdiff_t end = str_find(mail, STR("\n\n"));
	struct str line;

	mail = str_slice(mail, end < 0 ? mail.len : (size_t)end, mail.len);
	while (str_split(&mail, '\n', &line)) {
		if (str_starts(line, STR("--")) ||
		    str_starts(str_trim(line), STR("boundary=")) ||
		    str_eq_fold(str_slice(line, 0, 8), STR("content-")))
			continue;
		buf_str(out, line);
		buf_char(out, '\n');
	}
}

static void
finish(struct tree *t, struct str mail)
{
	struct mime_report_mail *out = t->mail;

	if (str_trim(buf_view(&t->prose)).len == 0)
		add_words(buf_view(&t->html), &t->prose);
	if (str_trim(buf_view(&t->prose)).len == 0 && t->status.len == 0 &&
	    t->feedback.len == 0)
		add_body(mail, &t->prose);
	out->prose =
	    str_copy(t->a, str_slice(buf_view(&t->prose), 0, PROSE_MAX));
	out->status = str_copy(t->a, buf_view(&t->status));
	out->feedback = str_copy(t->a, buf_view(&t->feedback));
	out->inner = str_copy(t->a, buf_view(&t->inner));
	buf_fini(&t->prose);
	buf_fini(&t->html);
	buf_fini(&t->status);
	buf_fini(&t->feedback);
	buf_fini(&t->inner);
}

void
mime_report_tree(struct arena *a, struct str mail, struct mime_report_mail *out)
{
	struct tree t = { .a = a, .mail = out };
	GMimeStream *stream;
	GMimeParser *parser;
	GMimeMessage *message;

	g_mime_init();
	stream = g_mime_stream_mem_new_with_buffer(mail.p, mail.len);
	parser = g_mime_parser_new_with_stream(stream);
	message = g_mime_parser_construct_message(parser, NULL);
	if (message) {
		take_headers(a, message, out);
		visit(&t, g_mime_message_get_mime_part(message), 0);
		g_object_unref(message);
	}
	g_object_unref(parser);
	g_object_unref(stream);
	finish(&t, mail);
}
