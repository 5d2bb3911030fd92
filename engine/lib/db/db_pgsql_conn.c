/*
 * One connection: how it opens, what its session is set to, and what its
 * failures mean.
 *
 * Error texts hold the server's first line and our own SQL, never its DETAIL
 * (the row's values) and never the URL (the password). libpq quotes what it
 * cannot understand of a URL, so one that it might misread is refused before.
 *
 * The settings are sent rather than put into the URL's "options", which stay
 * the user's: a search_path, for one.
 */
#include "db/db_pgsql_priv.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "db/db_pgsql_text.h"

enum { SERVER_MIN = 130000 };

/*
 * What each session is set to. The server finds a holder of locks that went
 * away with its machine after a minute; a transaction that its process forgot
 * as well.
 */
static const char session[] = "SET client_min_messages = warning;"
			      "SET standard_conforming_strings = on;"
			      "SET synchronous_commit = on;"
			      "SET statement_timeout = '30s';"
			      "SET lock_timeout = '10s';"
			      "SET idle_in_transaction_session_timeout = '60s';"
			      "SET tcp_keepalives_idle = 30;"
			      "SET tcp_keepalives_interval = 10;"
			      "SET tcp_keepalives_count = 3;";

/* ---- failures ---- */

static const char *
first_line(const char *text, int *len)
{
	*len = (int)strcspn(text, "\r\n");
	return text;
}

/*
 * A failure without SQLSTATE is libpq's own. It may still call a connection
 * good that it failed to write to.
 */
int
db_pgsql_fail(struct db_pgsql_conn *conn, const PGresult *result,
	      const char *sql, struct error *err)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	enum error_code code = db_pgsql_class(state);
	bool lost = db_pgsql_conn_is_lost(conn) || !state;
	int len;

	if (lost)
		code = ERROR_IO;
	conn->again = lost || (state && (strcmp(state, "40001") == 0 ||
					 strcmp(state, "40P01") == 0));
	text = first_line(text ? text : PQerrorMessage(conn->pg), &len);
	if (code == ERROR_INTERNAL)
		error_set(err, code, "%.*s, in \"%.200s\"", len, text, sql);
	else
		error_set(err, code, "%.*s", len, text);
	if (lost)
		db_pgsql_conn_drop(conn);
	if (conn->in_unit && conn->failure.code == ERROR_NONE)
		conn->failure = *err;
	return -(int)code;
}

int
db_pgsql_refuse(struct db_pgsql_conn *conn, const struct error *err)
{
	conn->again = false;
	if (conn->in_unit && conn->failure.code == ERROR_NONE)
		conn->failure = *err;
	return -(int)err->code;
}

/* ---- connections ---- */

static bool
is_port_list(const char *s)
{
	return s[strspn(s, "0123456789,")] == '\0';
}

/*
 * A password with a bare @ / or : in it slides over into these, and libpq
 * would quote it in its messages.
 */
static bool
is_plausible(const PQconninfoOption *option)
{
	const char *value = option->val;

	if (!value)
		return true;
	if (strcmp(option->keyword, "port") == 0)
		return is_port_list(value);
	if (strcmp(option->keyword, "host") == 0 ||
	    strcmp(option->keyword, "dbname") == 0)
		return !strchr(value, '@');
	return true;
}

int
db_pgsql_check_url(const char *url, struct error *err)
{
	PQconninfoOption *options = PQconninfoParse(url, NULL);
	bool good = options != NULL;

	for (PQconninfoOption *o = options; o && o->keyword; o++)
		good = good && is_plausible(o);
	PQconninfoFree(options);
	if (!good)
		return error_set(err, ERROR_CONFIG,
				 "the URL of the store is malformed, expected "
				 "postgresql://user:password@host/database "
				 "with special characters as %%xx");
	return 0;
}

bool
db_pgsql_conn_is_lost(const struct db_pgsql_conn *conn)
{
	return PQstatus(conn->pg) != CONNECTION_OK;
}

bool
db_pgsql_conn_in_transaction(const struct db_pgsql_conn *conn)
{
	return PQtransactionStatus(conn->pg) == PQTRANS_INTRANS;
}

int
db_pgsql_send(struct db_pgsql_conn *conn, const char *sql, struct error *err)
{
	PGresult *result = PQexec(conn->pg, sql);
	ExecStatusType status = PQresultStatus(result);
	int failed = 0;

	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK &&
	    status != PGRES_EMPTY_QUERY)
		failed = db_pgsql_fail(conn, result, sql, err);
	PQclear(result);
	return failed;
}

