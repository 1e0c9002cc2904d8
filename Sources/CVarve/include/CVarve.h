// The C leaves of Varve: what Swift cannot say. Nothing here decides anything.
#ifndef CVARVE_H
#define CVARVE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// --- CRC-32C ---------------------------------------------------------------------------------

/// CRC-32C of `count` bytes, continuing `crc` (0 to start). Picks the widest kernel at first use
/// and never reads outside the bytes it is given.
uint32_t varve_crc32c(uint32_t crc, const void *bytes, size_t count);
/// The name of the kernel in use.
const char *varve_crc32c_kernel(void);
/// The name of kernel number `kernel`, from 0 and the narrowest up; NULL past the last one.
const char *varve_crc32c_kernel_name(int kernel);
/// The same sum by one named kernel, for tests and benchmarks. Returns 0, or -1 when this machine
/// cannot run it.
int varve_crc32c_with(int kernel, uint32_t crc, const void *bytes, size_t count, uint32_t *result);

// --- Guarded access to file mappings ----------------------------------------------------------

// Bytes of a mapping that its file no longer backs (it was cut short, or the disk cannot read
// them) raise SIGBUS when touched. These calls take the signal and answer -1; a SIGBUS from
// anywhere else goes on to the handler that stood before the first call here, or to the default.
//
// The handler is installed once, at the first call, for the whole process. A library that installs
// its own SIGBUS handler later without passing ours on takes this protection away, as does a
// thread that blocks SIGBUS: the kernel then ends the process.

/// CRC-32C of mapped bytes. Returns 0, or -1 when touching them raised SIGBUS.
int varve_guarded_crc32c(const void *bytes, size_t count, uint32_t *crc);
/// Touches every page that the bytes lie in. Returns 0, or -1 when one raised SIGBUS.
int varve_guarded_touch(const void *bytes, size_t count);
/// Copies out of a mapping. Returns 0, or -1 when touching the source raised SIGBUS; `target` then
/// holds any part of the bytes.
int varve_guarded_copy(void *target, const void *source, size_t count);

// A shield lets a thread go through mapped bytes with any code: where one is lost, a page of zeros
// takes the place of the page that held it, in the mapping itself and for good. So the mapping must
// be the thread's alone, and what was computed from it counts only if nothing was lost.

/// From here on, and in this thread, pages in which the bytes lie are replaced when they are lost.
/// One shield at a time.
void varve_shield_begin(const void *bytes, size_t count);
/// Ends the shield. Returns how many pages were replaced under it.
int varve_shield_end(void);

// --- System calls that Swift's Glibc module lacks ---------------------------------------------

// All return 0, or -1 with errno; none retries.

/// An exclusive lock on the whole file, owned by this opening of it (F_OFD_SETLK): it excludes
/// POSIX locks and other openings in this process. EAGAIN when somebody else holds one.
int varve_lock_opening(int file);
/// Gives that lock up, whoever else has a descriptor of this opening.
int varve_unlock_opening(int file);
/// Who keeps `varve_lock_opening` from succeeding: 0 for nobody, a process id for a POSIX lock, -1
/// for a lock of an opening, which belongs to no process.
int varve_lock_holder(int file, pid_t *holder);
/// Reserves blocks for the first `size` bytes and leaves the length alone (FALLOC_FL_KEEP_SIZE).
int varve_reserve(int file, off_t size);
/// Starts to write out the file's pages and waits for none (SYNC_FILE_RANGE_WRITE). A failure shows
/// in the flush that follows.
int varve_begin_write_out(int file);
/// The name in a `struct dirent`. Swift would import the field as a tuple, and copying it reads
/// past the end of short entries.
const char *varve_entry_name(const void *entry);
/// A pipe whose ends no other program inherits: `ends[0]` is read from, `ends[1]` written to.
int varve_pipe(int ends[2]);
/// Starts the program at `path`, with this one's environment, standard error and no signal blocked;
/// its standard output is `output`, its standard input empty. `arguments` ends with NULL.
int varve_spawn(const char *path, char *const arguments[], int output, pid_t *child);
/// The flag of open(2) for reads and writes that pass by the page cache.
extern const int32_t varve_open_direct;

// --- Signals that ask a program to stop -------------------------------------------------------

