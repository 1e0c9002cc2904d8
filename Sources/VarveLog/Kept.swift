/// A value in memory of its own: what few of many objects have costs the others a word.
final class Kept<Value> {
    var value: Value

    init(_ value: Value) { self.value = value }
}