static void
log_notice(void *arg, const char *text)
{
	int len;

	(void)arg;
	text = first_line(text, &len);
	log_line(
	    LOG_LEVEL_WARN, "db", "notice",
	    LOG_FIELDS(LOG_TEXT("msg", ((struct str){ text, (size_t)len }))));
}

static int
check_server(struct db_pgsql_conn *conn, struct error *err)
{
	const char *encoding = PQparameterStatus(conn->pg, "server_encoding");

	if (PQserverVersion(conn->pg) < SERVER_MIN)
		return error_set(
		    err, ERROR_CONFIG, "PostgreSQL %d, expected %d or newer",
		    PQserverVersion(conn->pg) / 10000, SERVER_MIN / 10000);
	if (!encoding || strcmp(encoding, "UTF8") != 0)
		return error_set(err, ERROR_CONFIG,
				 "the database is encoded as %s, "
				 "expected UTF8",
				 encoding ? encoding : "something unknown");
	return 0;
}

/*
 * The lock ends with the session, and so after what its transaction did is
 * there or undone. A filter is asked row by row until the LIMIT: the lock of
 * one row is taken. Its name cannot be that of a db_lock().
 */
static int
take_number(struct db_pgsql_conn *conn, struct error *err)
{
	static const char sql[] =
	    "SELECT n FROM generate_series(1, 100000) AS n"
	    " WHERE pg_try_advisory_lock(hashtextextended(concat_ws("
	    "'/', 'guidon-writer', current_schema(), n), 0)) LIMIT 1";
	PGresult *result = PQexec(conn->pg, sql);
	int64_t number = 0;
	int failed = 0;

	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		failed = db_pgsql_fail(conn, result, sql, err);
	else if (PQntuples(result) != 1 ||
		 !str_int(str_of(PQgetvalue(result, 0, 0)), 1, INT_MAX,
			  &number))
		failed = error_set(err, ERROR_LIMIT,
				   "the server gives no writer's number");
	conn->number = (int)number;
	PQclear(result);
	return failed;
}

/* The URL comes before what it may not change and after what it may. */
static int
open_session(struct db_pgsql_conn *conn, struct error *err)
{
	const char *keywords[] = { "fallback_application_name",
				   "connect_timeout", "dbname",
				   "client_encoding", NULL };
	const char *values[] = { "guidon", "10", conn->url, "UTF8", NULL };

	PQfinish(conn->pg);
	db_pgsql_forget_statements(conn);
	conn->pg = PQconnectdbParams(keywords, values, 1);
	check(conn->pg);
	PQsetNoticeProcessor(conn->pg, log_notice, NULL);
	if (db_pgsql_conn_is_lost(conn))
		return db_pgsql_fail(conn, NULL, "", err);
	if (check_server(conn, err) < 0 ||
	    db_pgsql_send(conn, session, err) < 0)
		return -(int)err->code;
	if (!conn->db.writable)
		return db_pgsql_send(
		    conn, "SET default_transaction_read_only = on", err);
	return take_number(conn, err);
}

int
db_pgsql_conn_open(struct db_pgsql_conn **out, struct db_store *store,
		   const char *url, bool writable, struct error *err)
{
	struct db_pgsql_conn *conn = calloc(1, sizeof(*conn));

	check(conn);
	*conn = (struct db_pgsql_conn){
		.db = { .driver = &db_pgsql_driver,
			.store = store,
			.writable = writable },
		.url = url,
	};
	if (open_session(conn, err) < 0) {
		db_pgsql_conn_close(&conn);
		return -(int)err->code;
	}
	*out = conn;
	return 0;
}

void
db_pgsql_conn_close(struct db_pgsql_conn **conn)
{
	if (!*conn)
		return;
	check(!(*conn)->in_unit);
	PQfinish((*conn)->pg);
	db_pgsql_forget_statements(*conn);
	free(*conn);
	*conn = NULL;
}

void
db_pgsql_conn_drop(struct db_pgsql_conn *conn)
{
	PQfinish(conn->pg);
	conn->pg = NULL;
}

int
db_pgsql_writer(const struct db *db)
{
	return ((const struct db_pgsql_conn *)db)->number;
}

/* A session that could not be set up must not pass for a good one. */
static int
reopen(struct db_pgsql_conn *conn, struct error *err)
{
	if (open_session(conn, err) == 0)
		return 0;
	db_pgsql_conn_drop(conn);
	conn->again = false;
	return -(int)err->code;
}

int
db_pgsql_conn_ready(struct db_pgsql_conn *conn, struct error *err)
{
	check(!conn->in_unit);
	if (db_pgsql_conn_is_lost(conn))
		return reopen(conn, err);
	if (!conn->stale)
		return 0;
	db_pgsql_forget_statements(conn);
	return db_pgsql_send(conn, "DEALLOCATE ALL", err);
}
