// What belongs to the process as a whole: the signals that ask it to stop, and its standard
// streams. The signal handler only stores a number and writes a byte, both of which it may do
// (signal-safety(7)).
#define _GNU_SOURCE

#include "CVarve.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <unistd.h>

static atomic_int stop_signal;
// The ends of a pipe: a signal that arrives between looking at the flag and waiting still ends the
// wait, because the pipe stays readable.
static int wake_read = -1;
static int wake_write = -1;

static void note_stop(int signal) {
    int saved = errno;
    int none = 0;
    if (atomic_compare_exchange_strong(&stop_signal, &none, signal)) {
        ssize_t written = write(wake_write, "", 1);
        (void)written;
    }
    errno = saved;
}

// A program may be started with standard streams closed. The next files that it opened would take
// their numbers, and be read as its input or be written over by its messages. So the numbers are
// taken by openings of the null device that refuse just what the stream is for (EBADF).
static int occupy_standard_streams(void) {
    for (int number = 0; number <= 2; number++) {
        if (fcntl(number, F_GETFD) != -1 || errno != EBADF) continue;
        if (open("/dev/null", number == 0 ? O_WRONLY : O_RDONLY) == -1) return -1;
    }
    return 0;
}

int varve_watch_stop_signals(void) {
    if (wake_read != -1) return 0;
    if (occupy_standard_streams() == -1) return -1;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) == -1) return -1;
    wake_read = ends[0];
    wake_write = ends[1];
    // Without SA_RESTART, so that a wait for input ends; with SA_RESETHAND, so that whoever does
    // not want to wait for a clean end asks twice.
    struct sigaction stop = {.sa_handler = note_stop, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&stop.sa_mask);
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigemptyset(&ignore.sa_mask);
    int wanted[] = {SIGINT, SIGTERM};
    for (int place = 0; place < 2; place++) {
        // A shell starts background jobs with SIGINT ignored, and that stays so.
        struct sigaction before;
        if (sigaction(wanted[place], NULL, &before) == -1) return -1;
        if (before.sa_handler == SIG_IGN) continue;
        if (sigaction(wanted[place], &stop, NULL) == -1) return -1;
    }
    return sigaction(SIGPIPE, &ignore, NULL);
}

int varve_stop_signal(void) {
    return atomic_load(&stop_signal);
}

int varve_stop_descriptor(void) {
    return wake_read;
}

int varve_hold_standard_streams(void) {
    for (int file = 0; file <= 2; file++) {
        if (fcntl(file, F_GETFD) != -1) continue;
        // Opened the wrong way round, so that using it fails as it would have. The lowest free
        // number is given out, and those below are taken.
        if (open("/dev/null", file == 0 ? O_WRONLY : O_RDONLY) == -1) return -1;
    }
    return 0;
}

int varve_terminal_width(int file) {
    struct winsize size = {0};
    if (!isatty(file) || ioctl(file, TIOCGWINSZ, &size) == -1) return 0;
    return size.ws_col;
}
