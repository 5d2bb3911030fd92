#ifndef LIQUID_LIQUID_ESCAPE_PRIV_H
#define LIQUID_LIQUID_ESCAPE_PRIV_H

/*
 * How a value is written, by what liquid_spot_value() said when its template
 * was compiled. Each adds to the end of `out`, which has a limit.
 */

#include "liquid/liquid_priv.h"
#include "liquid/liquid_spot_priv.h"

/* `markup`: s is HTML already, which counts between tags alone. */
void liquid_escape_text(struct buf *out, struct str s, bool markup,
			unsigned escape);

/* A whole value of JavaScript or JSON: for ESCAPE_SCRIPT. */
void liquid_escape_script(struct buf *out, const struct liquid_value *v,
			  int depth);

#endif
