#ifndef CFUZZ_HEAP_H
#define CFUZZ_HEAP_H

#include <stdint.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define FUZZ_IS_SANITIZED 1
#endif
#endif
#ifndef FUZZ_IS_SANITIZED
#define FUZZ_IS_SANITIZED 0
#endif

void fuzz_heap_begin(void);
int64_t fuzz_heap_end(void);

#endif
