// A store in this process, as its harness drives it. Records are keyed by their numbers, which grow.
#ifndef STORE_H
#define STORE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct store;

/// The store's name and version.
const char *store_program(void);
/// Opens or makes the store of a folder; it recovers what it must.
struct store *store_open(const char *folder);
/// Writes the records `first` to `first + count - 1` at once, and waits until they are on the disk
/// where `is_durable`. Any thread may call it.
void store_append(struct store *store, uint64_t first, int count, int is_durable);
/// Reads all records in order. Answers the sum of their sums, and counts them.
uint64_t store_scan(struct store *store, uint64_t *count);
/// The sum of one record, which is there.
uint64_t store_read(struct store *store, uint64_t number);
/// How many records there are, found without reading all.
uint64_t store_count(struct store *store);
void store_close(struct store *store);

#ifdef __cplusplus
}
#endif
#endif
