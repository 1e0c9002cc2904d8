#define _GNU_SOURCE
#include "CVarve.h"

#include <linux/futex.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct varve_gate {
    _Atomic uint32_t counter;
    // How many threads sleep or are about to: without any, opening the gate is a single addition.
    _Atomic uint32_t sleepers;
};

varve_gate *varve_gate_make(void) { return calloc(1, sizeof(struct varve_gate)); }

void varve_gate_free(varve_gate *gate) { free(gate); }

uint32_t varve_gate_now(varve_gate *gate) {
    return atomic_load_explicit(&gate->counter, memory_order_seq_cst);
}

static void open_to(varve_gate *gate, int count) {
    // The order matters: a sleeper counts itself before it looks at the counter for the last time
    // (in the kernel), so either it sees the new value or this thread sees the sleeper.
    atomic_fetch_add_explicit(&gate->counter, 1, memory_order_seq_cst);
    if (atomic_load_explicit(&gate->sleepers, memory_order_seq_cst) != 0)
        syscall(SYS_futex, &gate->counter, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
}

void varve_gate_open(varve_gate *gate) { open_to(gate, INT32_MAX); }

void varve_gate_open_to_one(varve_gate *gate) { open_to(gate, 1); }

void varve_gate_wait(varve_gate *gate, uint32_t seen, int64_t nanoseconds) {
    struct timespec limit = {nanoseconds / 1000000000, nanoseconds % 1000000000};
    atomic_fetch_add_explicit(&gate->sleepers, 1, memory_order_seq_cst);
    if (atomic_load_explicit(&gate->counter, memory_order_seq_cst) == seen)
        syscall(SYS_futex, &gate->counter, FUTEX_WAIT_PRIVATE, seen,
                nanoseconds < 0 ? NULL : &limit, NULL, 0);
    atomic_fetch_sub_explicit(&gate->sleepers, 1, memory_order_seq_cst);
}

void varve_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
}

void varve_yield(void) { sched_yield(); }
