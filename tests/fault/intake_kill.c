/*
 * Each mail that came back counts exactly once, whoever dies in between.
 *
 * N mails to N persons were sent and came back, hard; each report lies in a
 * Maildir. A child takes them as the daemon does; the parent kills it with
 * SIGKILL at a moment drawn from SEED, again and again, and puts some of what
 * was moved back into new/, as a power cut would. Then the rest is taken, and
 * counted: each person is suppressed, each delivery has one event, nothing is
 * left in new/.
 *
 * Then the same by LMTP: the parent is the mail system, which sends again what
 * was not answered with 250, and never what was. And by HTTP: it is a mail
 * provider, which sends again what was not answered with 200.
 *
 *	intake_kill [SEED]
 */
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/now.h"
#include "dispatch/dispatch_intake.h"
#include "dispatch/dispatch_provider.h"
#include "jail/jail.h"
#include "partner/partner.h"
#include "returned.h"
#include "store.h"
#include "told.h"
#include "web/web.h"

enum { KILLS = 8, MAILS = 200, RUN = 101, RUN_US = 500 * 1000 };

static const int64_t sent_ms = INT64_C(1772438400000);

static struct db_store *store;
static struct partner_pepper *pepper;
static struct event_keys *keys;
static struct arena *arena;
static char folder[TEST_URL_BYTES];

static _Noreturn void
give_up(const char *where, const struct error *err)
{
	fprintf(stderr, "intake_kill: %s: %s\n", where, err->text);
	exit(1);
}

/* ---- the store ---- */

static void
open_store(const char *url)
{
	static const uint8_t master[DB_MASTER_BYTES + 1] =
	    "the master key of these tests...";
	struct error err;

	if (db_store_open(&store, url, &err) < 0 ||
	    db_secrets_open(store, master, &err) < 0 ||
	    partner_pepper_open(&pepper, store, &err) < 0 ||
	    event_keys_open(&keys, store, &err) < 0)
		give_up("open", &err);
}

static void
close_store(void)
{
	event_keys_free(&keys);
	partner_pepper_free(&pepper);
	db_store_close(&store);
}

static struct person_hash
person(int n)
{
	return partner_person(pepper, str_printf(arena, "p%d@example.org", n));
}

static struct outbox_key
key_of(int n)
{
	struct person_hash *hash = ARENA_NEW(arena, struct person_hash);

	*hash = person(n);
	return (struct outbox_key){ .partner_id = 1,
				    .activation_id = RUN,
				    .step = STR("invite"),
				    .subject_kind = OUTBOX_PERSON,
				    .subject = person_hash_view(hash),
				    .channel = STR("email") };
}

/* ---- what was sent ---- */

static int
send_claimed(struct db *db, const struct outbox_delivery *d, struct error *err)
{
	const struct outbox_marker marker = {
		.now_ms = sent_ms,
		.sha256 = STR("0123456789abcdef0123456789abcdef"),
		.revision = STR("0123456789abcdef0123456789abcdef"),
		.domain = STR("mail.example"),
		.connection = STR("1 relay"),
	};
	const struct outbox_verdict verdict = {
		.kind = OUTBOX_VERDICT_SENT,
		.status = STR("250 ok"),
		.now_ms = sent_ms,
	};
	enum outbox_state became;
	int marked = outbox_mark(db, d, &marker, err);

	return marked <= 0 ? marked
			   : outbox_finish(db, d, &verdict, &became, err);
}

static int
put_one(struct db *db, int n, struct error *err)
{
	const struct outbox_claim how = { .owner = 7,
					  .now_ms = sent_ms,
					  .lease_ms = sent_ms + 1000,
					  .key_id = 1,
					  .max = 1 };
	struct outbox_key key = key_of(n);
	struct contact c = { .partner_id = 1,
			     .person = person(n),
			     .address = str_printf(arena, "p%d@example.org", n),
			     .consent = CONSENT_GIVEN,
			     .consent_ms = 1 };
	struct outbox_delivery *claimed;

	if (contact_put(db, &c, 1, err) < 0 ||
	    outbox_put(db, &key, sent_ms, err) < 0 ||
	    outbox_claim(db, arena, &how, &claimed, err) < 0)
		return -(int)err->code;
	return send_claimed(db, &claimed[0], err);
}

