#include "partner/partner_priv.h"

#include <string.h>

#include "base/arena.h"

enum { ROOM_FIRST = 8 };

int
partner_lock(struct db *db, const char *const *by_dialect,
	     const struct db_arg *args, size_t arg_count, struct error *err)
{
	const char *sql = by_dialect[db_dialect(db)];
	struct db_rows rows;
	int got;

	if (!sql)
		return 0;
	if (db_query(db, &rows, sql, args, arg_count, err) < 0)
		return -(int)err->code;
	while ((got = db_next(&rows, err)) > 0)
		continue;
	db_rows_end(&rows);
	return got;
}

void *
partner_room(struct arena *a, void *items, size_t count, size_t size)
{
	void *more;

	if (count == 0)
		return arena_array(a, ROOM_FIRST, size);
	if (count < ROOM_FIRST || (count & (count - 1)) != 0)
		return items;
	more = arena_array(a, count * 2, size);
	memcpy(more, items, count * size);
	return more;
}

struct str
partner_object(struct str json)
{
	return json.len ? json : STR("{}");
}
