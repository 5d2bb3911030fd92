/*
 * What is taken for an image has a public name; and whatever the bytes are, no
 * walk over them leaves them.
 */
#include "base/arena.h"
#include "base/crypto.h"
#include "campaign/campaign.h"
#include "fuzz.h"
#include "xml/xml.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str bytes = { (const char *)data, size };
	struct arena *a = arena_new();
	struct error err = { 0 };
	struct str name;

	crypto_init();
	xml_init();
	if (campaign_asset_name(bytes, a, &name, &err) == 0)
		check(name.len > CAMPAIGN_ASSET_HASH_CHARS + 1 &&
		      name.p[CAMPAIGN_ASSET_HASH_CHARS] == '.');
	else
		check(err.code == ERROR_INVALID || err.code == ERROR_LIMIT);
	arena_free(&a);
	return 0;
}
