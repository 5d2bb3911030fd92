#include "base/origin.h"

struct origin_mark
origin_find(const struct origin *origin, struct str text, size_t at)
{
	struct origin_mark place = {
		.line = origin->line ? origin->line : 1,
		.column = origin->column ? origin->column : 1,
	};

	for (size_t i = 0; i < origin->mark_count; i++)
		if (origin->marks[i].at <= at)
			place = origin->marks[i];
	for (; place.at < at && place.at < text.len; place.at++) {
		char c = text.p[place.at];

		place.column += ((unsigned char)c & 0xc0) != 0x80;
		if (c == '\n') {
			place.line++;
			place.column = 1;
		}
	}
	return place;
}
