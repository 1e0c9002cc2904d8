import Testing
import VarveBytes
import VarveLinux
import VarveLog
import VarveSystem
import VarveTerms

/// How tests spoil files, and look at what comes of it.
enum Damage {
    /// Writes `bytes` over what stands at `position`; a negative one counts from the end.
    static func write(_ bytes: [UInt8], to path: String, at position: Int) throws {
        let file = try OpenFile(path, .readWrite, in: LinuxFileSystem())
        let size = try file.size().bytes
        let start = position < 0 ? size + position : position
        try file.write(bytes.rawSpan, at: FilePosition(start))
    }

    /// Appends bytes to a file.
    static func append(_ bytes: [UInt8], to path: String) throws {
        let file = try OpenFile(path, .readWrite, in: LinuxFileSystem())
        let size = try file.size().bytes
        try file.write(bytes.rawSpan, at: FilePosition(size))
    }

    /// Cuts or extends a file.
    static func resize(_ path: String, to size: Int) throws {
        let file = try OpenFile(path, .readWrite, in: LinuxFileSystem())
        try file.resize(to: ByteCount(size))
    }

    /// Turns every bit of one byte.
    static func flip(_ path: String, at position: Int) throws {
        let file = try OpenFile(path, .readWrite, in: LinuxFileSystem())
        let old = try file.copyBytes(at: FilePosition(position), count: 1)
        let bytes = old.bytes(in: 0..<old.count).array()
        let new = bytes.map { ~$0 }
        try file.write(new.rawSpan, at: FilePosition(position))
    }

    /// The damaged range that `body` is refused for; nil, and a failure, when it is not.
    static func corruptRange<Value>(_ body: () throws -> Value) -> CorruptRange? {
        do {
            _ = try body()
        } catch let error as LogError {
            if case .corrupt(let range) = error { return range }
            Issue.record("not for damage, but for \(error)")
            return nil
        } catch {
            Issue.record("not for damage, but for \(error)")
            return nil
        }
        Issue.record("damaged bytes were served")
        return nil
    }
}

extension Log {
    /// Appends, and waits for what the policy asks.
    func take(_ batch: [UInt8]) throws { try append(batch.rawSpan) }

    /// Appends without a flush.
    func takeUnflushed(_ batch: [UInt8]) throws { try write(batch.rawSpan, now: .none) }
}
