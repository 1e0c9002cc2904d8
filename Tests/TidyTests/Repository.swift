import Foundation

/// The working tree that this test was built from.
enum Repository {
    /// Tests/TidyTests/Repository.swift lies three steps below the root.
    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Every text file of the tree, sorted by path. What .gitignore names is left out, and so is
    /// every file that is not UTF-8.
    static let texts: [SourceText] = {
        let skipped: Set = [".git", ".build", ".swiftpm", ".venv", "tmp"]
        var texts: [SourceText] = []
        let prefix = root.path(percentEncoded: false)
        let walk = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
        while let url = walk?.nextObject() as? URL {
            guard !skipped.contains(url.lastPathComponent) else {
                walk?.skipDescendants()
                continue
            }
            guard !url.hasDirectoryPath, let bytes = try? Foundation.Data(contentsOf: url),
                !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self)
            else { continue }
            let path = url.path(percentEncoded: false)
            texts.append(SourceText(String(path.dropFirst(prefix.count)), text))
        }
        return texts.sorted { $0.path < $1.path }
    }()

    static let paths = Set(texts.map(\.path))

    /// The Swift that people wrote, in every folder that holds any.
    static let swift = texts.filter {
        $0.isSwift && !$0.isGenerated && $0.isUnder("Sources", "Tests", "Benchmarks", "tools")
    }

    static func text(_ path: String) -> SourceText? { texts.first { $0.path == path } }

    /// Whether a file or folder has the path; the tree holds files that are not text, too.
    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(
            atPath: root.appending(path: path).path(percentEncoded: false))
    }
}
