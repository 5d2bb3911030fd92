#ifndef CAMPAIGN_CAMPAIGN_FILES_FOLDER_H
#define CAMPAIGN_CAMPAIGN_FILES_FOLDER_H

/*
 * The two ways to open a file below a folder, apart for tests: a descriptor,
 * or -1 with errno.
 */

#include "base/str.h"

int campaign_open_beneath(int folder, const char *path);
int campaign_open_stepwise(struct arena *a, int folder, struct str path);

#endif
