/*
 * How long one mail takes, from values to bytes.
 *
 *	bench_render WORKSPACE CAMPAIGN STEP COUNT
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "event/event_priv.h"
#include "render/render_kit.h"
#include "xml/xml.h"

static struct partner partner = {
	.id = 7,
	.slug = { "acme", 4 },
	.company = { "Acme Ltd", 8 },
	.tier = { "gold", 4 },
	.region = { "EMEA", 4 },
	.country = { "GB", 2 },
	.language = { "en", 2 },
	.time_zone = { "Europe/London", 13 },
	.phone = { "+44 20 7946 0100", 16 },
	.street = { "1 High Street", 13 },
	.city = { "Bath", 4 },
	.website = { "https://www.acme.example", 24 },
	.owner_name = { "Ann Owner", 9 },
	.lead_email = { "leads@acme.example", 18 },
	.attributes = { "{\"since\":\"2019\"}", 16 },
};
static struct partner_sender sender = {
	.partner_id = 7,
	.id = PARTNER_SENDER_DEFAULT,
	.from_name = { "Acme via Northwind", 18 },
	.from_address = { "acme@mail.northwind.example", 27 },
	.postal_address = { "Acme Ltd, 1 High Street, Bath", 29 },
};
static struct activation activation = { .partner_id = 7, .id = 4711 };
static struct contact contact = {
	.partner_id = 7,
	.address = { "ann@example.org", 15 },
	.given_name = { "Ann", 3 },
	.family_name = { "Smith", 5 },
	.company = { "Smith & Co", 10 },
};
static struct outbox_delivery delivery = {
	.key = { .partner_id = 7, .activation_id = 4711 },
	.date_ms = 1772438400000,
	.key_id = 1,
};

static int64_t
cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static struct render_kit *
kit_of(const char *path, const char *campaign, struct arena *a)
{
	struct campaign_findings findings;
	struct campaign_files *files;
	struct render_kit *kit = NULL;
	int64_t begin = cpu_ns();
	struct error err;

	campaign_findings_init(&findings, a);
	check(campaign_folder_open(&files, path, &err) >= 0);
	if (render_kit_new(&kit, files, str_of(campaign), &findings, &err) < 0)
		fprintf(stderr, "%s\n", err.text);
	for (size_t i = 0; i < findings.count; i++)
		fprintf(stderr, "%.*s:%d:%d: %.*s\n",
			STR_ARG(findings.items[i].file), findings.items[i].line,
			findings.items[i].column,
			STR_ARG(findings.items[i].text));
	campaign_files_close(&files);
	printf("a kit: %.1f ms\n", (double)(cpu_ns() - begin) / 1e6);
	return kit;
}

static size_t
mails(const struct render_kit *kit, const struct campaign_step *step,
      const struct render_subject *subject, int64_t count)
{
	struct arena *a = arena_new();
	struct render_content content;
	struct render_mail mail = { 0 };
	struct error err;

	for (int64_t i = 0; i < count; i++) {
		struct arena_mark mark = arena_mark(a);

		delivery.id.bytes[0] = (uint8_t)i;
		if (render_kit_mail(kit, step, subject, a, &content, &mail,
				    &err) < 0) {
			fprintf(stderr, "%s\n", err.text);
			exit(1);
		}
		arena_rewind(a, mark);
	}
	arena_free(&a);
	return mail.bytes.len;
}

int
main(int argc, char **argv)
{
	struct render_subject subject = {
		.partner = &partner,
		.sender = &sender,
		.activation = &activation,
		.contact = &contact,
		.delivery = &delivery,
		.message_key = STR("a key of 32 bytes for messageids"),
	};
	struct event_keys *keys = event_keys_new();
	struct arena *a = arena_new();
	const struct campaign_step *step;
	struct render_kit *kit;
	int64_t begin;
	size_t bytes;
	int64_t count = 0;

	check(argc == 5);
	crypto_init();
	xml_init();
	check(str_int(str_of(argv[4]), 1, INT32_MAX, &count));
	event_keys_add(keys,
		       (const uint8_t *)"a key of 32 bytes for the tokens");
	subject.keys = keys;
	kit = kit_of(argv[1], argv[2], a);
	if (!kit)
		return 1;
	step = campaign_step_find(render_kit_campaign(kit), str_of(argv[3]));
	check(step && step->kind == CAMPAIGN_EMAIL);
	begin = cpu_ns();
	bytes = mails(kit, step, &subject, count);
	printf("a mail of %zu bytes: %.1f us\n", bytes,
	       (double)(cpu_ns() - begin) / 1e3 / (double)count);
	render_kit_free(&kit);
	event_keys_free(&keys);
	arena_free(&a);
	return 0;
}
