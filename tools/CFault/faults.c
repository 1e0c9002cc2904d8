#include "CFault.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

int fault_mount(const char *device, const char *directory, const char *kind) {
    return mount(device, directory, kind, 0, NULL) ? errno : 0;
}

int fault_unmount(const char *directory) { return umount(directory) ? errno : 0; }

int fault_fork(void) { return fork(); }

int fault_wait(int child) {
    int status = 0;
    while (waitpid(child, &status, 0) == -1)
        if (errno != EINTR) return -SIGABRT;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

void fault_die(void) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

void fault_exit(int code) { _exit(code); }

enum { WORDS = 4 };

struct fault_ledger {
    int64_t room, count;
    int64_t words[];
};

struct fault_ledger *fault_ledger_new(int64_t line_count_max) {
    size_t size = sizeof(struct fault_ledger) + (size_t)line_count_max * WORDS * sizeof(int64_t);
    struct fault_ledger *ledger =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (ledger == MAP_FAILED) return NULL;
    ledger->room = line_count_max;
    return ledger;
}

void fault_ledger_clear(struct fault_ledger *ledger) { ledger->count = 0; }

void fault_ledger_add(struct fault_ledger *ledger, const int64_t *words) {
    if (ledger->count == ledger->room) abort();
    memcpy(ledger->words + ledger->count * WORDS, words, WORDS * sizeof *words);
    ledger->count++;
}

int64_t fault_ledger_count(const struct fault_ledger *ledger) { return ledger->count; }

void fault_ledger_get(const struct fault_ledger *ledger, int64_t place, int64_t *words) {
    memcpy(words, ledger->words + place * WORDS, WORDS * sizeof *words);
}
