/*
 * What a relay's user has to show: a password, or an OAuth 2.0 access token.
 *
 * The user stands in the URL, the secret never does (dispatch_secret.h). It goes
 * to the library and nowhere else.
 *
 * A token lives for an hour or so, and who gets the next one writes it into the
 * file. So the file is read for each session. One that the relay has refused is
 * most likely one that has expired: it is no reason to stop, and to try it again
 * would be no use. The sessions fail without a connection until the file has
 * another, of which the hash alone is remembered. What the environment holds
 * stays as it is: refused, it is as a password is.
 */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "dispatch/dispatch_secret.h"
#include "dispatch/dispatch_smtp_priv.h"
#include "http/http_smtp.h"

_Static_assert((int)HTTP_SMTP_TOKEN_BYTES <= (int)SECRET_BYTES_MAX,
	       "a token is a secret");

/* In the order of `secrets`. */
enum which { PASSWORD, PASSWORD_FILE, TOKEN, TOKEN_FILE, WHICH_COUNT };

static const struct secret secrets[WHICH_COUNT] = {
	[PASSWORD] = { "GUIDON_SMTP_PASSWORD", "password",
		       RELAY_LOGIN_BYTES_MAX, false },
	[PASSWORD_FILE] = { "GUIDON_SMTP_PASSWORD_FILE", "password",
			    RELAY_LOGIN_BYTES_MAX, true },
	[TOKEN] = { "GUIDON_SMTP_TOKEN", "token", HTTP_SMTP_TOKEN_BYTES,
		    false },
	[TOKEN_FILE] = { "GUIDON_SMTP_TOKEN_FILE", "token",
			 HTTP_SMTP_TOKEN_BYTES, true },
};

static int
choose(size_t *which, struct error *err)
{
	struct buf found = { 0 };
	size_t count = secret_count(secrets, WHICH_COUNT, which, &found);
	int code = 0;

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
keep(struct relay *r, size_t which, struct str secret)
{
	if (which == TOKEN_FILE)
		r->token_file =
		    str_cstr(r->arena, str_of(secret_given(&secrets[which])));
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
	size_t which = PASSWORD;
	int code;

	if (!r->user)
		return 0;
	if (choose(&which, err) < 0)
		return -(int)err->code;
	code = secret_read(&secret, &secrets[which], NULL, err);
	if (code >= 0)
		keep(r, which, buf_view(&secret));
	secret_wipe(&secret);
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
	else if (secret_read(out, &secrets[TOKEN_FILE], r->token_file, err) < 0)
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
