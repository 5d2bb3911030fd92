#ifndef HTTP_HTTP_CURL_PRIV_H
#define HTTP_HTTP_CURL_PRIV_H

/* What all who use libcurl here need of it first. All threads. */

#include "base/check.h"
#include "base/error.h"

/* IO when it cannot be had. */
int http_curl_init(struct error *err) MUST_CHECK;

#endif
