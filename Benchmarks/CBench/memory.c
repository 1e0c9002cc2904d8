#include "CBench.h"

#include <malloc.h>

size_t bench_heap_size(void) {
    struct mallinfo2 heap = mallinfo2();
    return heap.uordblks + heap.hblkhd;
}

void bench_trim(void) { malloc_trim(0); }
