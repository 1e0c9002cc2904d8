import Foundation
import Testing
import VarveBytes
import VarveRecords

/// Files that Apache Kafka wrote, from a folder or an archive, by their path below its root.
enum GoldenSource {
    /// The root of the repository.
    static let root = "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/")

    /// What stands in a file; unpacked where there is only a `.gz` of it, nil where there is none.
    static func content(_ path: String) throws -> [UInt8]? {
        if let plain = FileManager.default.contents(atPath: path) { return [UInt8](plain) }
        guard let packed = FileManager.default.contents(atPath: path + ".gz") else { return nil }
        return try unpacked([UInt8](packed))
    }

    /// All files below a folder; of `folder.tar.gz` where there is no such folder.
    static func files(below folder: String) throws -> [String: [UInt8]] {
        guard !FileManager.default.fileExists(atPath: folder) else {
            var files: [String: [UInt8]] = [:]
            for path in try FileManager.default.subpathsOfDirectory(atPath: folder) {
                // A folder has no contents.
                guard let bytes = FileManager.default.contents(atPath: folder + "/" + path) else {
                    continue
                }
                files[path] = [UInt8](bytes)
            }
            return files
        }
        let packed = try #require(
            FileManager.default.contents(atPath: folder + ".tar.gz"),
            "neither \(folder) nor .tar.gz")
        return try members(of: unpacked([UInt8](packed)))
    }

    private static func unpacked(_ packed: [UInt8]) throws -> [UInt8] {
        var buffer = ByteBuffer()
        try Decompressor().decompress(packed.rawSpan, codec: .gzip, into: &buffer)
        return buffer.bytes.array()
    }

    /// The files of an archive, without the folder that all of them are in.
    private static func members(of tar: [UInt8]) throws -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        var position = 0
        while position + 512 <= tar.count, tar[position] != 0 {
            // Name, size in octal digits, kind: the fields of a header that matter here.
            let name = text(tar[position..<position + 100])
            let size = try #require(Int(text(tar[position + 124..<position + 135]), radix: 8))
            let isFile = tar[position + 156] == UInt8(ascii: "0")
            position += 512
            if isFile {
                let path = name.drop { $0 != "/" }.dropFirst()
                files[String(path)] = Array(tar[position..<position + size])
            }
            position += (size + 511) / 512 * 512
        }
        return files
    }

    private static func text(_ field: ArraySlice<UInt8>) -> String {
        String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
    }
}