/// From the first call on, SIGINT and SIGTERM are noted instead of ending the process; the second
/// of one kind ends it as ever. They interrupt system calls (EINTR). SIGPIPE is ignored, so that
/// writing to a closed pipe answers EPIPE. Standard streams that are closed are taken, so that
/// no other file gets their numbers; using them stays an error. Returns 0, or -1 with errno.
int varve_watch_stop_signals(void);
/// The first of these signals that arrived; 0 before.
int varve_stop_signal(void);
/// A descriptor that can be read from the moment a signal arrived on, for poll(2); -1 before
/// `varve_watch_stop_signals`. Nobody reads from it.
int varve_stop_descriptor(void);
/// Sees to it that descriptors 0 to 2 are taken, so that no file opened later can be mistaken for a
/// standard stream. One that was closed stays unusable: reading or writing it answers EBADF.
/// Returns 0, or -1 with errno.
int varve_hold_standard_streams(void);
/// The columns of the terminal behind `file`; 0 when it is none.
int varve_terminal_width(int file);

// --- Sockets and readiness --------------------------------------------------------------------

// Descriptors made here are non-blocking and not inherited. Calls return -1 with errno where
// nothing else is said; none retries.

/// An address of the Internet protocol: `family` 4 or 6, the first 4 or all 16 of `bytes`, first
/// byte first; `scope` is the interface of a link-local address.
typedef struct {
    int32_t family;
    uint32_t scope;
    uint16_t port;
    uint8_t bytes[16];
} varve_address;

/// The addresses of a host by name or number, at most `max`; every address of the machine for an
/// empty name. Returns how many, or a negative code for `varve_resolve_reason`. May wait for a
/// name server.
int varve_resolve(const char *host, varve_address *found, int max);
const char *varve_resolve_reason(int code);
/// The ends of a socket; `peer` may be NULL, and is left alone while there is none.
int varve_socket_ends(int file, varve_address *local, varve_address *peer);
/// A socket that listens at `address`.
int varve_listen(const varve_address *address, int backlog);
/// The next connection that waits at a listener, with delays of small writes turned off.
int varve_accept(int listener, varve_address *peer);
/// How long a connected socket's peer takes to answer, as far as the kernel has seen, in us; 0 when
/// it has not, or -1 with errno.
int64_t varve_round_trip(int file);
/// A socket that begins to connect.
int varve_connect(const varve_address *address);
struct iovec;
/// Sends parts one after the other; a gone peer is EPIPE and no signal.
ssize_t varve_send(int file, const struct iovec *parts, int count);
/// Sends bytes of the file `source`; a gone peer is EPIPE and no signal.
ssize_t varve_send_file(int file, int source, off_t position, size_t count);

/// Waits for many descriptors (epoll, told as long as readiness lasts).
int varve_poller_make(void);
int varve_poller_add(int poller, int file, uint32_t wanted, uint64_t token);
/// The same for a descriptor in several pollers, of which not all are told of each event.
int varve_poller_add_shared(int poller, int file, uint32_t wanted, uint64_t token);
int varve_poller_change(int poller, int file, uint32_t wanted, uint64_t token);
int varve_poller_remove(int poller, int file);
typedef struct {
    uint64_t token;
    uint32_t events;
} varve_ready;
/// Waits at most `timeout_ms`, forever for -1. Returns how many of `ready` were filled.
int varve_poller_wait(int poller, varve_ready *ready, int max, int timeout_ms);
/// Bits of `wanted` and `events`.
extern const uint32_t varve_ready_read;
extern const uint32_t varve_ready_write;
/// Told without being wanted.
extern const uint32_t varve_ready_failed;

/// A descriptor that is readable from the moment it is rung until it is silenced.
int varve_bell_make(void);
void varve_bell_ring(int bell);
void varve_bell_silence(int bell);

// --- Waiting ----------------------------------------------------------------------------------

/// A counter that threads sleep on: what a futex can do, and no more.
typedef struct varve_gate varve_gate;

/// NULL when there is no memory.
varve_gate *varve_gate_make(void);
void varve_gate_free(varve_gate *gate);
/// The counter as it stands.
uint32_t varve_gate_now(varve_gate *gate);
/// Raises the counter and wakes every thread that sleeps on it. No system call when none does.
void varve_gate_open(varve_gate *gate);
/// Raises the counter and wakes one thread that sleeps on it.
void varve_gate_open_to_one(varve_gate *gate);
/// Sleeps until the counter is no longer `seen`, or `nanoseconds` have passed (below 0: no limit).
/// May return early; whoever waits looks again.
void varve_gate_wait(varve_gate *gate, uint32_t seen, int64_t nanoseconds);
/// Tells the processor that this thread only waits for another one.
void varve_pause(void);
/// Lets other threads have the processor; comes back at once when none wants it.
void varve_yield(void);

#endif