static int
put_all(struct db *db, void *arg, struct error *err)
{
	struct partner p = { .slug = STR("acme") };
	const struct activation run = {
		.partner_id = 1,
		.id = RUN,
		.campaign = STR("spring"),
		.revision = STR("0123456789abcdef0123456789abcdef"),
	};

	(void)arg;
	if (partner_put(db, &p, 1, err) < 0 ||
	    activation_start(db, &run, 1, err) < 0)
		return -(int)err->code;
	for (int i = 0; i < MAILS; i++)
		if (put_one(db, i, err) < 0)
			return -(int)err->code;
	return 0;
}

static void
put_file(int n, struct str bytes)
{
	const char *path =
	    arena_printf(arena, "%s/new/%d.test", folder, 1000 + n);
	FILE *f = fopen(path, "w");

	check(f && fwrite(bytes.p, 1, bytes.len, f) == bytes.len &&
	      fclose(f) == 0);
}

static struct str
report_of(int n)
{
	struct outbox_key key = key_of(n);
	struct outbox_id id = outbox_id_of(&key);
	const struct test_returned r = {
		.to = test_return_address(arena, keys, &id),
		.recipient = str_printf(arena, "p%d@example.org", n),
		.status = "5.1.1",
	};

	return test_returned_dsn(arena, &r);
}

static void
make_maildir(void)
{
	static const char *const names[] = { "", "/new", "/cur", "/tmp" };

	snprintf(folder, sizeof(folder), "mail.XXXXXX");
	check(mkdtemp(folder));
	for (size_t i = 1; i < COUNT_OF(names); i++)
		check(mkdir(arena_printf(arena, "%s%s", folder, names[i]),
			    0700) == 0);
	for (int i = 0; i < MAILS; i++)
		put_file(i, report_of(i));
}

static void
begin(const char *url)
{
	const struct db_schema *const schemas[] = { &event_schema,
						    &partner_schema,
						    &outbox_schema };
	struct error err;

	if (test_store_begin(&store, url, schemas, COUNT_OF(schemas), &err) < 0)
		give_up("begin", &err);
	db_store_close(&store);
	open_store(url);
	if (db_commit(store, put_all, NULL, &err) < 0)
		give_up("put", &err);
	make_maildir();
	close_store();
}

/* ---- taking ---- */

static struct dispatch_intake *
open_intake(struct clock *clock, struct jail *jail, const char *place)
{
	const struct dispatch_intake_config config = {
		.store = store,
		.keys = keys,
		.pepper = pepper,
		.clock = clock,
		.jail = jail,
	};
	struct dispatch_intake *in;
	struct error err;

	if (dispatch_intake_open(&in, &config, &err) < 0 ||
	    dispatch_intake_add(in, place, &err) < 0)
		give_up("intake", &err);
	return in;
}

/* The jail comes before the store, whose files a child must not hold. */
static struct dispatch_intake *
begin_taking(const char *url, struct clock *clock, struct jail **jail,
	     const char *place)
{
	struct error err;

	if (jail_open(jail, &err) < 0)
		give_up("jail", &err);
	open_store(url);
	clock_init_virtual(clock, sent_ms + 1000);
	return open_intake(clock, *jail, place);
}

static void
take(const char *url)
{
	struct dispatch_intake *in;
	struct clock clock;
	struct jail *jail;
	struct error err;

	in = begin_taking(url, &clock, &jail,
			  arena_printf(arena, "maildir:%s", folder));
	if (dispatch_intake_once(in, &err) < 0)
		give_up("take", &err);
	dispatch_intake_close(&in);
	close_store();
	jail_close(&jail);
}

/* How many files are in it; every third goes back to new/ when asked. */
static int
count_files(const char *name, bool put_back)
{
	DIR *d = opendir(arena_printf(arena, "%s/%s", folder, name));
	struct dirent *entry;
	int count = 0;

	check(d);
	while ((entry = readdir(d))) {
		if (entry->d_name[0] == '.')
			continue;
		if (count++ % 3 == 0 && put_back)
			check(rename(arena_printf(arena, "%s/%s/%s", folder,
						  name, entry->d_name),
				     arena_printf(arena, "%s/new/%s", folder,
						  entry->d_name)) == 0);
	}
	closedir(d);
	return count;
}

