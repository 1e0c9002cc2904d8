// Loaded into a server that a harness starts: counts its calls of fdatasync(2) and fsync(2) in a
// page of a file that the harness reads.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static _Atomic int64_t *count;

__attribute__((constructor)) static void find_count(void) {
    const char *path = getenv("PEER_FLUSHES");
    int file = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
    if (file == -1) return;
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (page != MAP_FAILED) count = page;
    close(file);
}

static int flush(long call, int file) {
    if (count != NULL) atomic_fetch_add(count, 1);
    return (int)syscall(call, file);
}

int fdatasync(int file) { return flush(SYS_fdatasync, file); }

int fsync(int file) { return flush(SYS_fsync, file); }
