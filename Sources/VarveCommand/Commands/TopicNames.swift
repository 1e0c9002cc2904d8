internal import VarveClient
internal import VarveTerms
internal import VarveWire

/// Topics by the names that people type.
enum TopicNames {
    static let one = Positional("TOPIC", .required, "the topic's name")

    /// The layout of one topic.
    /// - Throws: `.unusable`, with the nearest name, where there is no such topic.
    static func layout(of name: String, _ client: Client) throws(CommandError) -> TopicLayout {
        do throws(ClientError) {
            let layout = try client.topics([name])
            if let topic = layout[topic: name] { return topic }
            throw ClientError.refused(
                .unknownTopicOrPartition, subject: "topic \(name)", message: nil)
        } catch {
            throw unknown(name, error, client)
        }
    }

    /// The error for a topic that could not be found, with the nearest name that there is.
    static func unknown(_ name: String, _ error: ClientError, _ client: Client) -> CommandError {
        guard case .refused(.unknownTopicOrPartition, _, _) = error else {
            return CommandError(error)
        }
        let names = (try? client.topicNames()) ?? []
        let near = NearestName.find(name, among: names).map { "; did you mean '\($0)'?" }
        return .ended(.unusable, "there is no topic '\(name)'\(near ?? "")")
    }
}
