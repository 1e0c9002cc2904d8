import VarveBytes

extension Record {
    /// Copies what a view shows.
    public init(_ view: borrowing RecordView) {
        self.init(value: nil, timestamp: view.timestamp)
        if let bytes = view.key { key = bytes.array() }
        if let bytes = view.value { value = bytes.array() }
        var cursor = view.headers
        while let header = cursor.next() { headers.append(RecordHeader(header)) }
    }
}

extension RecordHeader {
    /// Copies what a view shows.
    public init(_ view: borrowing HeaderView) {
        self.init(key: view.key.array(), value: nil)
        if let bytes = view.value { value = bytes.array() }
    }
}
