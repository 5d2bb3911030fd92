/*
 * Members rest in the order they came, each with the hash of its name. Up to
 * FEW of them are found by walking, which costs less than a table; beyond that
 * a table of open addressing holds their indexes, never more than half full.
 *
 * Invariants: no two members share a name, and none is without one; with a
 * table, each member is in it.
 */
#include <string.h>

#include "liquid/liquid_priv.h"

enum { FEW = 8 };

__extension__ typedef unsigned __int128 uint128;

/* Both halves of a product: the last byte of a name must tell in the lowest bits. */
static uint64_t
mix(uint64_t hash, const char *p, size_t len)
{
	uint64_t word = 0;
	uint128 product;

	memcpy(&word, p, len);
	product = (uint128)(hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Eight bytes at once; the last ones may have been among those before them. */
uint32_t
liquid_hash(struct str name)
{
	size_t len = name.len;
	uint64_t hash = len;

	for (size_t i = 0; i + 8 < len; i += 8)
		hash = mix(hash, name.p + i, 8);
	if (len >= 8)
		hash = mix(hash, name.p + len - 8, 8);
	else if (len >= 4)
		hash = mix(mix(hash, name.p, 4), name.p + len - 4, 4);
	else
		for (size_t i = 0; i < len; i++)
			hash = mix(hash, name.p + i, 1);
	return (uint32_t)hash;
}

struct liquid_object *
liquid_object_new(struct arena *a)
{
	struct liquid_object *o = ARENA_NEW(a, struct liquid_object);

	o->a = a;
	return o;
}

static bool
same(const struct liquid_key *a, const struct liquid_key *b)
{
	return a->hash == b->hash && a->name.len == b->name.len &&
	       memcmp(a->name.p, b->name.p, a->name.len) == 0;
}

static inline struct liquid_member *
find(const struct liquid_object *o, const struct liquid_key *key)
{
	struct liquid_member *m;

	if (!o->slots) {
		for (size_t i = 0; i < o->count; i++)
			if (same(&o->members[i].key, key))
				return &o->members[i];
		return NULL;
	}
	for (size_t i = key->hash;; i++) {
		uint32_t slot = o->slots[i & (o->slot_count - 1)];

		if (!slot)
			return NULL;
		m = &o->members[slot - 1];
		if (same(&m->key, key))
			return m;
	}
}

static void
put_slot(struct liquid_object *o, size_t index)
{
	size_t i = o->members[index].key.hash;

	while (o->slots[i & (o->slot_count - 1)])
		i++;
	o->slots[i & (o->slot_count - 1)] = (uint32_t)index + 1;
}

static void
grow(struct liquid_object *o)
{
	size_t room = o->room ? o->room * 2 : FEW;
	struct liquid_member *m = ARENA_ARRAY(o->a, room, struct liquid_member);

	if (o->count)
		memcpy(m, o->members, o->count * sizeof(*m));
	o->members = m;
	o->room = room;
	if (room <= FEW)
		return;
	o->slot_count = room * 2;
	o->slots = ARENA_ARRAY(o->a, o->slot_count, uint32_t);
	for (size_t i = 0; i < o->count; i++)
		put_slot(o, i);
}

/* A member without a name could never be asked for: it is not kept. */
void
liquid_object_set(struct liquid_object *object, struct str key,
		  struct liquid_value value)
{
	struct liquid_key k = liquid_key(key);
	struct liquid_member *m = find(object, &k);

	if (m) {
		m->value = value;
		return;
	}
	if (!key.len)
		return;
	if (object->count == object->room)
		grow(object);
	object->members[object->count] = (struct liquid_member){ k, value };
	object->count++;
	if (object->slots)
		put_slot(object, object->count - 1);
}

const struct liquid_value *
liquid_object_get(const struct liquid_object *object,
		  const struct liquid_key *key)
{
	const struct liquid_member *m = find(object, key);

	return m ? &m->value : NULL;
}

int
liquid_object_find(const struct liquid_object *object, struct str key,
		   struct liquid_value *out)
{
	struct liquid_key k = liquid_key(key);
	const struct liquid_value *v = liquid_object_get(object, &k);

	if (v)
		*out = *v;
	return v != NULL;
}
