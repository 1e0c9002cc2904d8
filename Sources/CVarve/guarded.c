// Reads of file mappings that answer instead of dying when the file no longer backs them.

#define _GNU_SOURCE

#include "CVarve.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/// What the calling thread may touch just now; `jump` is NULL outside of guarded calls.
struct guard {
    sigjmp_buf *volatile jump;
    volatile uintptr_t start, end;
};

static _Thread_local struct guard guard;

/// What the calling thread goes through under a shield, and how many pages of it were lost.
struct shield {
    volatile uintptr_t start, end;
    volatile int lost;
};

static _Thread_local struct shield shield;
static uintptr_t page_size;
static pthread_once_t install_once = PTHREAD_ONCE_INIT;
static struct sigaction previous;

/// The kernel reports an unreadable disk block by the start of its page, which can lie before the
/// bytes. 64 KiB is the largest base page of the processors that Varve runs on.
enum { page_size_max = 64 << 10 };

static void pass_on(int signal, siginfo_t *info, void *context) {
    if (previous.sa_flags & SA_SIGINFO) {
        previous.sa_sigaction(signal, info, context);
    } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
        previous.sa_handler(signal);
    } else if (previous.sa_handler == SIG_IGN && info->si_code <= 0) {
        // Sent by a process and ignored, as before. A real fault cannot be ignored.
    } else {
        struct sigaction standard = {.sa_handler = SIG_DFL};
        sigaction(signal, &standard, NULL);
        // A real fault comes again on return, with the registers of its place in the core dump.
        if (info->si_code <= 0) raise(signal);
    }
}

/// Puts a page of zeros where the lost one was; the touch that met it is then made again.
static int replace_page(uintptr_t place) {
    int error = errno;
    void *page = mmap((void *)(place & ~(page_size - 1)), page_size, PROT_READ,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    errno = error;
    return page == MAP_FAILED ? -1 : 0;
}

static void on_bus_error(int signal, siginfo_t *info, void *context) {
    uintptr_t place = (uintptr_t)info->si_addr;
    sigjmp_buf *jump = guard.jump;
    if (jump != NULL && info->si_code > 0 && place >= guard.start && place < guard.end) {
        guard.jump = NULL;
        siglongjmp(*jump, 1);
    }
    if (info->si_code > 0 && place >= shield.start && place < shield.end &&
        replace_page(place) == 0) {
        shield.lost++;
        return;
    }
    pass_on(signal, info, context);
}

static void install(void) {
    page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
    struct sigaction action = {.sa_sigaction = on_bus_error};
    sigemptyset(&action.sa_mask);
    // SA_NODEFER leaves the signal mask alone while the handler runs, so that jumping out of it
    // has nothing to restore and entering a guarded call needs no system call to save the mask.
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    sigaction(SIGBUS, &action, &previous);
}

static inline void enter(sigjmp_buf *jump, const void *bytes, size_t count) {
    guard.start = (uintptr_t)bytes & ~(uintptr_t)(page_size_max - 1);
    guard.end = (uintptr_t)bytes + count;
    guard.jump = jump;
    // The compiler may move no touch of the bytes to before this or to after `leave`.
    atomic_signal_fence(memory_order_seq_cst);
}

static inline void leave(void) {
    atomic_signal_fence(memory_order_seq_cst);
    guard.jump = NULL;
}

int varve_guarded_crc32c(const void *bytes, size_t count, uint32_t *crc) {
    pthread_once(&install_once, install);
    sigjmp_buf jump;
    if (sigsetjmp(jump, 0) != 0) return -1;
    enter(&jump, bytes, count);
    uint32_t sum = varve_crc32c(0, bytes, count);
    leave();
    *crc = sum;
    return 0;
}

int varve_guarded_touch(const void *bytes, size_t count) {
    if (count == 0) return 0;
    pthread_once(&install_once, install);
    sigjmp_buf jump;
    if (sigsetjmp(jump, 0) != 0) return -1;
    enter(&jump, bytes, count);
    const volatile unsigned char *byte = bytes;
    // Pages have at least 4 KiB, and the last byte lies in the last of them.
    for (size_t place = 0; place < count; place += 4096) (void)byte[place];
    (void)byte[count - 1];
    leave();
    return 0;
}

int varve_guarded_copy(void *target, const void *source, size_t count) {
    if (count == 0) return 0;
    pthread_once(&install_once, install);
    sigjmp_buf jump;
    if (sigsetjmp(jump, 0) != 0) return -1;
    enter(&jump, source, count);
    memcpy(target, source, count);
    leave();
    return 0;
}

void varve_shield_begin(const void *bytes, size_t count) {
    pthread_once(&install_once, install);
    shield.lost = 0;
    shield.start = (uintptr_t)bytes & ~(page_size - 1);
    shield.end = (uintptr_t)bytes + count;
    atomic_signal_fence(memory_order_seq_cst);
}

int varve_shield_end(void) {
    atomic_signal_fence(memory_order_seq_cst);
    shield.end = shield.start;
    return shield.lost;
}
