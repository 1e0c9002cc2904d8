// mount(2) and umount(2) without a program in between, which would cost more than they do.
#pragma once

// Both return 0 or an errno.
int varve_mount(const char *device, const char *directory, const char *kind);
int varve_unmount(const char *directory);
