/*
 * What a relay's user has to show: a password, or an OAuth 2.0 access token.
 *
 * The user stands in the URL, the secret never does: a URL is seen in `ps`, in
 * logs and in shells' histories. It comes from the environment, or from a file
 * that nobody else may read. It goes to the library and nowhere else.
 *
 * A token lives for an hour or so, and who gets the next one writes it into the
 * file. So the file is read for each session. One that the relay has refused is
 * most likely one that has expired: it is no reason to stop, and to try it again
 * would be no use. The sessions fail without a connection until the file has
 * another, of which the hash alone is remembered. What the environment holds
 * stays as it is: refused, it is as a password is.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "dispatch/dispatch_smtp_priv.h"
#include "http/http_smtp.h"

/* In the order of `secrets`. */
enum which { PASSWORD, PASSWORD_FILE, TOKEN, TOKEN_FILE, WHICH_COUNT };

static const struct {
	const char *variable;
	const char *what;
	size_t bytes_max;
	bool in_file;
} secrets[WHICH_COUNT] = {
	[PASSWORD] = { "GUIDON_SMTP_PASSWORD", "password",
		       RELAY_LOGIN_BYTES_MAX, false },
	[PASSWORD_FILE] = { "GUIDON_SMTP_PASSWORD_FILE", "password",
			    RELAY_LOGIN_BYTES_MAX, true },
	[TOKEN] = { "GUIDON_SMTP_TOKEN", "token", HTTP_SMTP_TOKEN_BYTES,
		    false },
	[TOKEN_FILE] = { "GUIDON_SMTP_TOKEN_FILE", "token",
			 HTTP_SMTP_TOKEN_BYTES, true },
};

/* ---- one of them ---- */

static int
check_file(int fd, const char *path, const char *what, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return error_system(err, errno, "%s", path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, ERROR_CONFIG,
				 "%s is no file, expected one with the %s",
				 path, what);
	if (st.st_mode & 077)
		return error_set(err, ERROR_CONFIG,
				 "%s has mode %04o, so others may read it; "
				 "expected 0400 or 0600",
				 path, (unsigned)(st.st_mode & 07777));
	return 0;
}

/* One byte more than fits shows that it is too long. */
static int
read_file(char *out, size_t size, enum which which, const char *path,
	  struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int code = 0;
	ssize_t n = 0;

	if (fd < 0) {
		error_system(err, errno, "%s: %s", secrets[which].variable,
			     path);
		err->code = ERROR_CONFIG;
		return -(int)err->code;
	}
	code = check_file(fd, path, secrets[which].what, err);
	if (code >= 0 && (n = read(fd, out, size)) < 0)
		code = error_system(err, errno, "%s", path);
	close(fd);
	return code < 0 ? code : (int)n;
}

/* In one line, which may have its end. */
static int
check_secret(struct str *p, enum which which, struct error *err)
{
	const char *from = secrets[which].variable;
	const char *what = secrets[which].what;

	if (str_ends(*p, STR("\n")))
		p->len--;
	if (str_ends(*p, STR("\r")))
		p->len--;
	if (p->len == 0 || p->len > secrets[which].bytes_max)
		return error_set(err, ERROR_CONFIG,
				 "%s has a %s of %zu bytes, expected 1 to %zu",
				 from, what, p->len, secrets[which].bytes_max);
	for (size_t i = 0; i < p->len; i++)
		if ((unsigned char)p->p[i] < ' ' || p->p[i] == 0x7f)
			return error_set(err, ERROR_CONFIG,
					 "%s has a control character, expected "
					 "a %s in one line",
					 from, what);
	return 0;
}

/* Adds what `value`, of the environment, says or names. */
static int
read_secret(struct buf *out, enum which which, const char *value,
	    struct error *err)
{
	char bytes[HTTP_SMTP_TOKEN_BYTES + 3];
	struct str secret = str_of(value);
	int code = 0;

