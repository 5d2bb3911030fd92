#ifndef DB_DB_PGSQL_TEXT_H
#define DB_DB_PGSQL_TEXT_H

/*
 * db_pgsql_text - the pure part of the PostgreSQL driver
 *
 * Text and bytes in, values out; libpq is not needed to include or test it.
 *
 * Thread rule: values only, any thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

/* Placeholders run from ?1 to ?256. */
enum { DB_PGSQL_ARGS_MAX = 256 };

/*
 * Add `sql` to `out` with ?1 ?2 ... turned into $1 $2 ..., but not inside
 * quotes and comments. *highest is the greatest number met, 0 without any.
 * INTERNAL for a ? without a number and for a $1 in the source: SQLite would
 * bind that by order of appearance.
 */
int db_pgsql_placeholders(struct buf *out, const char *sql, size_t *highest,
			  struct error *err) MUST_CHECK;

/* Our code for a SQLSTATE; NULL, when the server said none, is IO. */
enum error_code db_pgsql_class(const char *sqlstate);

/*
 * The integer in a numeric of the binary wire format, which is what sum() of
 * a BIGINT gives. False, *out untouched, when it has a fraction, is none, or
 * needs more than 64 bits.
 */
bool db_pgsql_numeric(struct str raw, int64_t *out);

#endif
