public import VarveWire

extension ConsumerGroupDescribeRequest: Question {
    public typealias Answer = ConsumerGroupDescribeResponse
    public static var api: APIKey { .consumerGroupDescribe }
    public static var spoken: ClosedRange<Int16> { 0...1 }
}

extension ShareGroupDescribeRequest: Question {
    public typealias Answer = ShareGroupDescribeResponse
    public static var api: APIKey { .shareGroupDescribe }
    public static var spoken: ClosedRange<Int16> { 1...1 }
}

extension OffsetDeleteRequest: Question {
    public typealias Answer = OffsetDeleteResponse
    public static var api: APIKey { .offsetDelete }
    public static var spoken: ClosedRange<Int16> { 0...0 }
}

extension DescribeShareGroupOffsetsRequest: Question {
    public typealias Answer = DescribeShareGroupOffsetsResponse
    public static var api: APIKey { .describeShareGroupOffsets }
    public static var spoken: ClosedRange<Int16> { 0...1 }
}

extension AlterShareGroupOffsetsRequest: Question {
    public typealias Answer = AlterShareGroupOffsetsResponse
    public static var api: APIKey { .alterShareGroupOffsets }
    public static var spoken: ClosedRange<Int16> { 0...0 }
}

extension DeleteShareGroupOffsetsRequest: Question {
    public typealias Answer = DeleteShareGroupOffsetsResponse
    public static var api: APIKey { .deleteShareGroupOffsets }
    public static var spoken: ClosedRange<Int16> { 0...0 }
}
