import VarveLinux
import VarveLog
import VarveSystem
import VarveTerms

/// Files that Apache Kafka wrote, and pages of the documentation, as the tests read them.
enum Fixture {
    /// The root of the repository.
    static let root = "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/")

    static let checkpoints = root + "/Tests/Fixtures/checkpoints"

    /// What stands in a file; nothing when there is none, which every test then notices.
    static func bytes(_ path: String) -> [UInt8] {
        let bytes = try? WholeFile.load(path, sizeMax: .mib(1), in: LinuxFileSystem())
        return bytes ?? []
    }

    /// The paths of all fixtures whose last part is `name`, sorted.
    static func files(named name: String, under folder: String = checkpoints) -> [String] {
        let entries = (try? LinuxFileSystem().entries(of: folder)) ?? []
        return entries.flatMap { entry -> [String] in
            let path = folder + "/" + entry.name
            if entry.kind == .directory { return files(named: name, under: path) }
            return entry.name == name ? [path] : []
        }.sorted()
    }

    /// The lines of a page under docs/formats.
    private static func lines(of page: String) -> [Substring] {
        String(decoding: bytes(root + "/docs/formats/" + page), as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// What the first block fenced as `example` in a page holds, without the last line's end.
    static func example(in page: String) -> [UInt8] {
        let block = lines(of: page).drop { $0 != "```example" }.dropFirst().prefix { $0 != "```" }
        return Array(block.joined(separator: "\n").utf8)
    }

    /// The rows of the first table in a page whose heading row begins with `| first |`, cell by
    /// cell, without backquotes.
    static func table(in page: String, headed first: String) -> [[String]] {
        let rows = lines(of: page).drop { !$0.hasPrefix("| \(first) |") }.dropFirst(2)
        return rows.prefix { $0.hasPrefix("|") }.map { row in
            row.split(separator: "|").map { cell in
                let inner = cell.drop { $0 == " " }.filter { $0 != "`" }
                return String(inner.reversed().drop { $0 == " " }.reversed())
            }
        }
    }
}
