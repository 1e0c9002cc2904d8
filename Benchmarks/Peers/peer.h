// What the harnesses of other stores share: options, records, clocks, and how an outcome is told.
#ifndef PEER_H
#define PEER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    /// Bytes of a record's value.
    peer_value_size = 1024,
    /// Records in a batch that is not waited for.
    peer_batch_count = 100,
};

/// Says why on standard error and ends the process with 1.
__attribute__((noreturn, format(printf, 1, 2))) void peer_fail(const char *format, ...);
/// Fails with errno, unless it is so.
void peer_check(int is_so, const char *what);

// --- Options -----------------------------------------------------------------------------------

/// The number behind `name=` among the arguments; fails where there is none.
int64_t peer_option(const char *name);
/// Called first: `PROGRAM WORKLOAD FOLDER name=number …`.
void peer_start(int count, char **words);
extern const char *peer_workload;
extern const char *peer_folder;

// --- Records -----------------------------------------------------------------------------------

/// The value of the record with this number: bytes that cannot be compressed, equal in each run.
const char *peer_value(uint64_t number);
/// The sum of the 64-bit words of a value; other sizes than `peer_value_size` fail.
uint64_t peer_sum(const void *value, size_t size);
/// What `peer_sum` answers for the record with this number.
uint64_t peer_sum_of(uint64_t number);

// --- Time --------------------------------------------------------------------------------------

/// CLOCK_MONOTONIC in nanoseconds.
int64_t peer_now(void);

/// A measurement: the time, and the processor time of this process and of a server that it started.
struct peer_clock {
    int64_t start, processor;
};
struct peer_clock peer_begin(void);
/// Notes what passed since, and how much was done meanwhile.
void peer_end(struct peer_clock clock, int64_t work);
/// Makes room for so many latencies, which `peer_note` fills; each number is noted once.
void peer_expect(int64_t count);
void peer_note(int64_t number, int64_t nanoseconds);
/// The server whose processor time counts; 0 for none.
extern int peer_server;

// --- Threads -----------------------------------------------------------------------------------

/// Runs `body(context, 0)` to `body(context, count - 1)`, each in a thread of its own.
void peer_threads(int count, void (*body)(void *context, int index), void *context);

// --- The outcome -------------------------------------------------------------------------------

/// How many times this process has called fdatasync(2) or fsync(2): both are defined here, and
/// shared libraries take the program's own.
int64_t peer_flush_count(void);
/// Prints a line for each fact, and the latencies to a file. The digest is of what was checked.
void peer_tell(const char *program, uint64_t digest, int64_t flushes);

#ifdef __cplusplus
}
#endif
#endif
