public import VarveWire

/// A request with its answer, and the versions of both that this client can put and read.
///
/// Where a later version asks for something else, such as topics by their ids, the client stays
/// with the last one that names them.
public protocol Question: WireMessage {
    associatedtype Answer: WireMessage
    static var api: APIKey { get }
    static var spoken: ClosedRange<Int16> { get }
}

extension MetadataRequest: Question {
    public typealias Answer = MetadataResponse
    public static var api: APIKey { .metadata }
    // Version 4 is the first that can ask without making the topic.
    public static var spoken: ClosedRange<Int16> { 4...13 }
}

extension DescribeClusterRequest: Question {
    public typealias Answer = DescribeClusterResponse
    public static var api: APIKey { .describeCluster }
    public static var spoken: ClosedRange<Int16> { 0...1 }
}

extension CreateTopicsRequest: Question {
    public typealias Answer = CreateTopicsResponse
    public static var api: APIKey { .createTopics }
    // Version 4 is the first that leaves counts to the broker.
    public static var spoken: ClosedRange<Int16> { 4...7 }
}

extension DeleteTopicsRequest: Question {
    public typealias Answer = DeleteTopicsResponse
    public static var api: APIKey { .deleteTopics }
    public static var spoken: ClosedRange<Int16> { 1...5 }
}

extension CreatePartitionsRequest: Question {
    public typealias Answer = CreatePartitionsResponse
    public static var api: APIKey { .createPartitions }
    public static var spoken: ClosedRange<Int16> { 0...3 }
}

extension DescribeConfigsRequest: Question {
    public typealias Answer = DescribeConfigsResponse
    public static var api: APIKey { .describeConfigs }
    public static var spoken: ClosedRange<Int16> { 1...4 }
}

extension IncrementalAlterConfigsRequest: Question {
    public typealias Answer = IncrementalAlterConfigsResponse
    public static var api: APIKey { .incrementalAlterConfigs }
    public static var spoken: ClosedRange<Int16> { 0...1 }
}

extension ListOffsetsRequest: Question {
    public typealias Answer = ListOffsetsResponse
    public static var api: APIKey { .listOffsets }
    public static var spoken: ClosedRange<Int16> { 2...9 }
}

extension InitProducerIdRequest: Question {
    public typealias Answer = InitProducerIdResponse
    public static var api: APIKey { .initProducerId }
    public static var spoken: ClosedRange<Int16> { 0...4 }
}

extension ProduceRequest: Question {
    public typealias Answer = ProduceResponse
    public static var api: APIKey { .produce }
    public static var spoken: ClosedRange<Int16> { 3...12 }
}

extension FetchRequest: Question {
    public typealias Answer = FetchResponse
    public static var api: APIKey { .fetch }
    public static var spoken: ClosedRange<Int16> { 4...12 }
}

extension FindCoordinatorRequest: Question {
    public typealias Answer = FindCoordinatorResponse
    public static var api: APIKey { .findCoordinator }
    public static var spoken: ClosedRange<Int16> { 0...3 }
}

extension ListGroupsRequest: Question {
    public typealias Answer = ListGroupsResponse
    public static var api: APIKey { .listGroups }
    public static var spoken: ClosedRange<Int16> { 0...5 }
}

extension DescribeGroupsRequest: Question {
    public typealias Answer = DescribeGroupsResponse
    public static var api: APIKey { .describeGroups }
    public static var spoken: ClosedRange<Int16> { 0...6 }
}

extension DeleteGroupsRequest: Question {
    public typealias Answer = DeleteGroupsResponse
    public static var api: APIKey { .deleteGroups }
    public static var spoken: ClosedRange<Int16> { 0...2 }
}

extension OffsetFetchRequest: Question {
    public typealias Answer = OffsetFetchResponse
    public static var api: APIKey { .offsetFetch }
    // Version 2 is the first that can ask for everything that a group has.
    public static var spoken: ClosedRange<Int16> { 2...7 }
}

extension OffsetCommitRequest: Question {
    public typealias Answer = OffsetCommitResponse
    public static var api: APIKey { .offsetCommit }
    public static var spoken: ClosedRange<Int16> { 2...9 }
}
