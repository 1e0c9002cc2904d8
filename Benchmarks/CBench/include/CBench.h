// What benchmarks compare Varve with: plain loops of system calls and of loads. Nothing here
// checks, buffers or decides anything, so that each is the limit of the machine for its bytes.
#ifndef CBENCH_H
#define CBENCH_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// --- Time --------------------------------------------------------------------------------------

/// CLOCK_MONOTONIC in nanoseconds.
int64_t bench_now(void);
/// Processor time of this process, all its threads, in nanoseconds.
int64_t bench_cpu_time(void);
/// Processor time of the processes that this one waited for, and that they waited for.
int64_t bench_children_time(void);
/// Processor time of another process, all its threads; 0 when there is none.
int64_t bench_process_time(int32_t process);
/// Returns at `when` or as soon after it as the machine allows: sleeps up to 100 us before, then
/// spins, because a sleeping processor wakes tens of microseconds late.
void bench_wait_until(int64_t when);
/// Returns some time after it and does nothing meanwhile.
void bench_sleep_until(int64_t when);

// --- Memory ------------------------------------------------------------------------------------

/// How many bytes malloc(3) has lent out, in all arenas.
size_t bench_heap_size(void);
/// Gives the free memory of malloc(3) back to the system.
void bench_trim(void);
/// The sum of all 64-bit words of `bytes`; a rest of up to 63 bytes is left out.
uint64_t bench_sum(const void *bytes, size_t size);
/// memcpy(3), never inlined and never left out.
void bench_copy(void *target, const void *source, size_t size);

// --- Files -------------------------------------------------------------------------------------

/// One pwritev(2) of `size` bytes. Returns 0, or -1 with errno, also when it wrote less.
int bench_write(int file, const void *bytes, size_t size, off_t position);
/// The same, then fdatasync(2).
int bench_write_flush(int file, const void *bytes, size_t size, off_t position);
/// `count` calls of pread(2), of `size` bytes each, at multiples of `stride` below `end` that a
/// generator seeded with `seed` picks. Adds the first word of each to `sum`. Returns 0 or -1.
int bench_random_reads(
    int file, size_t size, size_t stride, size_t end, int64_t count, uint64_t seed, uint64_t *sum);
/// Writes the absolute form of `path` to `target`. Returns 0, or -1 with errno.
int bench_real_path(const char *path, char *target, size_t size);
/// The number of the last error of this thread.
int bench_errno(void);
/// The value of an environment variable; NULL when there is none.
const char *bench_environment(const char *name);
/// This process's id.
int32_t bench_process_id(void);
/// Asks another process to end, by SIGTERM.
void bench_terminate(int32_t process);

// --- Threads -----------------------------------------------------------------------------------

/// Runs `body(context, 0)` to `body(context, count - 1)`, each in a thread of its own, and returns
/// when all have returned: 0, or an error number when a thread could not be made; those that were
/// made have then run.
int bench_threads(int count, void (*body)(void *context, int index), void *context);

/// A bell for a thread that waits for tasks: returns its file, or -1 with errno.
int bench_bell(void);
/// Returns when the bell was rung, once for each time. Returns 0, or -1 with errno.
int bench_bell_wait(int bell);
int bench_bell_ring(int bell);
void bench_bell_close(int bell);

// --- Sockets -----------------------------------------------------------------------------------

/// Listens on a free port of 127.0.0.1. Returns the file, or -1 with errno.
int bench_listen(uint16_t *port);
/// Takes one connection from `listener`, which it closes, and sends back what comes until the
/// peer ends: blocking, no frames, no copies but the kernel's. Returns 0, or -1 with errno.
int bench_echo_serve(int listener);
/// Sends `count` frames of `size` bytes, at least 8, each behind its size, to a port of 127.0.0.1,
/// `ahead` at a time, and reads as many back before the next. Adds the first word of each answer
/// to `sum`. Returns 0, or -1 with errno.
int bench_echo(uint16_t port, size_t size, int64_t count, int ahead, uint64_t *sum);

/// Connections of many clients to one broker, driven by one thread. Each has at most one request
/// under way.
typedef struct bench_crew bench_crew;
/// Opens `count` connections to a port of 127.0.0.1. Returns NULL with errno.
bench_crew *bench_crew_open(uint16_t port, int count);
void bench_crew_close(bench_crew *crew);
/// Sends a frame, its size before it. Returns 0, or -1 with errno.
int bench_crew_send(bench_crew *crew, int member, const void *bytes, size_t size);
/// Waits for an answer until `deadline`, by `bench_now`. Returns whose it is, with the frame behind
/// its size, which lasts until the next call; or -1 with errno, ETIME at the deadline.
int bench_crew_next(bench_crew *crew, int64_t deadline, const void **frame, size_t *size);

/// Connections that a process of their own holds, so that both ends do not count against one
/// process's limit.
typedef struct bench_holder bench_holder;
/// Forks a holder of `count` connections to a port of 127.0.0.1, none of which is open yet. `frame`
/// is what they send. Returns NULL with errno.
bench_holder *bench_holder_open(uint16_t port, int count, const void *frame, size_t size);
/// Opens the connections. Returns 0, or -1 with errno.
int bench_holder_connect(bench_holder *holder);
/// Sends the frame on each of them, then reads an answer, behind its size, on each. Returns 0 or -1.
int bench_holder_round(bench_holder *holder);
/// Ends the holder, and its connections with it.
void bench_holder_close(bench_holder *holder);

// --- Broker ------------------------------------------------------------------------------------

enum {
    /// Acknowledges and keeps nothing.
    BENCH_BROKER_NULL,
    /// Writes each batch to the file of its partition.
    BENCH_BROKER_WRITE,
    /// The same, flushed before the acknowledgement, on blocks written before: `prewritten` bytes
    /// of each file, whole MiB.
    BENCH_BROKER_FLUSH,
};
/// Serves Produce 7 and Fetch 4, one partition in a request, from one thread, until the last of its
/// clients is gone. Takes the listener over. Returns 0, or -1 with errno.
int bench_broker_serve(int listener, int mode, const char *folder, size_t prewritten);

/// Requests one behind the other, each with its size: `count + 1` places in `bytes`.
struct bench_frames {
    const char *bytes;
    const size_t *starts;
    int count;
};
/// Sends `count` Produce requests over one connection, up to `ahead` without an answer. Adds how
/// many were acknowledged to `acked`. Returns 0, or -1 with errno, EPROTO when one was refused.
int bench_produce(
    uint16_t port, const struct bench_frames *frames, int64_t count, int ahead, uint64_t *acked);
/// Sends one Produce request every `interval` nanoseconds, whatever becomes of those before, and
/// notes how long after it was due each was acknowledged. Returns as `bench_produce` does.
int bench_produce_paced(
    uint16_t port, const struct bench_frames *frames, int64_t count, int64_t interval,
    int64_t *latencies);
/// Sends `count` Produce requests over so many connections, the next one of each after the answer
/// to its last, and notes how long each took. Returns as `bench_produce` does.
int bench_produce_in_turn(
    uint16_t port, const struct bench_frames *frames, int links_count, int64_t count,
    int64_t *latencies);
/// Fetches from offset 0 on until that many bytes have come, by one Fetch request for each
/// partition, whose offset is set anew each time. Adds the bytes to `bytes_taken`. Returns 0 or -1.
int bench_consume(
    uint16_t port, const struct bench_frames *frames, int64_t bytes_wanted, uint64_t *bytes_taken);

#endif
