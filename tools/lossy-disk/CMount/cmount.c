#include "cmount.h"

#include <errno.h>
#include <sys/mount.h>

int varve_mount(const char *device, const char *directory, const char *kind) {
    return mount(device, directory, kind, 0, NULL) ? errno : 0;
}

int varve_unmount(const char *directory) { return umount(directory) ? errno : 0; }
