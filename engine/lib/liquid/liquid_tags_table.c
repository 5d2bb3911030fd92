/*
 * tablerow: a loop that writes the rows and cells of an HTML table.
 *
 *	FOR none      writes the first row's beginning, if there is anything
 *	top: NEXT end writes a cell's beginning
 *	...
 *	CELL          ends the cell, and the row when it is full
 *	JUMP top
 *	CELL 1        ends the cell that a break has left
 *	end: DONE     ends the last row
 *	none:
 */
#include "liquid/liquid_priv.h"

void
liquid_parse_tablerow(struct liquid_compiler *c)
{
	struct liquid_loop_info loop = { .kind = LOOP_TABLE };
	struct liquid_scope s;
	uint32_t none, top, end;
	unsigned flags;

	liquid_place_table(c);
	liquid_open_scope(c, &s, SCOPE_LOOP, liquid_tag(c->token.name));
	flags = liquid_loop_markup(c, &loop);
	none = liquid_loop_begin(c, &loop, flags, &top, &end);
	liquid_whole_body(c);
	liquid_place_again(c, &s);
	liquid_land(c, s.continues);
	liquid_emit(c, LIQUID_CELL_OP, 0, 0);
	liquid_emit(c, LIQUID_JUMP_OP, 0, top);
	liquid_land(c, s.breaks);
	liquid_emit(c, LIQUID_CELL_OP, 1, 0);
	liquid_land(c, end);
	liquid_emit(c, LIQUID_DONE_OP, 0, 0);
	liquid_land(c, none);
	liquid_keep_text(c, &s);
	liquid_close_scope(c);
}
