import Testing
import VarveSystem
import VarveTerms

@Suite("FileError")
struct FileErrorTests {
    @Test("an error names operation, path, place and cause")
    func description() {
        let error = FileError(.write, "/var/log/x.log", .noSpace, at: FilePosition(12))
        #expect(
            "\(error)"
                == "cannot write /var/log/x.log at byte 12: no space left on device (ENOSPC)")
        #expect(
            "\(FileError(.look, "a", .notFound))"
                == "cannot look at a: no such file or directory (ENOENT)")
    }

    @Test("a number without a name stands for itself")
    func unknownNumber() {
        #expect("\(SystemError(code: 77))" == "errno 77")
    }

    @Test("every error with a name of its own has a text of its own")
    func names() {
        let named: [SystemError] = [
            .notPermitted, .notFound, .interrupted, .inputOutput, .badFile, .tryAgain, .noMemory,
            .accessDenied, .busy, .exists, .notDirectory, .isDirectory, .invalid,
            .tooManyFilesInSystem, .tooManyFiles, .fileTooLarge, .noSpace, .readOnly,
            .nameTooLong, .notEmpty, .unsupported, .quotaExceeded,
        ]
        #expect(Set(named.map(\.code)).count == named.count)
        #expect(Set(named.map(\.description)).count == named.count)
        for error in named { #expect(!"\(error)".hasPrefix("errno")) }
    }

    @Test("only a full disk and a full quota count as out of space")
    func outOfSpace() {
        for code in Int32(1)...133 {
            let error = SystemError(code: code)
            #expect(error.isOutOfSpace == (error == .noSpace || error == .quotaExceeded))
        }
    }
}
