// The C leaves of Varve: what Swift cannot say. Nothing here decides anything.
#ifndef CVARVE_H
#define CVARVE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// --- CRC-32C ---------------------------------------------------------------------------------

/// CRC-32C of `count` bytes, continuing `crc` (0 to start). Picks the widest kernel at first use.
uint32_t varve_crc32c(uint32_t crc, const void *bytes, size_t count);
/// The name of the kernel in use.
const char *varve_crc32c_kernel(void);

// --- Guarded access to file mappings ----------------------------------------------------------

/// CRC-32C of mapped bytes. Returns 0, or -1 when touching them raised SIGBUS.
int varve_guarded_crc32c(const void *bytes, size_t count, uint32_t *crc);
/// Copies out of a mapping. Returns 0, or -1 when touching the source raised SIGBUS.
int varve_guarded_copy(void *target, const void *source, size_t count);

#endif
