/*
 * TLS as we want it, in an SSL_CTX of our own.
 *
 * The library's own context is freed by the first session that ends, takes
 * whatever lies in the user's home and allows TLS 1.0. Ours is made once and
 * shared by all sessions.
 *
 *  - TLS 1.2, neither less nor more: with 1.3 the server's session ticket
 *    makes the library read a reply before it has sent its command, and wait
 *    for the five minutes of the timeout.
 *  - OpenSSL verifies chain and name in the handshake. The library does not
 *    (it only asks for the result later), and it compares the name with what
 *    DNS says is the canonical one, which is anybody's. So its opinion of the
 *    name is ignored, and ours is that of the URL.
 *  - The library does not send the name (RFC 6066, SNI). Its SSL is never
 *    shown to us before the handshake, but OpenSSL shows it to the context's
 *    info callback when that starts.
 *
 * tls=try means "when offered", never "verified or not": a relay that offers
 * TLS and cannot prove who it is gets no mail.
 */
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "dispatch/dispatch_smtp_priv.h"

#include <arpa/inet.h>
#include <stdio.h>

/* Of the handshake in this thread; the library keeps none. */
static _Thread_local long verify_error;

static bool
is_number(const char *host)
{
	struct in_addr address;

	return inet_pton(AF_INET, host, &address) == 1;
}

static int
on_verify(int good, X509_STORE_CTX *store)
{
	if (!good)
		verify_error = X509_STORE_CTX_get_error(store);
	return good;
}

/* OpenSSL gives it as const because most only look at it. */
static void
on_info(const SSL *ssl, int where, int result)
{
	const char *host = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

	(void)result;
	if (where == SSL_CB_HANDSHAKE_START && !is_number(host))
		(void)SSL_set_tlsext_host_name((SSL *)(uintptr_t)ssl, host);
}

static bool
expect_host(SSL_CTX *context, const char *host)
{
	X509_VERIFY_PARAM *param = SSL_CTX_get0_param(context);

	return is_number(host) ? X509_VERIFY_PARAM_set1_ip_asc(param, host)
			       : X509_VERIFY_PARAM_set1_host(param, host, 0);
}

static bool
trust(SSL_CTX *context, const char *ca)
{
	return ca ? SSL_CTX_load_verify_file(context, ca)
		  : SSL_CTX_set_default_verify_paths(context);
}

int
relay_tls_open(struct relay *r, struct error *err)
{
	SSL_CTX *context;

	if (r->tls == RELAY_TLS_OFF)
		return 0;
	context = SSL_CTX_new(TLS_client_method());
	check(context);
	r->tls_context = context;
	check(SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION));
	check(SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION));
	SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, on_verify);
	SSL_CTX_set_info_callback(context, on_info);
	check(SSL_CTX_set_app_data(context, (void *)(uintptr_t)r->host));
	check(expect_host(context, r->host));
	if (!trust(context, r->ca)) {
		relay_tls_forget();
		return error_set(err, ERROR_CONFIG,
				 "%s: no certificates to trust",
				 r->ca ? r->ca : "the system");
	}
	return 0;
}

void
relay_tls_close(struct relay *r)
{
	SSL_CTX_free(r->tls_context);
	r->tls_context = NULL;
}

void
relay_tls_begin(const struct relay *r, smtp_session_t smtp)
{
	static const enum starttls_option options[] = {
		[RELAY_TLS_OFF] = Starttls_DISABLED,
		[RELAY_TLS_TRY] = Starttls_ENABLED,
		[RELAY_TLS_REQUIRE] = Starttls_REQUIRED,
	};

	verify_error = X509_V_OK;
	relay_tls_forget();
	check(smtp_starttls_enable(smtp, options[r->tls]));
	/* It takes a reference of its own, and drops it with the session. */
	if (r->tls_context)
		check(smtp_starttls_set_ctx(smtp, r->tls_context));
}

const char *
relay_tls_reason(void)
{
	return verify_error == X509_V_OK
		   ? NULL
		   : X509_verify_cert_error_string(verify_error);
}

bool
relay_tls_verified(const struct ssl_st *ssl)
{
	return (SSL_get_verify_mode(ssl) & SSL_VERIFY_PEER) &&
	       SSL_get0_peer_certificate(ssl) &&
	       SSL_get_verify_result(ssl) == X509_V_OK;
}

void
relay_tls_cut(const struct ssl_st *ssl)
{
	(void)shutdown(SSL_get_fd(ssl), SHUT_RDWR);
}

void
relay_tls_forget(void)
{
	ERR_clear_error();
}
