// CRC-32C with the crc extension of ARMv8: eight bytes an instruction.

#if defined(__aarch64__)

#include "crc32c_kernels.h"

#include <arm_acle.h>
#include <sys/auxv.h>

static int arm_is_available(void) { return (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0; }

__attribute__((target("crc")))
static uint32_t run_arm(uint32_t state, const unsigned char *bytes, size_t count) {
    for (; count >= 8; count -= 8, bytes += 8) state = __crc32cd(state, load64(bytes));
    for (; count > 0; count--, bytes++) state = __crc32cb(state, *bytes);
    return state;
}

const struct crc32c_kernel varve_crc32c_arm = {"armv8-crc", arm_is_available, run_arm};

#endif
