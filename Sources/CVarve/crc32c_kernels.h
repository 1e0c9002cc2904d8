// The kernels of CRC-32C, between the files of this target. Each takes and returns the register of
// the division, which is the checksum with all bits flipped, and reads only the bytes it is given.
#ifndef CRC32C_KERNELS_H
#define CRC32C_KERNELS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the kernels load words in little-endian order"
#endif

/// One way to compute; `is_available` asks the processor, and `run` may only be called after it
/// said yes.
struct crc32c_kernel {
    const char *name;
    int (*is_available)(void);
    uint32_t (*run)(uint32_t state, const unsigned char *bytes, size_t count);
};

extern const struct crc32c_kernel varve_crc32c_table;
#if defined(__x86_64__)
extern const struct crc32c_kernel varve_crc32c_sse42;
extern const struct crc32c_kernel varve_crc32c_avx512;
#elif defined(__aarch64__)
extern const struct crc32c_kernel varve_crc32c_arm;
#endif

static inline uint64_t load64(const unsigned char *bytes) {
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

#endif
