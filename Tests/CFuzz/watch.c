#define _GNU_SOURCE
#include "CFuzz.h"

#include "CCount.h"

#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

// The call that is watched on this thread. The handlers run on the thread that they are for.
static __thread struct {
    int is_on;
    const void *input;
    size_t size;
    const char *path, *note;
    int64_t start;
} watched __attribute__((tls_model("initial-exec")));

static int64_t cpu_time(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void say(const char *text) {
    if (write(STDERR_FILENO, text, strlen(text)) < 0) return;
}

/// Only calls that are safe in a handler.
static void keep_input(int signal) {
    int file = open(watched.path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file >= 0) {
        const char *rest = watched.input;
        size_t left = watched.size;
        while (left > 0) {
            ssize_t written = write(file, rest, left);
            if (written <= 0) break;
            rest += written;
            left -= (size_t)written;
        }
        close(file);
    }
    say(signal == SIGXCPU ? "\nfuzz: the input takes too long\n"
                          : "\nfuzz: the input ends the process\n");
    say(watched.note);
    say("\n");
}

#if !VARVE_IS_SANITIZED

// With a sanitizer libFuzzer's own handlers and limits hold.

static const int fatal[] = {SIGILL, SIGTRAP, SIGABRT, SIGFPE, SIGBUS, SIGSEGV, SIGXCPU};
enum { fatal_count = sizeof fatal / sizeof *fatal };
static struct sigaction before[fatal_count];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void handle(int signal, siginfo_t *info, void *context) {
    (void)info, (void)context;
    if (watched.is_on) keep_input(signal);
    // What stood before takes the signal when the instruction runs again, or at once.
    for (int slot = 0; slot < fatal_count; slot++)
        if (fatal[slot] == signal) sigaction(signal, &before[slot], NULL);
    if (signal == SIGXCPU || signal == SIGABRT) raise(signal);
}

static void install(void) {
    struct sigaction ours = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    for (int slot = 0; slot < fatal_count; slot++) sigaction(fatal[slot], &ours, &before[slot]);
}

/// Lets this thread get a signal when it has used so much processor time; 0 for never.
static void limit_time(unsigned seconds) {
    static __thread timer_t timer;
    static __thread int is_made;
    if (!is_made) {
        struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGXCPU};
        event._sigev_un._tid = gettid();
        if (timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &timer) != 0) return;
        is_made = 1;
    }
    struct itimerspec limit = {.it_value = {.tv_sec = seconds}};
    timer_settime(timer, 0, &limit, NULL);
}

#else

static void install(void) { (void)keep_input; }
static void limit_time(unsigned seconds) { (void)seconds; }
static pthread_once_t once = PTHREAD_ONCE_INIT;

#endif

void varve_fuzz_begin(
    const void *input, size_t size, const char *path, const char *note, unsigned seconds) {
    pthread_once(&once, install);
    watched.input = input;
    watched.size = size;
    watched.path = path;
    watched.note = note;
    watched.is_on = 1;
    limit_time(seconds);
    watched.start = cpu_time();
    varve_heap_begin();
}

varve_fuzz_cost varve_fuzz_end(void) {
    varve_fuzz_cost cost = {
        .heap_peak = varve_heap_end().size_peak, .cpu_time = cpu_time() - watched.start};
    limit_time(0);
    watched.is_on = 0;
    return cost;
}

void varve_fuzz_give_back_freed_memory(void) {
    mallopt(M_MMAP_THRESHOLD, 128 << 10);
    mallopt(M_TRIM_THRESHOLD, 128 << 10);
}

int varve_fuzz_is_sanitized(void) { return VARVE_IS_SANITIZED; }

int varve_fuzz_reset_resident_peak(void) {
    int file = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
    if (file < 0) return 0;
    int is_reset = write(file, "5", 1) == 1;
    close(file);
    return is_reset;
}

static int64_t status_bytes(const char *field) {
    FILE *file = fopen("/proc/self/status", "re");
    if (!file) return -1;
    char line[256];
    long long kib = -1;
    while (fgets(line, sizeof line, file))
        if (strncmp(line, field, strlen(field)) == 0) sscanf(line + strlen(field), ": %lld", &kib);
    fclose(file);
    return kib < 0 ? -1 : kib * 1024;
}

int64_t varve_fuzz_resident_peak(void) { return status_bytes("VmHWM"); }
int64_t varve_fuzz_resident_now(void) { return status_bytes("VmRSS"); }

_Noreturn void varve_fuzz_exit(int status) { exit(status); }
char *varve_fuzz_copy(const char *word) { return strdup(word); }
