// A virtual disk behind FUSE: DIR/disk is its content, DIR/ledger takes marks, DIR/control takes
// commands and tells numbers.
#define FUSE_USE_VERSION 31
#include "disk.h"

#include <errno.h>
#include <fuse.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static struct disk *disk;

enum file { FILE_NONE, FILE_ROOT, FILE_DISK, FILE_LEDGER, FILE_CONTROL };

static enum file file_at(const char *path) {
    if (!strcmp(path, "/")) return FILE_ROOT;
    if (!strcmp(path, "/disk")) return FILE_DISK;
    if (!strcmp(path, "/ledger")) return FILE_LEDGER;
    if (!strcmp(path, "/control")) return FILE_CONTROL;
    return FILE_NONE;
}

static int on_getattr(const char *path, struct stat *found, struct fuse_file_info *info) {
    (void)info;
    enum file file = file_at(path);
    if (file == FILE_NONE) return -ENOENT;
    memset(found, 0, sizeof *found);
    found->st_mode = file == FILE_ROOT ? S_IFDIR | 0755 : S_IFREG | 0600;
    found->st_nlink = file == FILE_ROOT ? 2 : 1;
    found->st_size = file == FILE_DISK ? (off_t)disk_size(disk) : 0;
    return 0;
}

static int on_readdir(const char *path, void *buffer, fuse_fill_dir_t fill, off_t from,
                      struct fuse_file_info *info, enum fuse_readdir_flags flags) {
    (void)from, (void)info, (void)flags;
    if (file_at(path) != FILE_ROOT) return -ENOTDIR;
    for (const char *const *name = (const char *const[]){".", "..", "disk", "ledger", "control", 0};
         *name; name++)
        fill(buffer, *name, NULL, 0, 0);
    return 0;
}

// Nothing may stay in the page cache: what the kernel holds back, no cut can lose.
static int on_open(const char *path, struct fuse_file_info *info) {
    if (file_at(path) == FILE_NONE) return -ENOENT;
    info->direct_io = 1;
    return 0;
}

static int on_truncate(const char *path, off_t size, struct fuse_file_info *info) {
    (void)size, (void)info;
    return file_at(path) == FILE_DISK ? -EPERM : 0;
}

static int tell(char *bytes, size_t size, off_t from) {
    struct disk_count count = disk_count(disk);
    char text[256];
    int length = snprintf(
        text, sizeof text,
        "first %zu\nlater %zu\nvolatile %zu\nlost %zu\nflushes %" PRIu64 "\nwrites %" PRIu64
        "\nfailures %" PRIu64 "\nsurvivors %" PRIu64 "\n",
        count.first, count.later, count.volatile_, count.lost, count.flushes, count.writes,
        count.failures, count.survivors);
    if (from >= length) return 0;
    if (size > (size_t)(length - from)) size = (size_t)(length - from);
    memcpy(bytes, text + from, size);
    return (int)size;
}

static int on_read(const char *path, char *bytes, size_t size, off_t from,
                   struct fuse_file_info *info) {
    (void)info;
    switch (file_at(path)) {
    case FILE_DISK: {
        uint64_t end = disk_size(disk);
        if ((uint64_t)from >= end) return 0;
        if (size > end - (uint64_t)from) size = end - (uint64_t)from;
        int outcome = disk_read(disk, bytes, size, (uint64_t)from);
        return outcome ? outcome : (int)size;
    }
    case FILE_LEDGER: return (int)disk_marks(disk, (size_t)from, bytes, size);
    case FILE_CONTROL: return tell(bytes, size, from);
    default: return -EISDIR;
    }
}

// record | rewind | cut EVENTS SEED | again EVENTS SEED | fail flush|write ORDINAL once|on | work
static bool obey(const char *command) {
    size_t end;
    uint64_t seed, ordinal;
    char what[8], span[8];
    if (!strcmp(command, "record")) {
        disk_record(disk);
    } else if (!strcmp(command, "rewind")) {
        disk_rewind(disk);
    } else if (!strcmp(command, "work")) {
        disk_set_fault(disk, (struct fault){.kind = FAULT_NONE});
    } else if (sscanf(command, "cut %zu %" SCNu64, &end, &seed) == 2) {
        disk_cut(disk, end, seed);
    } else if (sscanf(command, "again %zu %" SCNu64, &end, &seed) == 2) {
        disk_cut_again(disk, end, seed);
    } else if (sscanf(command, "fail %7s %" SCNu64 " %7s", what, &ordinal, span) == 3) {
        struct fault fault = {.ordinal = ordinal, .persists = !strcmp(span, "on")};
        fault.kind = !strcmp(what, "flush") ? FAULT_FLUSH : FAULT_WRITE;
        disk_set_fault(disk, fault);
    } else {
        return false;
    }
    return true;
}

static int on_write(const char *path, const char *bytes, size_t size, off_t from,
                    struct fuse_file_info *info) {
    (void)info;
    switch (file_at(path)) {
    case FILE_DISK: {
        int outcome = disk_write(disk, bytes, size, (uint64_t)from);
        return outcome ? outcome : (int)size;
    }
    case FILE_LEDGER: disk_mark(disk, bytes, size); return (int)size;
    case FILE_CONTROL: {
        char command[128];
        if (size >= sizeof command) return -EINVAL;
        memcpy(command, bytes, size);
        command[size] = 0;
        command[strcspn(command, "\n")] = 0;
        return obey(command) ? (int)size : -EINVAL;
    }
    default: return -EISDIR;
    }
}

static int on_fsync(const char *path, int is_data_only, struct fuse_file_info *info) {
    (void)is_data_only, (void)info;
    return file_at(path) == FILE_DISK ? disk_flush(disk) : 0;
}

static const struct fuse_operations operations = {
    .getattr = on_getattr,
    .readdir = on_readdir,
    .open = on_open,
    .truncate = on_truncate,
    .read = on_read,
    .write = on_write,
    .fsync = on_fsync,
};

int main(int count, char **words) {
    uint64_t mib = count == 4 ? strtoull(words[2], NULL, 10) : 0;
    size_t sector = count == 4 ? strtoull(words[3], NULL, 10) : 0;
    if (mib == 0 || mib > 65536 || (sector != 512 && sector != 4096)) {
        fprintf(stderr, "usage: lossy-disk DIR SIZE-IN-MIB SECTOR-SIZE\n");
        return 2;
    }
    disk = disk_new(mib << 20, sector);
    // One thread: the order of writes, flushes and marks is the order of the journal.
    char *arguments[] = {words[0], "-f", "-s", "-o", "fsname=lossy-disk", words[1], NULL};
    return fuse_main(6, arguments, &operations, NULL);
}
