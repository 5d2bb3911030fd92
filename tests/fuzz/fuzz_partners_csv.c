/*
 * Any partners.csv: what is refused has an error among its findings, each at a
 * place; what is taken, written and read again says the same, without a
 * finding, and is written the same.
 */
#include "base/arena.h"
#include "campaign/campaign.h"
#include "fuzz.h"

static struct str table;

static int
read_table(struct campaign_files *files, struct arena *a, struct str path,
	   struct str *bytes, struct error *err)
{
	(void)files, (void)err;
	if (!str_eq_cstr(path, "partners.csv"))
		return 0;
	*bytes = str_copy(a, table);
	return 1;
}

static bool
load_and_write(struct str text, struct arena *a,
	       struct campaign_findings *findings, struct buf *out)
{
	struct campaign_files files = { .read = read_table };
	const struct campaign_partner_row *rows;
	struct error err;
	size_t count;

	table = text;
	campaign_findings_init(findings, a);
	check(campaign_partners_load(&files, a, findings, &rows, &count,
				     &err) == 0);
	check((rows == NULL) == (findings->error_count > 0));
	for (size_t i = 0; i < findings->count; i++)
		check(findings->items[i].line >= 1 &&
		      findings->items[i].column >= 1);
	if (!rows)
		return false;
	for (size_t i = 0; i < count; i++)
		check(campaign_partners_find(rows, count, rows[i].id) ==
		      &rows[i]);
	campaign_partners_write(rows, count, a, out);
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	struct buf first = { 0 }, second = { 0 };
	struct arena *a = arena_new();
	struct campaign_findings findings;

	if (load_and_write(text, a, &findings, &first)) {
		check(load_and_write(buf_view(&first), a, &findings, &second));
		check(str_eq(buf_view(&first), buf_view(&second)));
	}
	buf_fini(&first);
	buf_fini(&second);
	arena_free(&a);
	return 0;
}
