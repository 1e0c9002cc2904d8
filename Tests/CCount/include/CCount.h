// What a thread takes while it is watched: memory of the heap, and turns at the processor.
#ifndef CCOUNT_H
#define CCOUNT_H

#include <stdint.h>

// A sanitizer brings a heap of its own, which nothing stands in front of.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define VARVE_IS_SANITIZED 1
#endif
#endif
#ifndef VARVE_IS_SANITIZED
#define VARVE_IS_SANITIZED 0
#endif

/// What one thread took of the heap; all 0 under a sanitizer.
typedef struct {
    /// Calls that gave memory, those that moved or resized some among them.
    int64_t call_count;
    /// Bytes that these calls gave, as the heap rounds them.
    int64_t size_given;
    /// Bytes in use beyond those at the beginning, as the heap rounds them: at the end, and at the
    /// most. Below 0 when more was given back than taken.
    int64_t size, size_peak;
} varve_heap_use;

/// Begins to watch this thread's calls of the heap; threads are watched apart.
void varve_heap_begin(void);
/// Ends watching and answers what was taken.
varve_heap_use varve_heap_end(void);

/// How often this thread has given the processor up to wait for something.
int64_t varve_wait_count(void);

/// Sleeps.
void varve_nap(unsigned microseconds);

#endif
