/*
 * By what header our mail names itself to its provider: docs/decisions/028 says
 * why to these two.
 */
#include "dispatch/dispatch_provider_priv.h"

int
dispatch_provider_header(struct str provider, struct str tag, struct arena *a,
			 struct str *out, struct error *err)
{
	if (str_eq_cstr(provider, "sendgrid"))
		*out = str_printf(
		    a,
		    "X-SMTPAPI: {\"unique_args\":{\"" PROVIDER_ARGUMENT
		    "\":\"%.*s\"}}\r\n",
		    STR_ARG(tag));
	else if (str_eq_cstr(provider, "postmark"))
		*out = str_printf(
		    a, "X-PM-Metadata-" PROVIDER_ARGUMENT ": %.*s\r\n",
		    STR_ARG(tag));
	else
		return error_set(err, ERROR_INVALID,
				 "no header for \"%.*s\", expected sendgrid or "
				 "postmark",
				 STR_ARG(provider));
	return 0;
}
