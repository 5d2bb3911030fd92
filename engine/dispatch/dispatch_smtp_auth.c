/*
 * SMTP AUTH (RFC 4954): who we are to the relay.
 *
 * The user stands in the URL, the password never does: a URL is seen in `ps`,
 * in logs and in shells' histories. It comes from the environment, or from a
 * file that nobody else may read. It goes to the library and nowhere else.
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
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "dispatch/dispatch_smtp_priv.h"

/* ---- the password ---- */

#define PASSWORD      "GUIDON_SMTP_PASSWORD"
#define PASSWORD_FILE "GUIDON_SMTP_PASSWORD_FILE"

static int
check_file(int fd, const char *path, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return error_system(err, errno, "%s", path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, ERROR_CONFIG,
				 "%s is no file, expected one with the "
				 "password",
				 path);
	if (st.st_mode & 077)
		return error_set(err, ERROR_CONFIG,
				 "%s has mode %04o, so others may read it; "
				 "expected 0400 or 0600",
				 path, (unsigned)(st.st_mode & 07777));
	return 0;
}

/* One byte more than fits shows that it is too long. */
static int
read_file(char *out, size_t size, const char *path, struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int code = 0;
	ssize_t n = 0;

	if (fd < 0) {
		error_system(err, errno, PASSWORD_FILE ": %s", path);
		err->code = ERROR_CONFIG;
		return -(int)err->code;
	}
	code = check_file(fd, path, err);
	if (code >= 0 && (n = read(fd, out, size)) < 0)
		code = error_system(err, errno, "%s", path);
	close(fd);
	return code < 0 ? code : (int)n;
}

/* In one line, which may have its end. */
static int
check_password(struct str *p, const char *from, struct error *err)
{
	if (str_ends(*p, STR("\n")))
		p->len--;
	if (str_ends(*p, STR("\r")))
		p->len--;
	if (p->len == 0 || p->len > RELAY_LOGIN_BYTES_MAX)
		return error_set(err, ERROR_CONFIG,
				 "%s has a password of %zu bytes, expected 1 "
				 "to %d",
				 from, p->len, (int)RELAY_LOGIN_BYTES_MAX);
	for (size_t i = 0; i < p->len; i++)
		if ((unsigned char)p->p[i] < ' ' || p->p[i] == 0x7f)
			return error_set(err, ERROR_CONFIG,
					 "%s has a control character, expected "
					 "a password in one line",
					 from);
	return 0;
}

static const char *
environment(const char *name)
{
	const char *value = getenv(name);

	return value && value[0] ? value : NULL;
}

int
relay_auth_open(struct relay *r, struct error *err)
{
	const char *given = environment(PASSWORD);
	const char *path = environment(PASSWORD_FILE);
	char bytes[RELAY_LOGIN_BYTES_MAX + 3];
	struct str password = str_of(given);
	int code = 0;

	if (!r->user)
		return 0;
	if (!given == !path)
		return error_set(err, ERROR_CONFIG,
				 "the relay's user has %s, expected "
				 "either " PASSWORD " or " PASSWORD_FILE,
				 given ? "two passwords" : "no password");
	if (path) {
		code = read_file(bytes, sizeof(bytes), path, err);
		password = (struct str){ bytes, code < 0 ? 0 : (size_t)code };
	}
	if (code >= 0)
		code = check_password(&password,
				      path ? PASSWORD_FILE : PASSWORD, err);
	if (code >= 0) {
		snprintf(r->password, sizeof(r->password), "%.*s",
			 STR_ARG(password));
	}
	crypto_wipe(bytes, sizeof(bytes));
	return code;
}

void
relay_auth_close(struct relay *r)
{
	crypto_wipe(r->password, sizeof(r->password));
}

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
