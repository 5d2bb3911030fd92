#ifndef BASE_FD_H
#define BASE_FD_H

/*
 * fd - all bytes into a descriptor
 *
 * Thread rule: any thread; one at a time for a descriptor.
 */

#include "base/check.h"
#include "base/str.h"

/*
 * write(2) again and again until all is written: 0, or -1 with errno; then
 * some of it may be. The errno is what it is because callers differ in what
 * the file is called, and in what else they must undo first.
 */
int fd_write(int fd, struct str bytes) MUST_CHECK;

#endif
