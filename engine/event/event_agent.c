/*
 * Who fetches: a person, or one of the programs that read mail before, beside
 * or instead of one.
 *
 * The words are looked for in the User-Agent in any case, and the first that
 * is found decides; so an exception stands before the word it is one to. The
 * list is kept short on purpose: a program that says what it is says so by
 * "bot", "crawl" or its library's name, and one that hides is found by when it
 * came. What shows a message's images to a person through a server of its own
 * (Gmail, Yahoo) fetches at moments of its own, so it counts as a machine.
 *
 * Rejected: address ranges of the security vendors, which change each month;
 * hidden links, which make a mail look like the spam they are to find.
 */
#include "event/event.h"

struct agent {
	const char *word; /* in lower case */
	enum event_class class;
};

static const struct agent agents[] = {
	/* telephones and mail programs that only look like machines */
	{ "cubot", EVENT_HUMAN },
	{ "thunderbird", EVENT_HUMAN },
	/* what it calls itself */
	{ "bot", EVENT_MACHINE },
	{ "crawl", EVENT_MACHINE },
	{ "spider", EVENT_MACHINE },
	{ "scan", EVENT_MACHINE },
	{ "preview", EVENT_MACHINE },
	{ "prefetch", EVENT_MACHINE },
	{ "headless", EVENT_MACHINE },
	{ "monitor", EVENT_MACHINE },
	{ "linkcheck", EVENT_MACHINE },
	/* images through the mailbox provider */
	{ "googleimageproxy", EVENT_MACHINE },
	{ "yahoomailproxy", EVENT_MACHINE },
	{ "yahoocachesystem", EVENT_MACHINE },
	{ "edge/12.246 mozilla/5.0", EVENT_MACHINE }, /* Gmail, beforehand */
	/* filters of mail and web */
	{ "barracuda", EVENT_MACHINE },
	{ "mimecast", EVENT_MACHINE },
	{ "proofpoint", EVENT_MACHINE },
	{ "ironport", EVENT_MACHINE },
	{ "messagelabs", EVENT_MACHINE },
	{ "symantec", EVENT_MACHINE },
	{ "trendmicro", EVENT_MACHINE },
	{ "trend micro", EVENT_MACHINE },
	{ "sophos", EVENT_MACHINE },
	{ "fireeye", EVENT_MACHINE },
	{ "zscaler", EVENT_MACHINE },
	{ "forcepoint", EVENT_MACHINE },
	{ "cloudmark", EVENT_MACHINE },
	{ "safelinks", EVENT_MACHINE },
	{ "office existence discovery", EVENT_MACHINE },
	{ "facebookexternalhit", EVENT_MACHINE },
	{ "whatsapp", EVENT_MACHINE },
	/* libraries and tools */
	{ "curl/", EVENT_MACHINE },
	{ "wget/", EVENT_MACHINE },
	{ "python", EVENT_MACHINE },
	{ "java/", EVENT_MACHINE },
	{ "go-http-client", EVENT_MACHINE },
	{ "okhttp", EVENT_MACHINE },
	{ "libwww", EVENT_MACHINE },
	{ "httpclient", EVENT_MACHINE },
	{ "http-client", EVENT_MACHINE },
	{ "guzzle", EVENT_MACHINE },
	{ "axios", EVENT_MACHINE },
	{ "node-fetch", EVENT_MACHINE },
	{ "ruby", EVENT_MACHINE },
	{ "winhttp", EVENT_MACHINE },
};

enum { AGENT_BYTES_MAX = 512 };

/* The first AGENT_BYTES_MAX bytes of it, A-Z folded. */
static struct str
fold(struct str agent, char out[AGENT_BYTES_MAX])
{
	size_t len = agent.len < AGENT_BYTES_MAX ? agent.len : AGENT_BYTES_MAX;

	for (size_t i = 0; i < len; i++) {
		char c = agent.p[i];

		out[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	return (struct str){ out, len };
}

enum event_class
event_agent_class(bool head, struct str user_agent)
{
	char bytes[AGENT_BYTES_MAX];
	struct str agent = fold(str_trim(user_agent), bytes);

	/* Apple Mail fetches all images of all mail, and says this much. */
	if (head || agent.len == 0 || str_eq_cstr(agent, "mozilla/5.0"))
		return EVENT_MACHINE;
	for (size_t i = 0; i < COUNT_OF(agents); i++)
		if (str_find(agent, str_of(agents[i].word)) >= 0)
			return agents[i].class;
	return EVENT_HUMAN;
}

enum event_class
event_trace_class(const struct event_trace *t)
{
	if (t->agent == EVENT_MACHINE || t->sent_ms == INT64_MAX ||
	    t->at_ms < t->sent_ms + EVENT_MACHINE_MS)
		return EVENT_MACHINE;
	return t->link_count > 1 && t->followed >= t->link_count ? EVENT_MACHINE
								 : EVENT_HUMAN;
}
