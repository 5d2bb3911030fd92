/*
 * guidon_seed_web URL KEY FIXTURE - fills a store that `guidon` has made with
 * what web_store.h says, for scenarios
 *
 * The master key is the file KEY, FIXTURE the workspace. Prints the paths that
 * Anna's mail has, "NAME PATH" a line. They are good around the time that
 * web_store.h takes for now, 2026-03-02T09:00:00Z.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "web_store.h"
#include "xml/xml.h"

static struct error err;

static void
must(int64_t code, const char *what)
{
	if (code >= 0)
		return;
	fprintf(stderr, "guidon_seed_web: %s: %s\n", what, err.text);
	exit(1);
}

static void
read_key(const char *path, uint8_t key[DB_MASTER_BYTES])
{
	FILE *f = fopen(path, "rb");

	check(f && fread(key, 1, DB_MASTER_BYTES, f) == DB_MASTER_BYTES);
	fclose(f);
}

static void
open_all(struct db_store **store, const char *url, const char *key_path)
{
	uint8_t key[DB_MASTER_BYTES];

	read_key(key_path, key);
	must(db_store_open(store, url, &err), url);
	must(db_secrets_open(*store, key, &err), key_path);
	must(partner_pepper_open(&pepper, *store, &err), "pepper");
	must(event_keys_open(&keys, *store, &err), "keys");
}

static void
print_paths(void)
{
	printf("open %s.gif\n", path_of("/o/", EVENT_TOKEN_OPEN, 0));
	printf("page-link %s\n", path_of("/c/", EVENT_TOKEN_CLICK, 0));
	printf("web-link %s\n", path_of("/c/", EVENT_TOKEN_CLICK, 1));
	printf("view %s\n", path_of("/v/", EVENT_TOKEN_VIEW, 0));
	printf("leave %s\n", path_of("/u/", EVENT_TOKEN_UNSUBSCRIBE, 0));
	printf("page %s\n", page_of("acme", ACME_RUN, ""));
	printf("page-from-mail %s\n",
	       page_of("acme", ACME_RUN, path_of("?t=", EVENT_TOKEN_FORM, 0)));
}

int
main(int argc, char **argv)
{
	struct db_store *store;

	check(argc == 4);
	crypto_init();
	xml_init();
	a = arena_new();
	open_all(&store, argv[1], argv[2]);
	must(publish(store, argv[3], &err), "publish");
	must(db_commit(store, put_all, NULL, &err), "rows");
	print_paths();
	event_keys_free(&keys);
	partner_pepper_free(&pepper);
	db_store_close(&store);
	arena_free(&a);
	return 0;
}
