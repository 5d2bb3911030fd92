/*
 * What both sides of campaign_files share: which paths there may be, and the
 * order of a walk over what was read. The order is that of bytes, so that the
 * same files make the same manifest on every machine.
 */
#include <stdlib.h>

#include "base/arena.h"
#include "campaign/campaign_priv.h"

int
campaign_path_check(struct str path, struct error *err)
{
	struct str rest = path, part;

	if (path.len == 0 || path.p[0] == '/' || path.p[path.len - 1] == '/' ||
	    str_find_char(path, '\0') >= 0)
		return error_set(err, ERROR_INVALID,
				 "found the path \"%.*s\", expected one "
				 "relative to the workspace",
				 STR_ARG(path));
	while (str_split(&rest, '/', &part))
		if (part.len == 0 || str_eq(part, STR(".")) ||
		    str_eq(part, STR("..")))
			return error_set(err, ERROR_INVALID,
					 "found \"%.*s\" in the path "
					 "\"%.*s\", expected a name",
					 STR_ARG(part), STR_ARG(path));
	return 0;
}

static int
by_name(const void *a, const void *b)
{
	const struct map_entry *const *left = a, *const *right = b;

	return str_cmp((*left)->key, (*right)->key);
}

int
campaign_files_visit(const struct map *seen,
		     int (*visit)(void *arg, struct str path, struct str bytes,
				  struct error *err),
		     void *arg, struct error *err)
{
	const struct map_entry **order =
	    calloc(seen->count + 1, sizeof(*order));
	size_t count = 0;
	int rc = 0;

	check(order);
	map_foreach (seen, e)
		order[count++] = e;
	qsort(order, count, sizeof(*order), by_name);
	for (size_t i = 0; i < count && rc >= 0; i++)
		rc = visit(arg, order[i]->key,
			   *(const struct str *)order[i]->value, err);
	free(order);
	return rc < 0 ? rc : 0;
}

void
campaign_files_close(struct campaign_files **files)
{
	if (*files)
		(*files)->close(*files);
	*files = NULL;
}
