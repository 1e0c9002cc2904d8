#define _GNU_SOURCE
#include "CBench.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static int64_t read_clock(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int64_t bench_now(void) { return read_clock(CLOCK_MONOTONIC); }

int64_t bench_cpu_time(void) { return read_clock(CLOCK_PROCESS_CPUTIME_ID); }

int64_t bench_children_time(void) {
    struct rusage use;
    if (getrusage(RUSAGE_CHILDREN, &use) != 0) return 0;
    int64_t seconds = use.ru_utime.tv_sec + use.ru_stime.tv_sec;
    return seconds * 1000000000 + (use.ru_utime.tv_usec + use.ru_stime.tv_usec) * 1000;
}

int64_t bench_process_time(int32_t process) {
    clockid_t clock;
    return clock_getcpuclockid(process, &clock) == 0 ? read_clock(clock) : 0;
}

void bench_wait_until(int64_t when) {
    const int64_t spun = 100000;
    int64_t left = when - bench_now();
    if (left > spun) {
        int64_t wake = when - spun;
        struct timespec time = {wake / 1000000000, wake % 1000000000};
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == EINTR) {}
    }
    while (bench_now() < when) {}
}

void bench_sleep_until(int64_t when) {
    struct timespec time = {when / 1000000000, when % 1000000000};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == EINTR) {}
}

__attribute__((noinline)) uint64_t bench_sum(const void *bytes, size_t size) {
    // Eight sums, so that no addition waits for the one before; memcpy reads unaligned words.
    uint64_t sums[8] = {0};
    const char *at = bytes;
    for (size_t rest = size / 64; rest > 0; rest--, at += 64) {
        uint64_t words[8];
        memcpy(words, at, 64);
        for (int lane = 0; lane < 8; lane++) sums[lane] += words[lane];
    }
    uint64_t sum = 0;
    for (int lane = 0; lane < 8; lane++) sum += sums[lane];
    return sum;
}

__attribute__((noinline)) void bench_copy(void *target, const void *source, size_t size) {
    memcpy(target, source, size);
    __asm__ volatile("" : : "r"(target) : "memory");
}

int bench_write(int file, const void *bytes, size_t size, off_t position) {
    struct iovec part = {(void *)bytes, size};
    ssize_t written = pwritev(file, &part, 1, position);
    if (written == (ssize_t)size) return 0;
    // A file system takes a part of it when it has no room for the rest.
    if (written >= 0) errno = ENOSPC;
    return -1;
}

int bench_write_flush(int file, const void *bytes, size_t size, off_t position) {
    if (bench_write(file, bytes, size, position) != 0) return -1;
    return fdatasync(file);
}

int bench_random_reads(
    int file, size_t size, size_t stride, size_t end, int64_t count, uint64_t seed, uint64_t *sum) {
    uint64_t places = end / stride;
    char *buffer = aligned_alloc(4096, (size + 4095) / 4096 * 4096);
    if (buffer == NULL || places == 0) {
        free(buffer);
        errno = buffer == NULL ? ENOMEM : EINVAL;
        return -1;
    }
    for (int64_t done = 0; done < count; done++) {
        // Knuth's 64-bit congruential generator; the high bits are the random ones.
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        off_t position = (off_t)((seed >> 32) * places >> 32) * (off_t)stride;
        if (pread(file, buffer, size, position) != (ssize_t)size) {
            free(buffer);
            return -1;
        }
        uint64_t word;
        memcpy(&word, buffer, sizeof word);
        *sum += word;
    }
    free(buffer);
    return 0;
}

int bench_real_path(const char *path, char *target, size_t size) {
    char *found = realpath(path, NULL);
    if (found == NULL) return -1;
    int fits = strlen(found) < size;
    if (fits) strcpy(target, found);
    free(found);
    if (!fits) errno = ENAMETOOLONG;
    return fits ? 0 : -1;
}

int bench_errno(void) { return errno; }

const char *bench_environment(const char *name) { return getenv(name); }

int32_t bench_process_id(void) { return getpid(); }

void bench_terminate(int32_t process) { kill(process, SIGTERM); }

struct thread_start {
    void (*body)(void *, int);
    void *context;
    int index;
};

static void *run_thread(void *argument) {
    struct thread_start *start = argument;
    start->body(start->context, start->index);
    return NULL;
}

int bench_threads(int count, void (*body)(void *, int), void *context) {
    pthread_t *threads = calloc(count, sizeof *threads);
    struct thread_start *starts = calloc(count, sizeof *starts);
    int error = threads == NULL || starts == NULL ? ENOMEM : 0;
    int made = 0;
    for (; error == 0 && made < count; made++) {
        starts[made] = (struct thread_start){body, context, made};
        error = pthread_create(&threads[made], NULL, run_thread, &starts[made]);
        if (error != 0) break;
    }
    for (int index = 0; index < made; index++) pthread_join(threads[index], NULL);
    free(threads);
    free(starts);
    return error;
}

int bench_bell(void) { return eventfd(0, EFD_CLOEXEC | EFD_SEMAPHORE); }

int bench_bell_wait(int bell) {
    eventfd_t rung;
    while (eventfd_read(bell, &rung) != 0) {
        if (errno != EINTR) return -1;
    }
    return 0;
}

int bench_bell_ring(int bell) { return eventfd_write(bell, 1); }

void bench_bell_close(int bell) { close(bell); }
