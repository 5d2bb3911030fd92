/*
 * A chain of blocks, newest first. An allocation that does not fit opens a
 * block twice the size of the last (up to BLOCK_MAX), or as large as it needs.
 * A rewind frees the blocks opened after the mark; the first block stays for
 * the life of the arena, so a loop of mark and rewind allocates nothing.
 *
 * With AddressSanitizer every allocation opens a block of exactly its size.
 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_EXACT 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_EXACT 1
#endif
#endif
#ifndef ARENA_EXACT
#define ARENA_EXACT 0
#endif

enum { BLOCK_FIRST = 4096, BLOCK_MAX = 1 << 20, PRINTF_SHORT = 512 };

struct block {
	struct block *older;
	size_t size;
	size_t used;
	alignas(max_align_t) unsigned char data[];
};

struct arena {
	struct block *newest;
	size_t bytes;
};

static struct block *
block_new(struct block *older, size_t size)
{
	struct block *b;

	check(size <= SIZE_MAX - sizeof(*b));
	b = malloc(sizeof(*b) + size);
	check(b);
	b->older = older;
	b->size = size;
	b->used = 0;
	return b;
}

struct arena *
arena_new(void)
{
	struct arena *a = calloc(1, sizeof(*a));

	check(a);
	a->newest = block_new(NULL, ARENA_EXACT ? 0 : BLOCK_FIRST);
	return a;
}

static void
free_newest(struct arena *a)
{
	struct block *b = a->newest;

	a->newest = b->older;
	free(b);
}

void
arena_free(struct arena **a)
{
	if (!*a)
		return;
	while ((*a)->newest)
		free_newest(*a);
	free(*a);
	*a = NULL;
}

static size_t
next_size(const struct arena *a, size_t need)
{
	size_t size = a->newest->size * 2;

	if (ARENA_EXACT)
		return need;
	if (size > BLOCK_MAX)
		size = BLOCK_MAX;
	return size < need ? need : size;
}

/* As arena_alloc(), with what was there before. */
static void *
take(struct arena *a, size_t size)
{
	const size_t align = alignof(max_align_t);
	struct block *b = a->newest;
	size_t need = size;
	void *p;

	check(size <= SIZE_MAX / 2);
	if (!ARENA_EXACT)
		need = (size + align - 1) & ~(align - 1);
	if (ARENA_EXACT || need > b->size - b->used)
		b = a->newest = block_new(b, next_size(a, need));
	p = b->data + b->used;
	b->used += need;
	a->bytes += size;
	return p;
}

void *
arena_alloc(struct arena *a, size_t size)
{
	return memset(take(a, size), 0, size);
}

void *
arena_array(struct arena *a, size_t count, size_t size)
{
	size_t bytes;

	check(!__builtin_mul_overflow(count, size, &bytes));
	return arena_alloc(a, bytes);
}

char *
arena_copy(struct arena *a, const void *p, size_t len)
{
	char *copy;

	check(len < SIZE_MAX);
	copy = take(a, len + 1);
	if (len)
		memcpy(copy, p, len);
	copy[len] = '\0';
	return copy;
}

char *
arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	char text[PRINTF_SHORT];
	va_list again;
	char *p;
	int len;

	va_copy(again, ap);
	len = vsnprintf(text, sizeof(text), fmt, again);
	va_end(again);
	check(len >= 0);
	if ((size_t)len < sizeof(text))
		return arena_copy(a, text, (size_t)len);
	p = take(a, (size_t)len + 1);
	vsnprintf(p, (size_t)len + 1, fmt, ap);
	return p;
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *p;

	va_start(ap, fmt);
	p = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return p;
}

struct arena_mark
arena_mark(const struct arena *a)
{
	return (struct arena_mark){
		.block = a->newest,
		.used = a->newest->used,
		.bytes = a->bytes,
	};
}

void
arena_rewind(struct arena *a, struct arena_mark mark)
{
	while (a->newest != mark.block) {
		check(a->newest->older);
		free_newest(a);
	}
	check(a->newest->used >= mark.used);
	a->newest->used = mark.used;
	a->bytes = mark.bytes;
}

size_t
arena_bytes(const struct arena *a)
{
	return a->bytes;
}
