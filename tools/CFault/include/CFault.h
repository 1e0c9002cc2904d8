// What trying failures takes of the system: mounting without a program in between, children that
// share all but their end, and a ledger that outlives them. Only for tools.
#ifndef CFAULT_H
#define CFAULT_H

#include <stdint.h>

/// mount(2) and umount(2): 0 or an errno.
int fault_mount(const char *device, const char *directory, const char *kind);
int fault_unmount(const char *directory);

/// fork(2). For programs of one thread only: the child has no other.
int fault_fork(void);
/// Waits for a child. Returns its exit code, or the negative number of the signal that ended it.
int fault_wait(int child);
/// Ends this process at once, by SIGKILL.
_Noreturn void fault_die(void);
/// Ends this process at once, and runs nothing that waits for its end.
_Noreturn void fault_exit(int code);

/// Lines of four words in memory that this process shares with its children.
struct fault_ledger;
/// NULL when there is no memory.
struct fault_ledger *fault_ledger_new(int64_t line_count_max);
void fault_ledger_clear(struct fault_ledger *ledger);
/// A line that there is no more room for ends the process by SIGABRT.
void fault_ledger_add(struct fault_ledger *ledger, const int64_t *words);
int64_t fault_ledger_count(const struct fault_ledger *ledger);
void fault_ledger_get(const struct fault_ledger *ledger, int64_t place, int64_t *words);

#endif
