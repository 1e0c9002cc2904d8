// System calls and constants that Swift's Glibc module lacks, because it is built without
// _GNU_SOURCE. That macro stays in this file: in a header it would break the import of Glibc.
#define _GNU_SOURCE

#include "CVarve.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

const int32_t varve_open_direct = O_DIRECT;

int varve_lock_opening(int file) {
    // l_pid must be 0, and a length of 0 reaches to the end of any file (fcntl(2)).
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
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

const char *varve_entry_name(const void *entry) {
    return ((const struct dirent *)entry)->d_name;
}
