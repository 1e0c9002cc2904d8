internal import VarveLog

/// One run of a command: what was asked, where it speaks, and the outside.
struct Invocation {
    let arguments: Arguments
    let console: Console
    let surroundings: Surroundings
}
