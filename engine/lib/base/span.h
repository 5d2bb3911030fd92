#ifndef BASE_SPAN_H
#define BASE_SPAN_H

/*
 * span - text written with some of its characters replaced
 *
 * What an escaper does to most of a text is to copy it. A set says which bytes
 * stand for themselves, a function what is written for one that does not:
 *
 *	static span_set plain = "................................" ...;
 *	span_replace(&out, text, plain, reference, 0);
 *
 * Everything here is in line, so that each escaper becomes one loop of its own
 * without a call for each character.
 *
 * Thread rule: none beyond that of a buf.
 */

#include "base/str.h"

/*
 * A set of bytes below 0x80, as a literal of 128: each of them stands at its
 * own place, and a byte that is none of them finds another there, such as a dot.
 */
typedef const char span_set[256];

enum {
	SPAN_LONGEST = 7, /* bytes that may be written for one character */
	SPAN_STRIDE = 64, /* bytes read between two looks at the room */
};

/* What is written for a character. All of it is copied, to be done at once. */
struct span_word {
	char text[SPAN_LONGEST];
	unsigned char len;
};

#define SPAN_WORD(literal)                   \
	{                                    \
		literal, sizeof(literal) - 1 \
	}

/* How many bytes were read of a text, and written for them. */
struct span_step {
	size_t read, written;
};

static inline bool
span_has(span_set of, char c)
{
	return of[(unsigned char)c] == c;
}

/* The word is written for so many bytes. */
static inline struct span_step
span_put(char *to, const struct span_word *word, size_t read)
{
	memcpy(to, word, sizeof(*word));
	return (struct span_step){ read, word->len };
}

/*
 * Adds s. For a byte that is not in `plain`, `other` writes what stands for the
 * character at p to `to`, where there is room for a span_word. It reads one byte
 * at least and none from `end` on; `arg` is handed to it.
 *
 * A stride is written at once where it is sure to fit, else by way of `text`.
 */
__attribute__((always_inline)) static inline void
span_replace(struct buf *out, struct str s, span_set plain,
	     struct span_step (*other)(char *to, const char *p, const char *end,
				       unsigned arg),
	     unsigned arg)
{
	char text[(SPAN_STRIDE + 1) * sizeof(struct span_word)];
	const char *p = s.p ? s.p : "", *end = p + s.len;

	while (p < end) {
		const char *stop =
		    end - p > SPAN_STRIDE ? p + SPAN_STRIDE : end;
		bool fits = buf_fits(out, sizeof(text));
		char *from = fits ? out->p + out->len : text, *to = from;

		while (p < stop) {
			struct span_step step;

			if (span_has(plain, *p)) {
				*to++ = *p++;
				continue;
			}
			step = other(to, p, end, arg);
			p += step.read;
			to += step.written;
		}
		if (fits)
			out->len += (size_t)(to - from);
		else
			buf_add(out, from, (size_t)(to - from));
	}
}

#endif
