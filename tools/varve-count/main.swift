internal import VarveCounters

// Prints every count as the table of docs/internals/counters.md has it.
let filter = CommandLine.arguments.dropFirst().first ?? ""
for counter in Counter.all where counter.name.hasPrefix(filter) {
    do {
        print("| `\(counter.name)` | \(try counter.measure()) |")
    } catch {
        print("| `\(counter.name)` | failed: \(error) |")
    }
}
