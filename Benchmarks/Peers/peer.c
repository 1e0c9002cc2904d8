#define _GNU_SOURCE
#include "peer.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { pool_count = 1024, words_count = peer_value_size / 8 };

const char *peer_workload, *peer_folder;
int peer_server;

static char **arguments;
static int argument_count;
static uint64_t pool[pool_count][words_count];
static uint64_t pool_sums[pool_count];
static int64_t *latencies;
static int64_t latency_count;
static int64_t work_done, elapsed, processor_time;
static atomic_llong flush_count;

void peer_fail(const char *format, ...) {
    va_list rest;
    va_start(rest, format);
    vfprintf(stderr, format, rest);
    va_end(rest);
    fputc('\n', stderr);
    // A server that was started ends with this process.
    _exit(1);
}

void peer_check(int is_so, const char *what) {
    if (!is_so) peer_fail("%s: %s", what, strerror(errno));
}

// --- Options -----------------------------------------------------------------------------------

int64_t peer_option(const char *name) {
    size_t size = strlen(name);
    for (int place = 3; place < argument_count; place++) {
        const char *word = arguments[place];
        if (strncmp(word, name, size) == 0 && word[size] == '=') return atoll(word + size + 1);
    }
    peer_fail("%s=NUMBER is missing", name);
}

// Steele, Lea and Flood: Fast splittable pseudorandom number generators, 2014.
static uint64_t next_word(uint64_t *state) {
    uint64_t word = *state += 0x9E3779B97F4A7C15u;
    word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9u;
    word = (word ^ word >> 27) * 0x94D049BB133111EBu;
    return word ^ word >> 31;
}

void peer_start(int count, char **words) {
    arguments = words;
    argument_count = count;
    if (count < 3) peer_fail("%s WORKLOAD FOLDER name=number ...", words[0]);
    peer_workload = words[1];
    peer_folder = words[2];
    uint64_t state = 42;
    for (int value = 0; value < pool_count; value++) {
        for (int word = 0; word < words_count; word++) pool[value][word] = next_word(&state);
        pool_sums[value] = peer_sum(pool[value], peer_value_size);
    }
}

// --- Records -----------------------------------------------------------------------------------

const char *peer_value(uint64_t number) { return (const char *)pool[number % pool_count]; }

uint64_t peer_sum(const void *value, size_t size) {
    if (size != peer_value_size) peer_fail("a value of %zu bytes came back", size);
    uint64_t sums[4] = {0}, words[4];
    const char *at = value;
    for (int rest = words_count / 4; rest > 0; rest--, at += sizeof words) {
        memcpy(words, at, sizeof words);
        for (int lane = 0; lane < 4; lane++) sums[lane] += words[lane];
    }
    return sums[0] + sums[1] + sums[2] + sums[3];
}

uint64_t peer_sum_of(uint64_t number) { return pool_sums[number % pool_count]; }

// --- Time --------------------------------------------------------------------------------------

static int64_t read_clock(clockid_t clock) {
    struct timespec time;
    peer_check(clock_gettime(clock, &time) == 0, "clock_gettime");
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int64_t peer_now(void) { return read_clock(CLOCK_MONOTONIC); }

static int64_t processor_now(void) {
    int64_t own = read_clock(CLOCK_PROCESS_CPUTIME_ID);
    clockid_t clock;
    if (peer_server == 0 || clock_getcpuclockid(peer_server, &clock) != 0) return own;
    return own + read_clock(clock);
}

struct peer_clock peer_begin(void) {
    struct peer_clock clock = {.processor = processor_now()};
    clock.start = peer_now();
    return clock;
}

void peer_end(struct peer_clock clock, int64_t work) {
    elapsed += peer_now() - clock.start;
    processor_time += processor_now() - clock.processor;
    work_done += work;
}

void peer_expect(int64_t count) {
    latency_count = count;
    latencies = calloc((size_t)count, sizeof *latencies);
    peer_check(latencies != NULL, "calloc");
}

void peer_note(int64_t number, int64_t nanoseconds) { latencies[number] = nanoseconds; }

// --- Threads -----------------------------------------------------------------------------------

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

void peer_threads(int count, void (*body)(void *, int), void *context) {
    pthread_t threads[count];
    struct thread_start starts[count];
    for (int index = 0; index < count; index++) {
        starts[index] = (struct thread_start){body, context, index};
        errno = pthread_create(&threads[index], NULL, run_thread, &starts[index]);
        peer_check(errno == 0, "pthread_create");
    }
    for (int index = 0; index < count; index++) pthread_join(threads[index], NULL);
}

// --- The outcome -------------------------------------------------------------------------------

int fdatasync(int file) {
    atomic_fetch_add(&flush_count, 1);
    return (int)syscall(SYS_fdatasync, file);
}

int fsync(int file) {
    atomic_fetch_add(&flush_count, 1);
    return (int)syscall(SYS_fsync, file);
}

int64_t peer_flush_count(void) { return atomic_load(&flush_count); }

void peer_tell(const char *program, uint64_t digest, int64_t flushes) {
    if (latency_count > 0) {
        char path[4096];
        snprintf(path, sizeof path, "%s/latencies", peer_folder);
        FILE *file = fopen(path, "w");
        peer_check(file != NULL, path);
        size_t told = fwrite(latencies, sizeof *latencies, (size_t)latency_count, file);
        peer_check(told == (size_t)latency_count && fclose(file) == 0, path);
    }
    printf("program %s\n", program);
    printf("work %lld\nelapsed %lld\n", (long long)work_done, (long long)elapsed);
    printf("processor %lld\n", (long long)processor_time);
    printf("digest %llu\nflushes %lld\n", (unsigned long long)digest, (long long)flushes);
    printf("latencies %lld\n", (long long)latency_count);
    peer_check(fflush(stdout) == 0, "standard output");
}
