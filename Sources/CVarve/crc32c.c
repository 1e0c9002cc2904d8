#include "CVarve.h"

// Castagnoli, reflected polynomial 0x82F63B78, one bit at a time.
uint32_t varve_crc32c(uint32_t crc, const void *bytes, size_t count) {
    const unsigned char *byte = bytes;
    crc = ~crc;
    while (count--) {
        crc ^= *byte++;
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (0x82F63B78u & -(crc & 1));
    }
    return ~crc;
}
const char *varve_crc32c_kernel(void) { return "bitwise"; }

int varve_guarded_crc32c(const void *bytes, size_t count, uint32_t *crc) {
    *crc = varve_crc32c(0, bytes, count);
    return 0;
}
int varve_guarded_copy(void *target, const void *source, size_t count) {
    __builtin_memcpy(target, source, count);
    return 0;
}
