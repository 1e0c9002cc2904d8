#include "CCount.h"

#include <errno.h>
#include <malloc.h>
#include <stddef.h>

// The heap's own functions, counted while this thread is watched. They stand in front of the C
// library's for the whole program that links this, so they add one thread-local load to each call.

static __thread struct {
    int is_counting;
    varve_heap_use use;
} heap __attribute__((tls_model("initial-exec")));

void varve_heap_begin(void) {
    heap.use = (varve_heap_use){0};
    heap.is_counting = 1;
}

varve_heap_use varve_heap_end(void) {
    heap.is_counting = 0;
    return heap.use;
}

#if VARVE_IS_SANITIZED

// A sanitizer brings a heap of its own.

#else

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);
void __libc_free(void *);

static void *kept(void *memory) {
    if (__builtin_expect(heap.is_counting, 0) && memory) {
        int64_t size = (int64_t)malloc_usable_size(memory);
        heap.use.size += size;
        heap.use.size_given += size;
        if (heap.use.size > heap.use.size_peak) heap.use.size_peak = heap.use.size;
    }
    return memory;
}

static void *added(void *memory) {
    if (__builtin_expect(heap.is_counting, 0)) heap.use.call_count++;
    return kept(memory);
}

static void removed(void *memory) {
    if (__builtin_expect(heap.is_counting, 0) && memory)
        heap.use.size -= (int64_t)malloc_usable_size(memory);
}

void *malloc(size_t size) { return added(__libc_malloc(size)); }

void *calloc(size_t count, size_t size) { return added(__libc_calloc(count, size)); }

void *realloc(void *memory, size_t size) {
    removed(memory);
    void *moved = __libc_realloc(memory, size);
    // What could not grow is still there; what was asked to be nothing is gone.
    if (!moved && size > 0) kept(memory);
    return added(moved);
}

void *memalign(size_t alignment, size_t size) { return added(__libc_memalign(alignment, size)); }

void *aligned_alloc(size_t alignment, size_t size) {
    return added(__libc_memalign(alignment, size));
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
    if (alignment % sizeof(void *) || (alignment & (alignment - 1))) return EINVAL;
    void *fresh = __libc_memalign(alignment, size);
    if (!fresh) return ENOMEM;
    *memory = added(fresh);
    return 0;
}

void free(void *memory) {
    removed(memory);
    __libc_free(memory);
}

#endif