/*
 * Killed a moment after so many were moved, however fast the machine is: the
 * child is in the middle then. 0: at any moment.
 */
static void
take_and_kill(const char *url, int moved, int64_t us)
{
	pid_t child = fork();
	bool ended = false;

	check(child >= 0);
	if (child == 0) {
		take(url);
		_exit(0);
	}
	while (!ended && count_files("cur", false) < moved) {
		now_sleep_us(500);
		ended = waitpid(child, NULL, WNOHANG) == child;
	}
	if (ended)
		return;
	now_sleep_us(us);
	check(kill(child, SIGKILL) == 0);
	check(waitpid(child, NULL, 0) == child);
}

/* ---- counting ---- */

static int
count_wrong(const char *url)
{
	const enum event_kind kind = EVENT_BOUNCED;
	const struct event_filter all = { .partner_id = -1,
					  .kinds = &kind,
					  .kind_count = 1,
					  .limit = 2 * MAILS };
	struct event_return_counts counts;
	struct event_row *rows;
	struct error err;
	struct db *db;
	int wrong, events;

	open_store(url);
	if (db_reader(store, &db, &err) < 0 ||
	    event_return_count(db, &counts, &err) < 0 ||
	    event_verify(db, &err) < 0 || outbox_check(db, &err) < 0)
		give_up("read", &err);
	events = event_list(db, arena, &all, &rows, &err);
	wrong = events != MAILS || counts.ours[EVENT_RETURN_HARD] != MAILS;
	for (int i = 0; i < MAILS; i++) {
		struct person_hash hash = person(i);

		wrong += partner_suppressed(db, SUPPRESSION_PARTNER, 1, &hash,
					    &err) != 1;
	}
	close_store();
	printf("%d mails, %d events, %" PRId64 " rows, ", MAILS, events,
	       counts.ours[EVENT_RETURN_HARD]);
	return wrong;
}

/* ---- a Maildir ---- */

static bool
maildir_survives(const char *name, const char *url, uint64_t seed)
{
	int wrong, left, partly = 0, before = 0;

	begin(url);
	for (int i = 0; i < KILLS; i++) {
		int more, moved;

		seed = seed * UINT64_C(6364136223846793005) + 1;
		more = 1 + (int)(seed >> 33) % (MAILS / KILLS);
		take_and_kill(url, i % 4 ? before + more : 0,
			      i % 4 ? (int64_t)(seed >> 40) % 4000
				    : (int64_t)(seed >> 33) % RUN_US);
		moved = count_files("cur", i % 4 == 3);
		partly += moved > before && moved < MAILS;
		before = count_files("cur", false);
	}
	take(url);
	left = count_files("new", false);
	printf("%s, Maildir: %d kills, %d of them in the middle, ", name, KILLS,
	       partly);
	wrong = count_wrong(url);
	printf("%d left, %d wrong\n", left, wrong);
	test_tree_remove(folder);
	return wrong == 0 && left == 0;
}

/* ---- LMTP ---- */

static const char *
socket_path(void)
{
	return arena_printf(arena, "%s/lmtp", folder);
}

/* In the child: until it is killed. */
static _Noreturn void
serve(const char *url)
{
	struct dispatch_intake *in;
	struct clock clock;
	struct jail *jail;
	struct error err;

	in = begin_taking(url, &clock, &jail,
			  arena_printf(arena, "lmtp:%s", socket_path()));
	if (dispatch_intake_start(in, &err) < 0)
		give_up("serve", &err);
	for (;;)
		pause();
}

/* A stream to who listens; NULL when it is gone before it did. */
static FILE *
call(pid_t server)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = socket_path();
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	check(fd >= 0 && strlen(path) < sizeof(address.sun_path));
	memcpy(address.sun_path, path, strlen(path) + 1);
	while (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		if (waitpid(server, NULL, WNOHANG) == server) {
			(void)close(fd);
			return NULL;
		}
		now_sleep_us(1000);
	}
	return fdopen(fd, "r+");
}

