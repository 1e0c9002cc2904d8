// What judging an input takes beyond Swift: how much memory and processor time a call took, and who
// keeps the input when the call ends the process.
#ifndef CFUZZ_H
#define CFUZZ_H

#include <stddef.h>
#include <stdint.h>

/// What a call took, on its own thread.
typedef struct {
    /// The most bytes of the heap that were in use at once, beyond those at the beginning. 0 under a
    /// sanitizer, which has its own heap.
    int64_t heap_peak;
    /// Processor time in nanoseconds.
    int64_t cpu_time;
} varve_fuzz_cost;

/// Begins to watch one call on this thread; threads are watched apart.
///
/// If this thread gets a fatal signal before the end, or uses `seconds` of processor time, the input
/// is written to `path`, `note` to standard error, and the process ends. The pointers must stay
/// valid until the end. Under a sanitizer only the cost is taken.
void varve_fuzz_begin(
    const void *input, size_t size, const char *path, const char *note, unsigned seconds);

/// Ends watching and answers what the call took.
varve_fuzz_cost varve_fuzz_end(void);

/// Makes the kernel forget how much memory this process had resident at most; 0 where it cannot.
int varve_fuzz_reset_resident_peak(void);
/// The most bytes that were resident since the reset, and those that are now; -1 where unknown.
int64_t varve_fuzz_resident_peak(void);
int64_t varve_fuzz_resident_now(void);

/// From now on the heap keeps no freed run of 128 KiB or more for later.
void varve_fuzz_give_back_freed_memory(void);

/// Whether this build has a sanitizer, which takes time and memory of its own.
int varve_fuzz_is_sanitized(void);

/// exit(3), with standard output written out.
_Noreturn void varve_fuzz_exit(int status);
/// strdup(3).
char *varve_fuzz_copy(const char *word);

/// libFuzzer's loop and its own mutation, in builds that link it.
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback)(const uint8_t *bytes, size_t size));
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t size_max);

#endif
