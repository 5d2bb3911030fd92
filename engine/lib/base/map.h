#ifndef BASE_MAP_H
#define BASE_MAP_H

/*
 * map - values by name, in the order they came
 *
 *	struct map m;
 *
 *	map_init(&m, arena, NULL);
 *	map_put(&m, partner->id, partner);
 *	partner = map_find(&m, STR("acme"));
 *	map_foreach(&m, e)
 *		print(e->key, e->value);
 *
 * Keys are bytes, copied into the arena; values are pointers, never NULL, and
 * stay the caller's. Everything lives and dies with the arena, which must not
 * be rewound past a map that is still in use. Iteration is in the order of
 * first insertion, so what is printed from a map is the same on each run.
 *
 * Places are found by SipHash-2-4 under a secret key, so that a stranger who
 * chooses the names cannot make them collide.
 *
 * Nothing is ever taken out of a map: a unit of work only gathers.
 *
 * Thread rule: one thread at a time; a map nobody changes, all threads.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct arena;

enum { MAP_KEY_BYTES = 16 };

struct map_entry {
	struct str key;
	void *value;
	uint64_t hash;
};

struct map {
	struct arena *arena;
	struct map_entry *entries; /* in order of insertion */
	size_t count;
	size_t slot_count; /* a power of two, or 0 while empty */
	uint32_t *slots;   /* 1 + index into entries; 0: free */
	uint8_t key[MAP_KEY_BYTES];
};

/*
 * The key of all maps that are not given one: 16 random bytes, set once,
 * before there are threads. Until then it is all zeroes, which is for tests.
 */
void map_seed(const uint8_t key[MAP_KEY_BYTES]);

/* An empty map; `key` NULL takes the one of map_seed(). */
void map_init(struct map *m, struct arena *a, const uint8_t *key);

/* The value it replaces, or NULL if the name is new. */
void *map_put(struct map *m, struct str key, void *value);

/* NULL if there is none. */
void *map_find(const struct map *m, struct str key);

/* As map_find() where its absence would be a bug: aborts. */
void *map_get(const struct map *m, struct str key);

/*
 * map_foreach(m, e) { ... } declares e, a const struct map_entry *. Replacing
 * values meanwhile is fine, adding names is not.
 */
#define map_foreach(m, e)                                        \
	for (const struct map_entry *e = map_next((m), NULL); e; \
	     e = map_next((m), e))

const struct map_entry *map_next(const struct map *m,
				 const struct map_entry *before);

/* SipHash-2-4 (Aumasson, Bernstein: SipHash, 2012). */
uint64_t map_hash(const uint8_t key[MAP_KEY_BYTES], struct str s);

#endif