/* The last line of a reply begins with this digit. */
static bool
hears(FILE *line, char digit)
{
	char text[200];

	do {
		if (!fgets(text, sizeof(text), line))
			return false;
	} while (strlen(text) > 3 && text[3] == '-');
	return text[0] == digit;
}

static bool
says(FILE *line, const char *text, char digit)
{
	return fputs(text, line) >= 0 && fflush(line) == 0 &&
	       hears(line, digit);
}

/* True when mail n was answered with 250. */
static bool
deliver(FILE *line, int n)
{
	struct outbox_key key = key_of(n);
	struct outbox_id id = outbox_id_of(&key);
	struct str to = test_return_address(arena, keys, &id);

	return says(line, "MAIL FROM:<>\r\n", '2') &&
	       says(line,
		    arena_printf(arena, "RCPT TO:<%.*s>\r\n", STR_ARG(to)),
		    '2') &&
	       says(line, "DATA\r\n", '3') &&
	       says(line,
		    arena_printf(arena, "%.*s.\r\n", STR_ARG(report_of(n))),
		    '2');
}

/* SIGKILL for the server after us; never when it is 0. */
static pid_t
send_killer(pid_t server, int64_t us)
{
	pid_t killer = us > 0 ? fork() : 0;

	check(killer >= 0);
	if (killer > 0 || us == 0)
		return killer;
	now_sleep_us(us);
	(void)kill(server, SIGKILL);
	_exit(0);
}

/* The next to go, when the server was gone. */
static int
deliver_by_lmtp(pid_t server, int next)
{
	FILE *line = call(server);

	if (line && hears(line, '2') && says(line, "LHLO test\r\n", '2'))
		while (next < MAILS && deliver(line, next))
			next++;
	if (line)
		(void)fclose(line);
	return next;
}

/* ---- HTTP ---- */

static const char *
port_path(void)
{
	return arena_printf(arena, "%s/port", folder);
}

/* It is there as a whole. */
static void
write_port(int port)
{
	const char *path = arena_printf(arena, "%s.new", port_path());
	FILE *f = fopen(path, "w");

	check(f && fprintf(f, "%d\n", port) > 0 && fclose(f) == 0);
	check(rename(path, port_path()) == 0);
}

static _Noreturn void
serve_http(const char *url)
{
	struct dispatch_providers_config config = {
		.on = "sendgrid mailgun postmark",
	};
	struct web_config at = { .address = "127.0.0.1" };
	struct clock clock;
	struct error err;
	struct web *web;

	open_store(url);
	clock_init_virtual(&clock, sent_ms + 1000);
	config.store = at.store = store;
	config.keys = at.keys = keys;
	config.pepper = at.pepper = pepper;
	config.clock = &clock;
	at.clock = &clock;
	if (dispatch_providers_open(&at.providers, &config, &err) < 0 ||
	    web_open(&web, &at, &err) < 0)
		give_up("serve", &err);
	write_port(web_port(web));
	for (;;)
		pause();
}

/* 0 when the server is gone before it had one. */
static int
read_port(pid_t server)
{
	int port = 0;
	FILE *f;

	while (!(f = fopen(port_path(), "r"))) {
		if (waitpid(server, NULL, WNOHANG) == server)
			return 0;
		now_sleep_us(1000);
	}
	check(fscanf(f, "%d", &port) == 1 && fclose(f) == 0);
	check(remove(port_path()) == 0);
	return port;
}

static struct str
post_of(int n)
{
	static const char *const names[] = { "sendgrid", "mailgun",
					     "postmark" };
	const char *name = names[n % (int)COUNT_OF(names)];
	struct outbox_key key = key_of(n);
	struct outbox_id id = outbox_id_of(&key);
	const struct told_mail mail = {
		.what = TOLD_HARD,
		.tag = str_slice(test_return_address(arena, keys, &id),
				 strlen("bounces+"),
				 strlen("bounces+") + EVENT_ADDRESS_CHARS),
		.recipient = str_printf(arena, "p%d@example.org", n),
		.number = n,
		.now_ms = sent_ms,
	};
	struct dispatch_provider_call c = told_call(arena, name, &mail);
	struct buf b = { 0 };
	struct str post;

	buf_printf(&b,
		   "POST /hook/%s HTTP/1.1\r\nHost: test\r\n"
		   "Connection: close\r\n"
		   "Content-Length: %zu\r\n",
		   name, c.body.len);
	for (size_t i = 0; i < c.header_count; i++)
		buf_printf(&b, "%.*s: %.*s\r\n", STR_ARG(c.headers[i].name),
			   STR_ARG(c.headers[i].value));
	buf_cat(&b, "\r\n");
	buf_str(&b, c.body);
	post = str_copy(arena, buf_view(&b));
	buf_fini(&b);
	return post;
}

