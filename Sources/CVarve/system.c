// System calls and constants that Swift's Glibc module lacks, because it is built without
// _GNU_SOURCE. That macro stays in this file: in a header it would break the import of Glibc.
#define _GNU_SOURCE

#include "CVarve.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

const int32_t varve_open_direct = O_DIRECT;

int varve_lock_opening(int file) {
    // l_pid must be 0, and a length of 0 reaches to the end of any file (fcntl(2)).
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(file, F_OFD_SETLK, &lock) == -1 ? -1 : 0;
}

int varve_unlock_opening(int file) {
    struct flock lock = {.l_type = F_UNLCK, .l_whence = SEEK_SET};
    return fcntl(file, F_OFD_SETLK, &lock) == -1 ? -1 : 0;
}

int varve_lock_holder(int file, pid_t *holder) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(file, F_OFD_GETLK, &lock) == -1) return -1;
    *holder = lock.l_type == F_UNLCK ? 0 : lock.l_pid;
    return 0;
}

int varve_reserve(int file, off_t size) {
    return fallocate(file, FALLOC_FL_KEEP_SIZE, 0, size);
}

int varve_begin_write_out(int file) {
    return sync_file_range(file, 0, 0, SYNC_FILE_RANGE_WRITE);
}

const char *varve_entry_name(const void *entry) {
    return ((const struct dirent *)entry)->d_name;
}

int varve_pipe(int ends[2]) {
    return pipe2(ends, O_CLOEXEC);
}

int varve_spawn(const char *path, char *const arguments[], int output, pid_t *child) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigemptyset(&none);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    int code = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (code == 0) code = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    if (code == 0) code = posix_spawnattr_setsigmask(&attributes, &none);
    if (code == 0) code = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    if (code == 0) code = posix_spawn(child, path, &actions, &attributes, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    errno = code;
    return code == 0 ? 0 : -1;
}
