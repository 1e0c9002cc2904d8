import Testing
import VarveLog

/// Every file that lies one cut or one byte from `sample`: each must parse to a value that prints
/// and parses back to itself, or be refused with a defect in a line that the file has or lacks.
func expectNoTrap<Content: WholeFileContent>(_ type: Content.Type, near sample: [UInt8]) {
    for size in 0...sample.count { expectLawful(type, Array(sample[..<size])) }
    for place in sample.indices {
        var bytes = sample
        for value in UInt8.min...UInt8.max {
            bytes[place] = value
            expectLawful(type, bytes)
        }
    }
}

private func expectLawful<Content: WholeFileContent>(_ type: Content.Type, _ bytes: [UInt8]) {
    do throws(CheckpointDefect) {
        let value = try Content(parsing: bytes)
        do throws(CheckpointDefect) {
            let again = try Content(parsing: value.printed())
            if again != value { Issue.record("\(bytes) prints as another value") }
        } catch {
            Issue.record("\(bytes) prints as what is refused: \(error)")
        }
    } catch {
        let lineCount = bytes.count(where: { $0 == 0x0A || $0 == 0x0D }) + 1
        if error.line < 1 || error.line > lineCount + 1 || error.description.isEmpty {
            Issue.record("\(bytes) is refused in line \(error.line): \(error)")
        }
    }
}

/// The defect with which `bytes` are refused; nil, and a failure, when they are not.
func defect<Content: WholeFileContent>(
    _ type: Content.Type, _ bytes: some Sequence<UInt8>
) -> CheckpointDefect? {
    do throws(CheckpointDefect) {
        let value = try Content(parsing: Array(bytes))
        Issue.record("parsed as \(value)")
        return nil
    } catch {
        return error
    }
}

func defect<Content: WholeFileContent>(_ type: Content.Type, _ text: String) -> CheckpointDefect? {
    defect(type, text.utf8)
}