	if (secrets[which].in_file) {
		code = read_file(bytes, secrets[which].bytes_max + 3, which,
				 value, err);
		secret = (struct str){ bytes, code < 0 ? 0 : (size_t)code };
	}
	if (code >= 0)
		code = check_secret(&secret, which, err);
	if (code >= 0) {
		/* So that it does not move, which would leave a copy. */
		(void)buf_grow(out, secret.len + 1);
		buf_truncate(out, 0);
		buf_str(out, secret);
	}
	crypto_wipe(bytes, sizeof(bytes));
	return code;
}

/* ---- which of them ---- */

static const char *
environment(enum which which)
{
	const char *value = getenv(secrets[which].variable);

	return value && value[0] ? value : NULL;
}

static int
choose(enum which *out, struct error *err)
{
	struct buf found = { 0 };
	int count = 0;
	int code = 0;

	for (int i = 0; i < WHICH_COUNT; i++) {
		if (!environment((enum which)i))
			continue;
		buf_printf(&found, "%s%s", count++ ? " and " : "",
			   secrets[i].variable);
		*out = (enum which)i;
	}
	if (count != 1)
		code = error_set(err, ERROR_CONFIG,
				 "the relay's user has %s%s, expected one of "
				 "GUIDON_SMTP_PASSWORD, GUIDON_SMTP_TOKEN and "
				 "the same with _FILE",
				 count ? "" : "no password and no token",
				 buf_cstr(&found));
	buf_fini(&found);
	return code;
}

/* ---- open and close ---- */

static void
keep(struct relay *r, enum which which, struct str secret)
{
	if (which == TOKEN_FILE)
		r->token_file = str_cstr(r->arena, str_of(environment(which)));
	else if (which == TOKEN)
		r->token = str_cstr(r->arena, secret);
	else
		snprintf(r->password, sizeof(r->password), "%.*s",
			 STR_ARG(secret));
}

int
relay_secret_open(struct relay *r, struct error *err)
{
	struct buf secret = { 0 };
	enum which which = PASSWORD;
	int code;

	if (!r->user)
		return 0;
	if (choose(&which, err) < 0)
		return -(int)err->code;
	code = read_secret(&secret, which, environment(which), err);
	if (code >= 0)
		keep(r, which, buf_view(&secret));
	relay_token_wipe(&secret);
	return code;
}

void
relay_secret_close(struct relay *r)
{
	crypto_wipe(r->password, sizeof(r->password));
	if (r->token)
		crypto_wipe(r->token, strlen(r->token));
	check(pthread_mutex_destroy(&r->refusal.mutex) == 0);
}

/* ---- tokens ---- */

bool
relay_has_token(const struct relay *r)
{
	return r->token || r->token_file;
}

void
relay_token_wipe(struct buf *token)
{
	if (token->p)
		crypto_wipe(token->p, token->cap);
	buf_fini(token);
}

static bool
was_refused(struct relay *r, struct str token)
{
	uint8_t sha256[CRYPTO_HASH_BYTES];
	bool same;

	crypto_sha256(token, sha256);
	check(pthread_mutex_lock(&r->refusal.mutex) == 0);
	same = r->refusal.known &&
	       memcmp(r->refusal.sha256, sha256, sizeof(sha256)) == 0;
	check(pthread_mutex_unlock(&r->refusal.mutex) == 0);
	return same;
}

int
relay_token_read(struct relay *r, struct buf *out, struct error *err)
{
	if (r->token)
		buf_cat(out, r->token);
	else if (!r->token_file)
		return 0;
	else if (read_secret(out, TOKEN_FILE, r->token_file, err) < 0)
		return -(int)err->code;
	if (!was_refused(r, buf_view(out)))
		return 1;
	return error_set(err, ERROR_DENIED,
			 "%s: the token in %s was refused, expected another",
			 r->server, r->token_file);
}

bool
relay_token_refused(struct relay *r, struct str token)
{
	if (!r->token_file)
		return false;
	check(pthread_mutex_lock(&r->refusal.mutex) == 0);
	r->refusal.known = true;
	crypto_sha256(token, r->refusal.sha256);
	check(pthread_mutex_unlock(&r->refusal.mutex) == 0);
	return true;
}
