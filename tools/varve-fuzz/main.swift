import VarveFuzz

var arguments = Array(CommandLine.arguments.dropFirst())
let verb = arguments.isEmpty ? "" : arguments.removeFirst()

do {
    switch verb {
    case "list": for target in FuzzTarget.all { print(target.name) }
    case "seeds": try Verbs(&arguments).writeSeeds(arguments)
    case "replay": try Verbs(&arguments).replay(arguments)
    case "mutate": try Verbs(&arguments).mutate(arguments)
    case "bombs": try Bombs.measure()
    case "guided": try Guidance.run(arguments)
    default: throw UsageError("varve-fuzz: list, seeds, replay, mutate, bombs or guided")
    }
} catch {
    Ending.fail("\(error)")
}
