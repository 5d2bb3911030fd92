#ifndef TESTS_UNIT_DISPATCH_PEER_H
#define TESTS_UNIT_DISPATCH_PEER_H

/*
 * peer - a sender of what is due, and receivers that others wrote: Postfix's
 * smtp-sink and aiosmtpd. A case whose receiver is not installed is skipped.
 *
 * `by_curl` says which library has the connection; a test's initial state that
 * is not NULL sets it.
 */

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sink_process.h"
#include "wire.h"

#define PYTHON "/usr/bin/python3"

#define PASSWORD      "GUIDON_SMTP_PASSWORD"
#define PASSWORD_FILE "GUIDON_SMTP_PASSWORD_FILE"
#define TOKEN	      "GUIDON_SMTP_TOKEN"
#define TOKEN_FILE    "GUIDON_SMTP_TOKEN_FILE"

enum { FILE_BYTES_MAX = 1 << 20 };

static char dir[TEST_URL_BYTES];
static struct sink_process sink;
static const char *body; /* of what is made; NULL: the usual message */
static bool opts_out;	 /* the person does, while it is made */
static bool by_curl;

static inline const char *
path_of(const char *name)
{
	return arena_printf(arena, "%s/%s", dir, name);
}

static inline int
setup(void **state)
{
	by_curl = *state;
	wire_setup(state);
	body = NULL;
	opts_out = false;
	snprintf(dir, sizeof(dir), "smtp.XXXXXX");
	check(mkdtemp(dir));
	return 0;
}

static inline int
teardown(void **state)
{
	if (sink.pid > 0)
		sink_process_stop(&sink);
	(void)unsetenv(PASSWORD);
	(void)unsetenv(PASSWORD_FILE);
	(void)unsetenv(TOKEN);
	(void)unsetenv(TOKEN_FILE);
	(void)unsetenv("AUTH_WITHOUT");
	wire_teardown(state);
	test_tree_remove(dir);
	return 0;
}

/* ---- receivers ---- */

static inline void
start_receiver(const char *mode)
{
	if (!sink_process_has(PYTHON) ||
	    sink_process_run(path_of("log"),
			     SINK_ARGV(PYTHON, "-c", "import aiosmtpd")) != 0)
		skip();
	sink_process_start(
	    &sink, path_of("log"),
	    SINK_ARGV(PYTHON, SMTP_RECEIVER, SINK_PORT, dir, mode));
}

static inline struct str
contents(const char *name)
{
	char *p = arena_alloc(arena, FILE_BYTES_MAX);
	int fd = open(path_of(name), O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return (struct str){ 0 };
	n = read(fd, p, FILE_BYTES_MAX);
	check(n >= 0);
	close(fd);
	return (struct str){ p, (size_t)n };
}

/* ---- sending ---- */

static inline void
opt_out(void)
{
	struct person_hash person = sending_person(&sending, 0, 0);
	struct outbox_delivery *before;

	(void)sending_opt_out(&sending, arena, sending.partner_id[0], &person,
			      NOW_MS, &before);
}

static inline int
make(void *arg, struct arena *a, struct db *db,
     const struct dispatch_order *order, struct dispatch_message *out,
     struct error *e)
{
	int code = sending_source.make(NULL, a, db, order, out, e);

	(void)arg;
	if (opts_out)
		opt_out();
	if (code > 0 && body)
		out->bytes =
		    str_printf(a,
			       "Message-ID: <1@mail.northwind.example>\r\n"
			       "Date: Fri, 15 Jan 2027 08:00:00 +0000\r\n"
			       "From: <acme@mail.northwind.example>\r\n"
			       "X-Folded: one\r\n\ttwo\r\n"
			       "DKIM-Signature: first\r\n"
			       "DKIM-Signature: second\r\n"
			       "\r\n%s",
			       body);
	return code;
}

static inline int64_t
send_by(const char *scheme, const char *host, const char *options)
{
	struct dispatch_config config = wire_config();
	const char *client = "";
	int64_t sent;

	if (by_curl)
		client = options[0] ? "&client=curl" : "?client=curl";
	config.source = (struct dispatch_source){ .make = make };
	config.transport = arena_printf(arena, "%s://%s:%d%s%s", scheme, host,
					sink.port, options, client);
	config.batch = 200;
	assert_ok(dispatch_open(&sender, &config, &err), err);
	sent = dispatch_once(sender, &err);
	dispatch_close(&sender);
	return sent;
}

static inline int64_t
send_due(const char *host, const char *options)
{
	return send_by("smtp", host, options);
}

static inline struct outbox_id
put_one(void)
{
	return sending_put_one(&sending, 0, 0, "invite", "email", NOW_MS);
}

static inline struct outbox_delivery
row_of(const struct outbox_id *id)
{
	return sending_find(&sending, arena, id);
}

/* ---- TLS and AUTH ---- */

static inline void
make_certificate(const char *names)
{
	if (!sink_process_has("openssl"))
		skip();
	assert_int_equal(
	    sink_process_run(
		path_of("log"),
		SINK_ARGV("openssl", "req", "-x509", "-newkey", "ec",
			  "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
			  "-days", "2", "-subj", "/CN=test", "-addext",
			  arena_printf(arena, "subjectAltName=%s", names),
			  "-keyout", path_of("key"), "-out",
			  path_of("cert.pem"))),
	    0);
}

static inline const char *
with_ca(void)
{
	return arena_printf(arena, "?tls=require&ca=%s", path_of("cert.pem"));
}

static inline void
nothing_has_left(const struct outbox_id *id)
{
	struct outbox_delivery d = row_of(id);

	assert_int_equal(d.state, OUTBOX_READY);
	assert_int_equal(d.marked_ms, 0);
	assert_int_equal(d.deferrals, 0);
	assert_int_equal(access(path_of("0.eml"), F_OK), -1);
}

static inline void
set(const char *name, const char *value)
{
	check(setenv(name, value, 1) == 0);
}

static inline const char *
user_at(const char *host)
{
	return arena_printf(arena, "acme%%40relay.example@%s", host);
}

static inline void
write_secret(const char *variable, const char *text, mode_t mode)
{
	FILE *f;

	(void)unlink(path_of("secret"));
	f = fopen(path_of("secret"), "w");
	check(f && fputs(text, f) >= 0 && fclose(f) == 0);
	check(chmod(path_of("secret"), mode) == 0);
	set(variable, path_of("secret"));
}

#endif
