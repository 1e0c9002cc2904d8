#define _GNU_SOURCE
#include "CCount.h"

#include <sys/resource.h>
#include <time.h>

int64_t varve_wait_count(void) {
    struct rusage use;
    return getrusage(RUSAGE_THREAD, &use) == 0 ? use.ru_nvcsw : -1;
}

void varve_nap(unsigned microseconds) {
    struct timespec time = {microseconds / 1000000, microseconds % 1000000 * 1000L};
    nanosleep(&time, NULL);
}
