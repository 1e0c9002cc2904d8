// CRC-32C: the choice of a kernel, and the one that needs no special instruction.
// Source: RFC 3720 §12.1; polynomial 0x1EDC6F41, reflected 0x82F63B78.

#include "CVarve.h"
#include "crc32c_kernels.h"

#include <pthread.h>
#include <stdatomic.h>

// --- Tables: eight bytes at a time ------------------------------------------------------------

// table[n][b] is what byte b leaves in the register after n more bytes of zero.
static uint32_t table[8][256];
static pthread_once_t table_once = PTHREAD_ONCE_INIT;

static void fill_table(void) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t state = byte;
        for (int bit = 0; bit < 8; bit++) state = state >> 1 ^ (0x82F63B78u & -(state & 1));
        table[0][byte] = state;
    }
    for (int zeros = 1; zeros < 8; zeros++) {
        for (int byte = 0; byte < 256; byte++) {
            uint32_t state = table[zeros - 1][byte];
            table[zeros][byte] = state >> 8 ^ table[0][state & 0xFF];
        }
    }
}

static int table_is_available(void) { return 1; }

static uint32_t run_table(uint32_t state, const unsigned char *bytes, size_t count) {
    pthread_once(&table_once, fill_table);
    for (; count >= 8; count -= 8, bytes += 8) {
        uint64_t word = load64(bytes) ^ state;
        state = 0;
        for (int place = 0; place < 8; place++) {
            state ^= table[7 - place][word >> 8 * place & 0xFF];
        }
    }
    for (; count > 0; count--, bytes++) state = state >> 8 ^ table[0][(state ^ *bytes) & 0xFF];
    return state;
}

const struct crc32c_kernel varve_crc32c_table = {"table", table_is_available, run_table};

// --- The choice -------------------------------------------------------------------------------

// Widest last.
static const struct crc32c_kernel *const kernels[] = {
    &varve_crc32c_table,
#if defined(__x86_64__)
    &varve_crc32c_sse42,
    &varve_crc32c_avx512,
#elif defined(__aarch64__)
    &varve_crc32c_arm,
#endif
};
enum { kernel_count = sizeof kernels / sizeof kernels[0] };

// NULL until the first use. Threads that race to it all store the same answer, and what it points
// to is constant, so no order of memory is needed.
static _Atomic(const struct crc32c_kernel *) chosen;

static const struct crc32c_kernel *choose(void) {
    const struct crc32c_kernel *kernel = atomic_load_explicit(&chosen, memory_order_relaxed);
    if (__builtin_expect(kernel != NULL, 1)) return kernel;
    for (int place = 0; place < kernel_count; place++) {
        if (kernels[place]->is_available()) kernel = kernels[place];
    }
    atomic_store_explicit(&chosen, kernel, memory_order_relaxed);
    return kernel;
}

uint32_t varve_crc32c(uint32_t crc, const void *bytes, size_t count) {
    return ~choose()->run(~crc, bytes, count);
}

const char *varve_crc32c_kernel(void) { return choose()->name; }

const char *varve_crc32c_kernel_name(int kernel) {
    return kernel >= 0 && kernel < kernel_count ? kernels[kernel]->name : NULL;
}

int varve_crc32c_with(
    int kernel, uint32_t crc, const void *bytes, size_t count, uint32_t *result) {
    if (kernel < 0 || kernel >= kernel_count || !kernels[kernel]->is_available()) return -1;
    *result = ~kernels[kernel]->run(~crc, bytes, count);
    return 0;
}
