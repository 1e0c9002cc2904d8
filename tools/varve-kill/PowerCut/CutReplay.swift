internal import VarveBytes
internal import VarveLinux
internal import VarveRecords
internal import VarveSystem
internal import VarveTerms

/// `varve-kill power-cut-check`: looks again at a disk that a cut left and that broke a promise.
enum CutReplay {
    /// - Parameter words: the mounted data directory, the ledger's path, and what the log was:
    ///   seed, threads, segment size, compression.
    /// - Returns: the exit code: 0 when nothing is wrong, 1 when something is.
    static func run(_ words: [String]) -> Int32 {
        guard words.count == 6, let seed = UInt64(words[2]), let threads = Int(words[3]),
            let segmentSize = Int(words[4]), let compression = try? Compression(parsing: words[5])
        else { return 2 }
        var kill = KillOptions(seed: seed)
        kill.segmentSize = ByteCount(segmentSize)
        kill.compression = compression
        do throws(FileError) {
            let ledger = try content(of: words[1])
            var (model, _, found) = LogModel.reading(ledger, threadCount: threads)
            let judge = CutJudge(path: words[0], settings: kill.logSettings, seed: seed)
            found += try judge.violations(&model)
            for violation in found { say("\(violation)\n") }
            say("\(found.count) violations, \(model.acknowledgedCount) acknowledged records\n")
            return found.isEmpty ? 0 : 1
        } catch {
            say("\(error)\n")
            return 2
        }
    }

    private static func content(of path: String) throws(FileError) -> [UInt8] {
        let file = try OpenFile(path, .read, in: LinuxFileSystem())
        var content = [UInt8](repeating: 0, count: try file.size().bytes)
        var span = content.mutableSpan
        var bytes = unsafe span.mutableBytes
        let count = try file.read(into: &bytes, at: .zero)
        return Array(content.prefix(count))
    }

    private static func say(_ text: String) {
        let bytes = Array(text.utf8)
        try? LinuxStream.standardOutput.write(bytes.rawSpan)
    }
}
