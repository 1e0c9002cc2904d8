public import VarveWire

extension UpdateFeaturesRequest: Question {
    public typealias Answer = UpdateFeaturesResponse
    public static var api: APIKey { .updateFeatures }
    // Version 1 is the first that can only check.
    public static var spoken: ClosedRange<Int16> { 1...2 }
}
