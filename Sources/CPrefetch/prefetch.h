// The one instruction that Swift has no word for.
#ifndef CPREFETCH_H
#define CPREFETCH_H

#include <stddef.h>

/// Asks for the lines of memory that hold these bytes, and waits for none. It never faults: what
/// no page backs is not fetched. No line of the processors that Varve runs on is shorter than 64.
static inline void varve_prefetch(const void *bytes, size_t count) {
    for (size_t place = 0; place < count; place += 64) {
        __builtin_prefetch((const char *)bytes + place);
    }
}

#endif
