#ifndef CAMPAIGN_CAMPAIGN_SQL_H
#define CAMPAIGN_CAMPAIGN_SQL_H

/*
 * The tables of revisions, and every statement on them.
 *
 *	object(hash, bytes)	a file, by the SHA-256 of what is in it
 *	revision(hash, ...)	a manifest, by its own SHA-256
 *	publication(campaign, n, revision, ...)
 */

#include "campaign/campaign.h"

/* What is there already stays: the same hash is the same bytes. */
int campaign_sql_add_object(struct db *db, struct str hash, struct str bytes,
			    struct error *err) MUST_CHECK;
int campaign_sql_add_revision(struct db *db, struct str hash,
			      struct str campaign, struct str manifest,
			      int64_t now_ms, struct error *err) MUST_CHECK;

/* 1 with a copy in `a`, or 0. */
int campaign_sql_object(struct db *db, struct arena *a, struct str hash,
			struct str *bytes, struct error *err) MUST_CHECK;
int campaign_sql_manifest(struct db *db, struct arena *a, struct str hash,
			  struct str *manifest, struct error *err) MUST_CHECK;

int campaign_sql_publish(struct db *db, const struct campaign_publication *p,
			 struct error *err) MUST_CHECK;
int campaign_sql_published(struct db *db, struct arena *a, struct str campaign,
			   struct campaign_publication *out,
			   struct error *err) MUST_CHECK;

#endif
