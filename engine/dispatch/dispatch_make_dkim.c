/*
 * The signatures of a mail: of the pair that signs what is dated as the mail
 * is, not as the clock is. So one that is handed over a second time has the
 * bytes it had, whatever was activated since.
 *
 * To unseal a pair and to parse it takes longer than to sign with it, and the
 * vendor's signs for thousands of partners. So pairs are kept beside the
 * profiles, which come and go each second: a pair never changes. It has its
 * place by its selector, and whoever comes later to the same place takes it;
 * one that has lost its place lives until its last holder is done. It is
 * unsealed outside of the lock.
 *
 * Where a pair signs and cannot be had, the mail is not made: without its
 * signature it would count against the domain.
 */
#include "dispatch/dispatch_make_priv.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/map.h"
#include "mime/mime.h"

struct signer {
	struct arena *arena;
	struct str selector;
	struct str names[SIGN_ALGORITHM_COUNT];
	struct sign_key *keys[SIGN_ALGORITHM_COUNT];
	int holders; /* under the maker's mutex */
};

static void
signer_free(struct signer *s)
{
	for (int i = 0; i < SIGN_ALGORITHM_COUNT; i++)
		sign_key_free(&s->keys[i]);
	arena_free(&s->arena);
	free(s);
}

static int
signer_load(struct dispatch_maker *m, const struct partner_dkim *pair,
	    struct signer **out, struct error *err)
{
	struct signer *s = calloc(1, sizeof(*s));

	check(s);
	s->arena = arena_new();
	s->selector = str_copy(s->arena, pair->selector);
	s->holders = 1;
	for (int i = 0; i < SIGN_ALGORITHM_COUNT; i++) {
		enum sign_algorithm algorithm = (enum sign_algorithm)i;

		if (!partner_dkim_has(pair, algorithm))
			continue;
		s->names[i] = partner_dkim_selector(s->arena, pair, algorithm);
		if (partner_dkim_key(m->store, pair, algorithm, &s->keys[i],
				     err) < 0) {
			signer_free(s);
			return -(int)err->code;
		}
	}
	*out = s;
	return 0;
}

static void
signer_put(struct dispatch_maker *m, struct signer *s)
{
	bool last;

	pthread_mutex_lock(&m->mutex);
	check(s->holders > 0);
	last = --s->holders == 0;
	pthread_mutex_unlock(&m->mutex);
	if (last)
		signer_free(s);
}

static struct signer **
place_of(struct dispatch_maker *m, const struct partner_dkim *pair)
{
	static const uint8_t key[MAP_KEY_BYTES]; /* nobody chooses a selector */

	return &m->signers[map_hash(key, pair->selector) % SIGNER_PLACES];
}

static struct signer *
signer_find(struct dispatch_maker *m, const struct partner_dkim *pair)
{
	struct signer *s;

	pthread_mutex_lock(&m->mutex);
	s = *place_of(m, pair);
	if (s && !str_eq(s->selector, pair->selector))
		s = NULL;
	if (s)
		s->holders++;
	pthread_mutex_unlock(&m->mutex);
	return s;
}

static void
signer_keep(struct dispatch_maker *m, const struct partner_dkim *pair,
	    struct signer *s)
{
	struct signer **place = place_of(m, pair);
	struct signer *before;

	pthread_mutex_lock(&m->mutex);
	before = *place;
	*place = s;
	s->holders++;
	pthread_mutex_unlock(&m->mutex);
	if (before)
		signer_put(m, before);
}

/* Held by the caller from now on. */
static int
signer_get(struct dispatch_maker *m, const struct partner_dkim *pair,
	   struct signer **out, struct error *err)
{
	*out = signer_find(m, pair);
	if (*out)
		return 0;
	if (signer_load(m, pair, out, err) < 0)
		return error_context(err, "DKIM key of %.*s",
				     STR_ARG(pair->domain));
	signer_keep(m, pair, *out);
	return 0;
}

void
signers_clear(struct dispatch_maker *m)
{
	for (size_t i = 0; i < SIGNER_PLACES; i++) {
		if (!m->signers[i])
			continue;
		check(m->signers[i]->holders == 1);
		signer_put(m, m->signers[i]);
		m->signers[i] = NULL;
	}
}

static int
sign_with(const struct making *m, const struct signer *s,
	  const struct render_mail *mail, struct str *bytes, struct error *err)
{
	struct mime_dkim_signer signers[SIGN_ALGORITHM_COUNT];
	struct mime_dkim how = {
		.domain = mail->domain,
		.at_ms = m->delivery->date_ms,
		.signers = signers,
	};
	struct buf b = { 0 };
	int code;

	for (int i = 0; i < SIGN_ALGORITHM_COUNT; i++)
		if (s->keys[i])
			signers[how.signer_count++] =
			    (struct mime_dkim_signer){ s->names[i],
						       s->keys[i] };
	code = mime_dkim_sign(&b, mail->bytes, &how, err);
	if (code >= 0) {
		buf_str(&b, mail->bytes);
		*bytes = str_copy(m->a, buf_view(&b));
	}
	buf_fini(&b);
	return code;
}

int
sign_mail(const struct making *m, const struct render_mail *mail,
	  struct str *bytes, struct error *err)
{
	const struct profile_sender *from = subject_sender(m->about);
	const struct partner_dkim *pair = partner_dkim_at(
	    from->pairs, from->pair_count, m->delivery->date_ms);
	struct signer *s;
	int code;

	*bytes = mail->bytes;
	if (!pair)
		return 0;
	check(str_eq(pair->domain, mail->domain));
	check(pair->partner_id == PARTNER_VENDOR ||
	      pair->partner_id == m->delivery->key.partner_id);
	if (signer_get(m->maker, pair, &s, err) < 0)
		return -(int)err->code;
	code = sign_with(m, s, mail, bytes, err);
	signer_put(m->maker, s);
	return code;
}
