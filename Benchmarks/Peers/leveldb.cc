// LevelDB: a write-ahead log, a table in memory and sorted files. 64 MiB in memory before they are
// sorted into files.
#include <leveldb/db.h>
#include <leveldb/write_batch.h>

namespace kv = leveldb;
#include "sorted_store.h"

const char *store_program(void) {
    static const std::string name = "LevelDB " + std::to_string(leveldb::kMajorVersion) + "."
        + std::to_string(leveldb::kMinorVersion);
    return name.c_str();
}

struct store *store_open(const char *folder) {
    leveldb::Options options;
    options.write_buffer_size = 64 << 20;
    return open_store(options, folder);
}
