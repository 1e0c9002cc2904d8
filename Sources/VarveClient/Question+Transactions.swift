public import VarveWire

extension ListTransactionsRequest: Question {
    public typealias Answer = ListTransactionsResponse
    public static var api: APIKey { .listTransactions }
    public static var spoken: ClosedRange<Int16> { 0...2 }
}

extension DescribeTransactionsRequest: Question {
    public typealias Answer = DescribeTransactionsResponse
    public static var api: APIKey { .describeTransactions }
    public static var spoken: ClosedRange<Int16> { 0...0 }
}

extension DescribeProducersRequest: Question {
    public typealias Answer = DescribeProducersResponse
    public static var api: APIKey { .describeProducers }
    public static var spoken: ClosedRange<Int16> { 0...0 }
}

extension WriteTxnMarkersRequest: Question {
    public typealias Answer = WriteTxnMarkersResponse
    public static var api: APIKey { .writeTxnMarkers }
    // From version 2 on a marker has to tell by which rules its transaction was kept, which nobody
    // but the coordinator knows.
    public static var spoken: ClosedRange<Int16> { 1...1 }
}
