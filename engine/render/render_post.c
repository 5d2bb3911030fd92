/*
 * A post leaves us as a request to whatever publishes it, so what a network
 * takes is known here only as far as it must be known before: a post that is
 * too long is found by the check of a campaign, not on the day.
 *
 * Characters are counted as code points. The link is put behind the text by
 * who publishes, with a blank between, and some networks count each link as
 * one length.
 *
 * Rejected: cutting a long text. What is left may say something else.
 */
#include "render/render_priv.h"

#include "base/arena.h"
#include "base/civil.h"
#include "base/crypto.h"
#include "base/encode.h"
#include "base/js.h"

struct network {
	const char *name;
	size_t most;	    /* characters */
	size_t link_length; /* of every link; 0: as long as it is */
};

/* A channel that is not here has a limit that its publisher knows. */
static const struct network networks[] = {
	{ "linkedin", 3000, 0 },
	{ "mastodon", 500, 23 },
};

static struct str
network_of(struct str channel)
{
	ptrdiff_t at = str_find_char(channel, ':');

	return at < 0 ? channel : str_slice(channel, 0, (size_t)at);
}

static struct str
account_of(struct str channel)
{
	ptrdiff_t at = str_find_char(channel, ':');

	return at < 0 ? STR("")
		      : str_slice(channel, (size_t)at + 1, channel.len);
}

static size_t
length_on(const struct network *n, const struct render_post_content *content)
{
	size_t text = str_characters(content->text);

	if (content->link.len == 0)
		return text;
	return text + 1 +
	       (n->link_length > 0 ? n->link_length
				   : str_characters(content->link));
}

size_t
render_post_length(const struct render_post_content *content, size_t *most)
{
	static const struct network unknown;
	struct str name = network_of(content->channel);

	for (size_t i = 0; i < COUNT_OF(networks); i++)
		if (str_eq_cstr(name, networks[i].name)) {
			*most = networks[i].most;
			return length_on(&networks[i], content);
		}
	*most = 0;
	return length_on(&unknown, content);
}

static int
check_length(const struct render_post_content *content, struct error *err)
{
	size_t most;
	size_t length = render_post_length(content, &most);

	if (most > 0 && length > most)
		return error_set(err, ERROR_LIMIT,
				 "post of %zu characters with its link, "
				 "expected at most %zu on %.*s",
				 length, most,
				 STR_ARG(network_of(content->channel)));
	return 0;
}

int
render_post_check(const struct render_post_content *content, struct error *err)
{
	if (!str_utf8_valid(content->text))
		return error_set(err, ERROR_INVALID,
				 "post that is not UTF-8, expected text");
	if (str_trim(content->text).len == 0)
		return error_set(err, ERROR_INVALID,
				 "post with a blank text, expected text");
	return check_length(content, err);
}

static void
write_member(struct js_writer *w, const char *key, struct str value)
{
	if (value.len == 0)
		return;
	js_key_str(w, key, value);
}

static void
write_data(struct js_writer *w, const struct render_subject *subject,
	   const struct render_origin *origin,
	   const struct render_post_content *content)
{
	js_key(w, STR("data"));
	js_begin_object(w);
	write_member(w, "network", network_of(content->channel));
	write_member(w, "account", account_of(content->channel));
	write_member(w, "text", content->text);
	write_member(w, "link", content->link);
	write_member(w, "partner", subject->partner->slug);
	write_member(w, "campaign", origin->campaign);
	write_member(w, "step", origin->step);
	js_end_object(w);
}

int
render_post_make(const struct render_subject *subject,
		 const struct render_origin *origin,
		 const struct render_post_content *content, struct arena *a,
		 struct str *json, struct error *err)
{
	struct buf time = { 0 };
	struct buf out = { 0 };
	struct js_writer w;

	render_check_subject(subject);
	if (render_post_check(content, err) < 0)
		return error_context(err, "partner %.*s",
				     STR_ARG(subject->partner->slug));
	civil_print_instant(render_date_ms(subject), 0, &time);
	js_writer_init(&w, &out, false);
	js_begin_object(&w);
	write_member(&w, "type", STR("post.due"));
	write_member(&w, "timestamp", buf_view(&time));
	write_data(&w, subject, origin, content);
	js_end_object(&w);
	js_writer_end(&w);
	*json = str_copy(a, buf_view(&out));
	buf_fini(&time);
	buf_fini(&out);
	return 0;
}

size_t
render_post_variant(int64_t partner_id, const struct render_origin *origin,
		    struct str channel, size_t count)
{
	uint8_t digest[CRYPTO_HASH_BYTES];
	struct buf b = { 0 };
	uint64_t n = 0;

	check(count > 0);
	encode_id(&b, partner_id);
	buf_printf(&b, " %.*s %.*s ", STR_ARG(origin->campaign),
		   STR_ARG(origin->step));
	buf_str(&b, channel);
	crypto_sha256(buf_view(&b), digest);
	buf_fini(&b);
	for (size_t i = 0; i < 8; i++)
		n = n << 8 | digest[i];
	return (size_t)(n % count);
}
