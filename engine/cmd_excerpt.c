/*
 * Characters are counted, not the columns that a terminal gives them: below a
 * line of wide scripts the mark stands too far to the left.
 */
#include "cmd_excerpt.h"

#include "base/arena.h"
#include "cmd_output.h"

enum { SHOWN_MOST = 80 };

static const struct str cut = { "\xe2\x80\xa6", 3 }; /* an ellipsis */

static bool
find_line(struct str file, int number, struct str *line)
{
	size_t start = str_starts(file, STR("\xef\xbb\xbf")) ? 3 : 0;
	size_t i = start;

	if (number < 1)
		return false;
	for (; i < file.len; i++) {
		bool pair = file.p[i] == '\r' && i + 1 < file.len &&
			    file.p[i + 1] == '\n';

		if ((file.p[i] != '\n' && file.p[i] != '\r') || pair)
			continue;
		if (--number == 0)
			break;
		start = i + 1;
	}
	*line = str_slice(file, start, i);
	if (str_ends(*line, STR("\r")))
		line->len--;
	return number <= 1 && line->len > 0;
}

/* The character at *i, which goes on behind it. */
static struct str
next_character(struct str line, size_t *i)
{
	size_t n = str_utf8_sequence(line, *i);
	struct str c = str_slice(line, *i, *i + (n ? n : 1));

	*i += c.len;
	return c;
}

static size_t
count_characters(struct str line)
{
	size_t count = 0;

	for (size_t i = 0; i < line.len; count++)
		(void)next_character(line, &i);
	return count;
}

/* Controls have pictures in Unicode, from U+2400 on. */
static void
add_visible(struct buf *b, struct str c)
{
	unsigned char first = (unsigned char)c.p[0];

	if (first == '\t' || !out_is_harmful(c)) {
		buf_str(b, c);
		return;
	}
	if (c.len > 1 || first >= 0x80) {
		buf_cat(b, "\xef\xbf\xbd");
		return;
	}
	buf_cat(b, "\xe2\x90");
	buf_char(b, (char)(first == 0x7f ? 0xa1 : 0x80 + first));
}

static void
add_line(struct buf *line, struct buf *mark, struct str text, size_t column)
{
	size_t count = count_characters(text), from = 0, at = 0;

	if (count > SHOWN_MOST && column > SHOWN_MOST / 2)
		from = column - SHOWN_MOST / 2;
	if (count > SHOWN_MOST && from > count - SHOWN_MOST)
		from = count - SHOWN_MOST;
	if (from > 0) {
		buf_str(line, cut);
		buf_char(mark, ' ');
	}
	for (size_t i = 0; i < text.len && at < from + SHOWN_MOST; at++) {
		struct str c = next_character(text, &i);

		if (at >= from)
			add_visible(line, c);
		if (at >= from && at < column)
			buf_char(mark, c.p[0] == '\t' ? '\t' : ' ');
	}
	if (at < count)
		buf_str(line, cut);
	buf_char(mark, '^');
}

bool
excerpt_make(struct excerpt *out, struct str file, int line, int column,
	     struct arena *a)
{
	struct buf shown = { 0 };
	struct buf mark = { 0 };
	struct str text;

	if (column < 1 || !find_line(file, line, &text))
		return false;
	add_line(&shown, &mark, text, (size_t)column - 1);
	*out = (struct excerpt){ str_copy(a, buf_view(&shown)),
				 str_copy(a, buf_view(&mark)) };
	buf_fini(&mark);
	buf_fini(&shown);
	return true;
}