/* True when mail n was answered with 200, on a connection of its own. */
static bool
post_by_http(int port, int n)
{
	const struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct str post = post_of(n);
	FILE *line = fdopen(fd, "r+");
	char status[sizeof("HTTP/1.1 200 ")] = "";
	bool good;

	check(line);
	good = connect(fd, (const struct sockaddr *)&at, sizeof(at)) == 0 &&
	       fwrite(post.p, 1, post.len, line) == post.len &&
	       fflush(line) == 0 && fgets(status, sizeof(status), line) &&
	       strcmp(status, "HTTP/1.1 200 ") == 0;
	(void)fclose(line);
	return good;
}

static int
deliver_by_http(pid_t server, int next)
{
	int port = read_port(server);

	while (port > 0 && next < MAILS && post_by_http(port, next))
		next++;
	return next;
}

/* ---- those that wait for callers ---- */

static const struct way {
	const char *name;
	int64_t run_us; /* killed within so long */
	void (*serve)(const char *url);
	int (*deliver)(pid_t server, int next);
} ways[] = {
	{ "LMTP", 500 * 1000, serve, deliver_by_lmtp },
	{ "HTTP", 250 * 1000, serve_http, deliver_by_http },
};

/* What is not answered yet goes, until the server is gone: the next to go. */
static int
deliver_from(const struct way *way, const char *url, int next, int64_t us)
{
	pid_t server = fork(), killer;

	check(server >= 0);
	if (server == 0)
		way->serve(url);
	killer = send_killer(server, us);
	next = way->deliver(server, next);
	(void)kill(server, SIGKILL);
	(void)waitpid(server, NULL, 0);
	if (killer > 0)
		check(waitpid(killer, NULL, 0) == killer);
	return next;
}

static bool
way_survives(const struct way *way, const char *name, const char *url,
	     uint64_t seed)
{
	int next = 0, partly = 0, wrong;

	begin(url);
	open_store(url);
	/* The keys alone are ours; a child has a store of its own. */
	db_store_close(&store);
	for (int i = 0; i < KILLS; i++) {
		int before = next;

		seed = seed * UINT64_C(6364136223846793005) + 1;
		next = deliver_from(way, url, next,
				    1 + (int64_t)(seed >> 33) % way->run_us);
		partly += next > before && next < MAILS;
	}
	next = deliver_from(way, url, next, 0);
	close_store();
	printf("%s, %s: %d kills, %d of them in the middle, ", name, way->name,
	       KILLS, partly);
	wrong = count_wrong(url);
	printf("%d answered, %d wrong\n", next, wrong);
	test_tree_remove(folder);
	return wrong == 0 && next == MAILS;
}

static bool
survives(const char *name, const char *url, uint64_t seed)
{
	bool ok;

	arena = arena_new();
	ok = maildir_survives(name, url, seed);
	for (size_t i = 0; i < COUNT_OF(ways); i++)
		ok = way_survives(&ways[i], name, url, seed) && ok;
	arena_free(&arena);
	return ok;
}

int
main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	char sqlite[TEST_URL_BYTES];
	const char *pg = test_pg_url();
	bool ok;

	crypto_init();
	log_open(LOG_LEVEL_ERROR);
	check(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	test_sqlite_url(sqlite);
	told_open(".");
	ok = survives("sqlite", sqlite, seed);
	test_store_remove(sqlite);
	if (pg)
		ok = survives("postgresql", pg, seed) && ok;
	told_close();
	return !ok;
}
