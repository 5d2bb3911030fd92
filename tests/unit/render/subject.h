#ifndef TESTS_UNIT_RENDER_SUBJECT_H
#define TESTS_UNIT_RENDER_SUBJECT_H

/*
 * subject - one partner, contact, activation and delivery that all tests of
 * render change as they need
 */

#include <stdlib.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "event/event_priv.h"
#include "render/render.h"
#include "test.h"

static const int64_t sent_ms = 1772438400000; /* 2026-03-02 08:00 UTC */

static struct arena *a;
static struct event_keys *keys;
static struct partner partner;
static struct partner_sender sender;
static struct activation activation;
static struct contact contact;
static struct outbox_delivery delivery;
static struct render_subject subject;
static struct render_origin origin;
static struct error err;

static int
make_subject(void **state)
{
	(void)state;
	crypto_init();
	a = arena_new();
	keys = event_keys_new();
	event_keys_add(keys,
		       (const uint8_t *)"a key of 32 bytes for the tokens");
	partner = (struct partner){ .id = 7, .slug = STR("acme") };
	sender = (struct partner_sender){
		.partner_id = 7,
		.id = PARTNER_SENDER_DEFAULT,
		.from_name = STR("Acme via Northwind"),
		.from_address = STR("acme@mail.northwind.example"),
		.reply_to = STR("hello@acme.example"),
		.postal_address = STR("Acme & Sons, 1 High Street, Bath"),
	};
	activation = (struct activation){ .partner_id = 7,
					  .id = 4711,
					  .start_ms = 1772409600000 };
	contact = (struct contact){
		.partner_id = 7,
		.address = STR("ann@example.org"),
		.given_name = STR("Ann"),
		.family_name = STR("Smith"),
	};
	delivery = (struct outbox_delivery){
		.key = { .partner_id = 7,
			 .activation_id = 4711,
			 .step = STR("invite"),
			 .subject = STR("a person's hash"),
			 .channel = STR("email") },
		.date_ms = sent_ms,
		.key_id = 1,
	};
	delivery.id = outbox_id_of(&delivery.key);
	subject = (struct render_subject){
		.partner = &partner,
		.sender = &sender,
		.activation = &activation,
		.contact = &contact,
		.delivery = &delivery,
		.keys = keys,
		.message_key = STR("a key of 32 bytes for messageids"),
	};
	origin = (struct render_origin){
		.site = STR("https://go.northwind.example"),
		.brand = STR("northwind"),
		.campaign = STR("spring-launch"),
		.step = STR("invite"),
	};
	return 0;
}

static int
free_subject(void **state)
{
	(void)state;
	event_keys_free(&keys);
	arena_free(&a);
	return 0;
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, make_subject, free_subject)

#endif
