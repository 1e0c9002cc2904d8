internal import VarveTransport
internal import VarveWire

extension Broker {
    /// Decodes a request about transactions and hands it to what answers its API.
    /// - Returns: false when it is about something else.
    func serveTransactions(
        _ reader: inout WireReader, _ context: RequestContext, on loop: EventLoop
    ) throws(WireError) -> Bool {
        let version = context.version
        switch context.api {
        case .initProducerId:
            let request = try InitProducerIdRequest(decoding: &reader, version: version)
            initProducerId(request, context, on: loop)
        case .addPartitionsToTxn:
            let request = try AddPartitionsToTxnRequest(decoding: &reader, version: version)
            addPartitionsToTxn(request, context, on: loop)
        case .addOffsetsToTxn:
            let request = try AddOffsetsToTxnRequest(decoding: &reader, version: version)
            addOffsetsToTxn(request, context, on: loop)
        case .endTxn:
            endTxn(try EndTxnRequest(decoding: &reader, version: version), context, on: loop)
        case .txnOffsetCommit:
            let request = try TxnOffsetCommitRequest(decoding: &reader, version: version)
            txnOffsetCommit(request, context, on: loop)
        case .writeTxnMarkers:
            let request = try WriteTxnMarkersRequest(decoding: &reader, version: version)
            writeTxnMarkers(request, context, on: loop)
        case .describeTransactions:
            let request = try DescribeTransactionsRequest(decoding: &reader, version: version)
            describeTransactions(request, context, on: loop)
        case .listTransactions:
            let request = try ListTransactionsRequest(decoding: &reader, version: version)
            listTransactions(request, context, on: loop)
        case .describeProducers:
            let request = try DescribeProducersRequest(decoding: &reader, version: version)
            describeProducers(request, context, on: loop)
        default: return false
        }
        return true
    }
}
