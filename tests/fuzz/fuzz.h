#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

/*
 * fuzz - one target for each parser of foreign bytes
 *
 * fuzz_<x>.c defines this function; tests/fuzz/CMakeLists.txt makes a libFuzzer
 * program of it, and one that runs it over corpus/<x>/ once. What must hold is
 * a check(). Returns 0.
 */

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
