import Glibc
import VarveLinux
import VarveSystem
import VarveTerms

/// An empty directory of its own for one test, removed with everything in it at the test's end.
final class TemporaryDirectory: Sendable {
    let path: String
    let fileSystem = LinuxFileSystem()

    init() throws {
        let root = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
        var template = Array("\(root)/varve-XXXXXX".utf8CString)
        let made = unsafe template.withUnsafeMutableBufferPointer {
            unsafe mkdtemp($0.baseAddress!) != nil
        }
        guard made else { throw FileError(.makeDirectory, root, SystemError(code: errno)) }
        path = unsafe template.withUnsafeBufferPointer { unsafe String(cString: $0.baseAddress!) }
    }

    deinit { remove() }

    /// Removes everything, for tests whose process ends without `deinit`; open files stay usable.
    func remove() { remove(path) }

    private func remove(_ directory: String) {
        for entry in (try? fileSystem.entries(of: directory)) ?? [] {
            let path = "\(directory)/\(entry.name)"
            // A link to a directory is removed as the name that it is.
            if unsafe unlink(path) == 0 { continue }
            remove(path)
        }
        _ = unsafe rmdir(directory)
    }

    /// The path of `name` in here.
    func path(of name: String) -> String { "\(path)/\(name)" }

    /// Makes a file with `content` and lends it.
    func file(_ name: String, _ content: [UInt8] = []) throws(FileError) -> OpenFile {
        let file = try OpenFile(path(of: name), .createNew, in: fileSystem)
        try file.write(unsafe content.span.bytes, at: .zero)
        return file
    }

    /// The error that `body` throws; nil when it returns.
    static func error(of body: () throws(FileError) -> Void) -> FileError? {
        do throws(FileError) {
            try body()
            return nil
        } catch { return error }
    }
}
