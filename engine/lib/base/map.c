/*
 * Two arrays: the entries in order of insertion, and a table of slots that
 * hold 1 + the index of an entry. A name is looked for from slot
 * hash & (slot_count - 1) on, until its slot or a free one is met.
 *
 * Invariants: slot_count is 0 or a power of two; entries has room for
 * slot_count / 2, and count never exceeds that, so a free slot always ends a
 * search. Growing doubles both; the old arrays stay in the arena, together no
 * larger than the new ones.
 *
 * Rejected: entries in the table itself, for their order would then follow
 * from the secret key and differ from run to run.
 */
#include "base/map.h"

#include <string.h>

#include "base/arena.h"

enum { SLOTS_FIRST = 16 };

static uint8_t default_key[MAP_KEY_BYTES];
static bool seeded;

void
map_seed(const uint8_t key[MAP_KEY_BYTES])
{
	check(!seeded);
	memcpy(default_key, key, MAP_KEY_BYTES);
	seeded = true;
}

static uint64_t
load_le(const unsigned char *p, size_t len)
{
	uint64_t n = 0;

	for (size_t i = 0; i < len; i++)
		n |= (uint64_t)p[i] << (8 * i);
	return n;
}

static uint64_t
rotate(uint64_t n, unsigned by)
{
	return n << by | n >> (64 - by);
}

static void
sip_rounds(uint64_t v[4], int rounds)
{
	while (rounds-- > 0) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotate(v[1], 13) ^ v[0];
		v[3] = rotate(v[3], 16) ^ v[2];
		v[0] = rotate(v[0], 32);
		v[2] += v[1];
		v[0] += v[3];
		v[1] = rotate(v[1], 17) ^ v[2];
		v[3] = rotate(v[3], 21) ^ v[0];
		v[2] = rotate(v[2], 32);
	}
}

static void
sip_word(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	sip_rounds(v, 2);
	v[0] ^= word;
}

uint64_t
map_hash(const uint8_t key[MAP_KEY_BYTES], struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	const uint64_t k0 = load_le(key, 8), k1 = load_le(key + 8, 8);
	const size_t whole = s.len & ~(size_t)7;
	uint64_t v[4] = {
		k0 ^ 0x736f6d6570736575,
		k1 ^ 0x646f72616e646f6d,
		k0 ^ 0x6c7967656e657261,
		k1 ^ 0x7465646279746573,
	};

	for (size_t i = 0; i < whole; i += 8)
		sip_word(v, load_le(p + i, 8));
	sip_word(v,
		 (uint64_t)s.len << 56 |
		     (s.len > whole ? load_le(p + whole, s.len - whole) : 0));
	v[2] ^= 0xff;
	sip_rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void
map_init(struct map *m, struct arena *a, const uint8_t *key)
{
	*m = (struct map){ .arena = a };
	memcpy(m->key, key ? key : default_key, MAP_KEY_BYTES);
}

/* The slot of the key, or the free one where it belongs. */
static uint32_t *
slot_of(const struct map *m, struct str key, uint64_t hash)
{
	const size_t mask = m->slot_count - 1;
	size_t i = (size_t)hash & mask;

	for (; m->slots[i]; i = (i + 1) & mask) {
		const struct map_entry *e = &m->entries[m->slots[i] - 1];

		if (e->hash == hash && str_eq(e->key, key))
			break;
	}
	return &m->slots[i];
}

static void
grow(struct map *m)
{
	size_t wider = m->slot_count ? m->slot_count * 2 : SLOTS_FIRST;
	struct map_entry *entries;

	check(wider / 2 < UINT32_MAX);
	entries = ARENA_ARRAY(m->arena, wider / 2, struct map_entry);
	if (m->count)
		memcpy(entries, m->entries, m->count * sizeof(*entries));
	m->entries = entries;
	m->slots = ARENA_ARRAY(m->arena, wider, uint32_t);
	m->slot_count = wider;
	for (size_t i = 0; i < m->count; i++)
		*slot_of(m, entries[i].key, entries[i].hash) = (uint32_t)i + 1;
}

void *
map_put(struct map *m, struct str key, void *value)
{
	uint64_t hash = map_hash(m->key, key);
	uint32_t *slot;
	void *before;

	check(value);
	if (m->count == m->slot_count / 2)
		grow(m);
	slot = slot_of(m, key, hash);
	if (*slot) {
		before = m->entries[*slot - 1].value;
		m->entries[*slot - 1].value = value;
		return before;
	}
	m->entries[m->count++] = (struct map_entry){
		.key = str_copy(m->arena, key),
		.value = value,
		.hash = hash,
	};
	*slot = (uint32_t)m->count;
	return NULL;
}

void *
map_find(const struct map *m, struct str key)
{
	const uint32_t *slot;

	if (m->count == 0)
		return NULL;
	slot = slot_of(m, key, map_hash(m->key, key));
	return *slot ? m->entries[*slot - 1].value : NULL;
}

void *
map_get(const struct map *m, struct str key)
{
	void *value = map_find(m, key);

	check(value);
	return value;
}

const struct map_entry *
map_next(const struct map *m, const struct map_entry *before)
{
	size_t i = before ? (size_t)(before - m->entries) + 1 : 0;

	return i < m->count ? &m->entries[i] : NULL;
}
