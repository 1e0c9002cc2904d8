/// Bytes written as hexadecimal digits; white space is skipped, anything else is a bug of a test.
func hex(_ text: some StringProtocol) -> [UInt8] {
    var bytes: [UInt8] = []
    var high: UInt8?
    for letter in text where !letter.isWhitespace {
        guard let digit = letter.hexDigitValue else { preconditionFailure("\(letter) is no digit") }
        if let first = high {
            bytes.append(first << 4 | UInt8(digit))
            high = nil
        } else {
            high = UInt8(digit)
        }
    }
    precondition(high == nil, "an odd number of digits")
    return bytes
}

/// Golden bytes that Apache Kafka's own classes made: two records, key "key", values "value" five
/// times and null, timestamps 1700000000000 and one more, offsets 0 and 1, no producer.
enum Golden {
    static let none = hex(
        """
        00000000000000000000005effffffff02e7af8aa40000000000010000018bcfe568000000018bcfe56801
        ffffffffffffffffffffffffffff0000000244000000066b65793276616c756576616c756576616c756576
        616c756576616c75650012000202066b65790100
        """)
    static let snappy = hex(
        """
        000000000000000000000064ffffffff023f8fdb7b0002000000010000018bcfe568000000018bcfe56801
        ffffffffffffffffffffffffffff0000000282534e415050590000000001000000010000001f2d34440000
        00066b65793276616c75654e0500280012000202066b65790100
        """)
    static let lz4 = hex(
        """
        00000000000000000000005effffffff02419e39470003000000010000018bcfe568000000018bcfe56801
        ffffffffffffffffffffffffffff0000000204224d186040821e000000ef44000000066b65793276616c75
        65050001b00012000202066b6579010000000000
        """)
    /// A COMMIT marker: offset 100, leader epoch 5, producer 7 in epoch 1, coordinator epoch 9.
    static let commitMarker = hex(
        """
        00000000000000640000004200000005024ece5c670030000000000000018bcfe568000000018bcfe56800
        00000000000000070001ffffffff000000012000000008000000010c00000000000900
        """)
    static let timestamp: Int64 = 1_700_000_000_000
}
