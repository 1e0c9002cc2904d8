internal import VarveLog
internal import VarveSystem

/// Why a command ends early. Each is one line for people and one exit code for scripts.
enum CommandError: Error {
    /// The command line is wrong.
    case usage(String)
    /// The engine could not do what it was asked.
    case log(LogError)
    /// A stream, or a file of input, could not be read or written.
    case file(FileError)
    /// The input cannot be stored; the text says where it stands and why.
    case refused(String)
    /// Anything else, with its code.
    case ended(ExitCode, String)
    /// A signal asked for the end, and the command left everything clean. The text says what was
    /// reached, where that matters.
    case stopped(signal: Int32, String?)
    /// Whoever read the standard output has enough: a quiet end.
    case outputClosed

    var code: ExitCode {
        switch self {
        case .usage: .usage
        case .log(let error): error.exitCode
        case .file(let error): error.exitCode
        case .refused: .refused
        case .ended(let code, _): code
        case .stopped(let signal, _): ExitCode(stopSignal: signal)
        case .outputClosed: .done
        }
    }

    /// One line; nil for an end that needs no word.
    var text: String? {
        switch self {
        case .usage(let text), .refused(let text), .ended(_, let text): text
        case .log(let error): "\(error)"
        case .file(let error): "\(error)"
        case .stopped(_, let text): text
        case .outputClosed: nil
        }
    }
}

extension FileError {
    /// What cannot be reached is unusable; what fails once it is open has failed.
    var exitCode: ExitCode {
        switch error {
        case .notFound, .notPermitted, .accessDenied, .notDirectory, .isDirectory, .readOnly,
            .nameTooLong, .exists, .busy:
            .unusable
        case .invalid where operation == .open: .unusable
        default: .failed
        }
    }
}

extension LogError {
    var exitCode: ExitCode {
        switch self {
        case .file(let error): error.exitCode
        case .checkpoint(let error): error.exitCode
        case .locked, .notADataDirectory, .noSuchLog, .logInTwoPlaces, .pinned, .closed,
            .offsetsExhausted, .uncleanable:
            .unusable
        case .refused, .refusedRecord, .tooLarge, .offsetsOutOfOrder, .producer: .refused
        case .poisoned: .failed
        case .corrupt, .damagedIndex, .notAsClosed: .corrupt
        case .setting, .outOfRange: .usage
        }
    }
}

extension CheckpointError {
    var exitCode: ExitCode {
        switch self {
        case .file(let error): error.exitCode
        default: .corrupt
        }
    }
}

/// Runs `body` and turns the engine's error into the command's.
@inline(__always)
func engine<Value: ~Copyable>(
    _ body: () throws(LogError) -> Value
) throws(CommandError) -> Value {
    do { return try body() } catch { throw .log(error) }
}

/// Runs `body` and turns a failed file call into the command's error.
@inline(__always)
func files<Value: ~Copyable>(
    _ body: () throws(FileError) -> Value
) throws(CommandError) -> Value {
    do { return try body() } catch { throw .file(error) }
}
