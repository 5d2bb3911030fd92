#include "cmd_relay.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "cmd.h"
#include "cmd_daemon.h"
#include "dispatch/dispatch.h"
#include "doctor/doctor.h"

enum { ADDRESSES_MAX = 16 };

const char *
relay_option(const struct app *app, const char *option, const char *variable)
{
	const char *value = app_option(app, option);

	if (!value)
		value = getenv(variable);
	return value && value[0] ? value : NULL;
}

void
relay_config(const struct app *app, struct daemon_config *out)
{
	out->resolver = relay_option(app, "resolver", "GUIDON_RESOLVER");
	out->address = relay_option(app, "address", "GUIDON_ADDRESS");
}

const char *
relay_servers(const char *resolver)
{
	return resolver && strcmp(resolver, "system") == 0 ? NULL : resolver;
}

static int
read_addresses(struct arena *a, const char *text, struct doctor_relay *relay,
	       struct error *err)
{
	struct dns_address *room =
	    ARENA_ARRAY(a, ADDRESSES_MAX, struct dns_address);
	struct str rest = str_of(text);
	struct str part;

	while (str_split(&rest, ',', &part))
		if (relay->count == ADDRESSES_MAX ||
		    !dns_address_parse(str_trim(part), &room[relay->count++]))
			return error_set(err, ERROR_INVALID,
					 "--address %s, expected IP addresses "
					 "with commas between, %d at most",
					 text, ADDRESSES_MAX);
	relay->addresses = room;
	relay->is_stated = true;
	return 0;
}

/* The spool has no address, and neither has a name of this machine. */
int
relay_known(struct arena *a, const char *mail, const char *addresses,
	    struct doctor_relay *out, struct error *err)
{
	*out = (struct doctor_relay){ 0 };
	if (mail && dispatch_relay_host(a, mail, &out->host, err) < 0)
		return -(int)err->code;
	if (str_eq_cstr(out->host, "localhost"))
		out->host = STR("");
	return addresses ? read_addresses(a, addresses, out, err) : 0;
}
