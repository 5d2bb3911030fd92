/*
 * What is accepted is a tree whose parts stand in the order of the file and
 * point back at their parents; what is refused is reported at a place in it.
 */
#include "base/arena.h"
#include "fuzz.h"
#include "xml/xml.h"

static void
check_tree(const struct xml_node *node, int depth)
{
	int line = node->line;

	check(depth <= XML_DEPTH_MAX && node->line >= 1 && node->column >= 1);
	for (size_t i = 0; i < node->attribute_count; i++)
		check(node->attributes[i].line >= node->line &&
		      node->attributes[i].column >= 1);
	for (const struct xml_node *n = node->first; n; n = n->next) {
		check(n->parent == node);
		check(n->line >= line);
		check(n->name.len > 0 || (n->text.len > 0 && !n->first));
		line = n->line;
		check_tree(n, depth + 1);
	}
}

static void
count(void *arg, int line, int column, const char *text)
{
	int *found = arg;

	check(line >= 1 && column >= 1 && text[0]);
	(*found)++;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	struct arena *a = arena_new();
	const struct xml_node *root;
	struct error err;
	int found = 0;
	struct xml_report report = { count, &found };

	xml_init();
	if (xml_parse(a, "fuzz", text, NULL, &report, &root, &err) == 0) {
		check(found == 0);
		check_tree(root, 1);
	} else {
		check(found > 0 && found <= XML_FINDINGS_MAX);
		check(err.code == ERROR_INVALID || err.code == ERROR_LIMIT);
	}
	arena_free(&a);
	return 0;
}
