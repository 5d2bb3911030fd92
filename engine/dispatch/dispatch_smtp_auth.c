/*
 * SMTP AUTH (RFC 4954): who we are to the relay.
 *
 * PLAIN and LOGIN, over TLS or to this machine. Other mechanisms that the
 * library has are not spoken (dispatch_smtp_events.c spoils their names):
 * over TLS a challenge adds nothing, and NTLM is broken.
 *
 * The library does not tell whether it worked, and what it does when it did
 * not, or when the relay offers nothing it can do, is its own affair. So what
 * passes is watched: AUTH was answered by 2xx before MAIL is written, or the
 * connection is cut there.
 *
 *	AUTH written --334--> on and on --2xx--> known
 *			|			4xx: nobody's attempt, try later
 *			+---------------------> 5xx: HELD, this wire is stopped
 *
 * It may say 5xx to PLAIN and 2xx to LOGIN; the last answer is the one.
 */
#include <auth-client.h>

#include "dispatch/dispatch_smtp_priv.h"

/* ---- a session ---- */

/* 1 and all that was asked for, or 0: there is no answer to that. */
static int
on_question(auth_client_request_t request, char **result, int count, void *arg)
{
	struct relay_session *s = arg;
	struct relay *r = (struct relay *)(uintptr_t)s->relay;

	if (s->poisoned || !(s->secure || r->local))
		return 0;
	for (int i = 0; i < count; i++) {
		if (request[i].flags & AUTH_USER)
			result[i] = r->user;
		else if (request[i].flags & AUTH_PASS)
			result[i] = r->password;
		else
			return 0;
	}
	return 1;
}

void
relay_auth_begin(struct relay_session *s)
{
	if (!s->relay->user)
		return;
	s->auth = auth_create_context();
	check(s->auth);
	(void)auth_set_mechanism_flags(s->auth, AUTH_PLUGIN_PLAIN, 0);
	check(auth_set_interact_cb(s->auth, on_question, s));
	check(smtp_auth_set_context(s->smtp, s->auth));
}

void
relay_auth_end(struct relay_session *s)
{
	if (s->auth)
		(void)auth_destroy_context(s->auth);
	buf_fini(&s->auth_reply);
}

/* What was heard since the last word of AUTH. */
static void
judge(struct relay_session *s)
{
	struct str heard = buf_view(&s->heard);

	if (!s->authing || str_starts(heard, STR("334")))
		return;
	s->authing = false;
	s->known = str_starts(heard, STR("2"));
	buf_clear(&s->auth_reply);
	relay_write_plain(&s->auth_reply, str_trim(heard));
}

bool
relay_auth_on_write(struct relay_session *s, struct str bytes)
{
	judge(s);
	if (str_starts(bytes, STR("AUTH ")))
		s->authing = true;
	return !s->relay->user || s->known ||
	       !str_starts(bytes, STR("MAIL FROM:"));
}

/* ---- afterwards ---- */

bool
relay_auth_refused(struct relay_session *s)
{
	judge(s);
	return !s->known && str_starts(buf_view(&s->auth_reply), STR("5"));
}

bool
relay_auth_reason(struct relay_session *s, struct buf *out)
{
	struct str said = buf_view(&s->auth_reply);

	judge(s);
	if (!s->relay->user || s->known)
		return false;
	if (said.len > 0)
		buf_printf(out, "AUTH: %.*s", STR_ARG(said));
	else if (s->unknown)
		buf_cat(out, "it offers no AUTH by PLAIN or LOGIN");
	return said.len > 0 || s->unknown;
}
