// The example of README.md, to the letter; EmbedExampleTests compares the two and runs it.
import Varve

func example(_ path: String) async throws {
    let log = try SharedLog(path)  // recovers if the last end was a crash
    let first = try await log.append("signed up")  // on disk when this returns
    try await log.append([Record(text: "signed in"), Record(text: "signed out")])
    var scanner = RecordScanner()
    for try await batches in log.follow(from: first) {  // and then each as it is appended
        try batches.forEachRecord(with: &scanner) { print($0.offset, $0.valueText ?? "") }
        if batches.nextOffset == log.ends.flushed { break }
    }
    try log.close()
}
