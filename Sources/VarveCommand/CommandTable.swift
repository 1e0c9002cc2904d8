/// The commands of `varve`, in the order in which help lists them.
enum CommandTable {
    static let version = "0.1.0"

    static let all: [Command] =
        [
            ServeCommand.command,
            AppendCommand.command,
            ReadCommand.command,
            BenchCommand.command,
            DumpCommand.command,
            VerifyCommand.command,
            StatusCommand.command,
            RecoverCommand.command,
            ScrubCommand.command,
            RepairCommand.command,
            TruncateCommand.command,
            CompactCommand.command,
            ProduceCommand.command,
            ConsumeCommand.command,
        ] + TopicsCommands.all + ConfigsCommands.all + GroupsCommands.all
        + TransactionsCommands.all + FeaturesCommands.all
}
