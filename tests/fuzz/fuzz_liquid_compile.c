/* Any source compiles, or is refused with its place and within the text. */
#include <string.h>

#include "fuzz.h"
#include "liquid/liquid.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct liquid_source source = {
		.name = "fuzz",
		.text = { (const char *)data, size },
		.context = LIQUID_HTML,
	};
	struct liquid_program *p = NULL;
	struct error err = { 0 };

	if (liquid_compile(&p, &source, NULL, &err) < 0)
		check(!p && strncmp(err.text, "fuzz:", 5) == 0);
	liquid_free(&p);
	return 0;
}
