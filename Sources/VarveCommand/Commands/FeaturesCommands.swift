internal import VarveClient
internal import VarveTerms

/// `varve features …`: which levels of features a cluster goes by (KIP-584).
enum FeaturesCommands {
    static let all: [Command] = [describe, upgrade, downgrade]

    // MARK: describe

    static let describe = Command(
        "features describe", "show the features of a cluster and their levels",
        paragraphs: ["MIN and MAX are what the broker that answers could do; 0 is off."],
        positionals: [], options: ClusterPlace.options,
        examples: [.init("varve features describe", "A line for each feature.")],
        exitCodes: ClusterPlace.exitCodes, run: runDescribe)

    @Sendable
    private static func runDescribe(_ invocation: Invocation) throws(CommandError) -> ExitCode {
        let client = invocation.makeClient()
        let features = try cluster { () throws(ClientError) in try client.versions().features }
        var listing = Listing(["FEATURE", "LEVEL", "MIN", "MAX"], on: invocation.console)
        for feature in features {
            try listing.add(
                [
                    feature.name, "\(feature.level ?? 0)", cell(feature.supported?.lowerBound),
                    cell(feature.supported?.upperBound),
                ],
                [
                    "feature": .text(feature.name), "level": .number(Int64(feature.level ?? 0)),
                    "min": .number(ifAny: feature.supported?.lowerBound),
                    "max": .number(ifAny: feature.supported?.upperBound),
                ])
        }
        try listing.end()
        return .done
    }

    // MARK: upgrade and downgrade

    private static let levels = [
        Positional("NAME=LEVEL", .required, "a feature and its new level"),
        Positional("NAME=LEVEL", .many, "more of them; all are changed, or none"),
    ]
    private static let unsafe = Switch(
        "unsafe", "even if metadata is lost that only the higher level can keep")

    static let upgrade = Command(
        "features upgrade", "have a cluster go by higher levels of features",
        paragraphs: [
            "What a higher level writes older programs may not read: there may be no way back."
        ],
        positionals: levels, options: ClusterPlace.options + [TopicsCommands.checkOnly],
        examples: [
            .init("varve features upgrade share.version=1 --check-only", "Only asks."),
            .init("varve features upgrade share.version=1", "Turns share groups on."),
        ], exitCodes: ClusterPlace.exitCodes
    ) { invocation throws(CommandError) in
        try change(invocation, .up)
    }

    static let downgrade = Command(
        "features downgrade", "have a cluster go by lower levels of features",
        positionals: levels, options: ClusterPlace.options + [unsafe, TopicsCommands.checkOnly],
        examples: [.init("varve features downgrade share.version=0", "Turns share groups off.")],
        exitCodes: ClusterPlace.exitCodes
    ) { invocation throws(CommandError) in
        try change(invocation, invocation.arguments[unsafe] ? .downWithLoss : .down)
    }

    private static func change(
        _ invocation: Invocation, _ direction: FeatureDirection
    ) throws(CommandError) -> ExitCode {
        let arguments = invocation.arguments
        var levels: [String: Int16] = [:]
        for word in arguments.positionals {
            guard let pair = ValueKind<NamedValue>.namedValue.parse(word),
                let level = WholeNumber.parse(pair.value).flatMap({ Int16(exactly: $0) })
            else { throw .usage("NAME=LEVEL is needed, as in share.version=1; '\(word)' is none") }
            guard levels.updateValue(level, forKey: pair.name) == nil else {
                throw .usage("\(pair.name) is given twice")
            }
        }
        let client = invocation.makeClient()
        try cluster { () throws(ClientError) in
            try client.update(
                features: levels, direction, check: TopicsCommands.depth(arguments))
        }
        let isDone = !arguments[TopicsCommands.checkOnly]
        for (name, level) in levels.sorted(by: { $0.key < $1.key }) {
            try invocation.console.summarise(
                "\(name) \(isDone ? "is" : "could be") at level \(level)",
                [
                    "feature": .text(name), "level": .number(Int64(level)),
                    "changed": .flag(isDone),
                ])
        }
        return .done
    }
}
