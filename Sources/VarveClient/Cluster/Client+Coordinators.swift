internal import VarveWire

/// What one broker keeps the state of.
enum Coordinated: CustomStringConvertible {
    case group(String)
    case transaction(String)

    var key: String {
        switch self {
        case .group(let name): name
        case .transaction(let id): id
        }
    }

    /// Kafka's number for the kind.
    var kind: Int8 {
        switch self {
        case .group: 0
        case .transaction: 1
        }
    }

    var description: String {
        switch self {
        case .group(let name): "group \(name)"
        case .transaction(let id): "transactional id \(id)"
        }
    }
}

extension Client {
    /// Asks the broker that keeps the state of something, wherever that moves.
    ///
    /// - Parameter outcome: what its answer means: a value, or the code and the message of a
    ///   refusal.
    func askCoordinator<Q: Question, Value>(
        of subject: Coordinated, _ question: Q,
        _ outcome: (_ answer: Q.Answer, _ broker: Int32) -> (
            value: Value?, code: ErrorCode, message: String?
        )
    ) throws(ClientError) -> Value {
        try patiently("\(subject)") { deadline throws(ClientError) in
            let found = try ask(
                FindCoordinatorRequest(key: subject.key, keyType: subject.kind), of: .anyone,
                until: deadline)
            if found.errorCode.isPassing { return .again(found.errorCode) }
            guard found.errorCode == .none else {
                throw .refused(
                    found.errorCode, subject: "\(subject)", message: found.errorMessage)
            }
            let answer = try ask(question, of: .broker(found.nodeId), until: deadline)
            let (value, code, message) = outcome(answer, found.nodeId)
            if code.isPassing { return .again(code) }
            guard code == .none, let value else {
                throw .refused(code, subject: "\(subject)", message: message)
            }
            return .done(value)
        }
    }

    /// Asks every broker what it keeps the state of.
    ///
    /// - Parameter code: what an answer says of itself.
    func askEveryBroker<Q: Question>(
        _ subject: String, _ question: Q, _ code: (Q.Answer) -> ErrorCode
    ) throws(ClientError) -> [(broker: Int32, answer: Q.Answer)] {
        var answers: [(broker: Int32, answer: Q.Answer)] = []
        for broker in try refresh(topics: []).brokers.keys.sorted() {
            let answer = try patiently(subject) {
                deadline throws(ClientError) -> Attempt<Q.Answer> in
                let answer = try ask(question, of: .broker(broker), until: deadline)
                let code = code(answer)
                if code.isPassing { return .again(code) }
                guard code == .none else {
                    throw .refused(code, subject: "broker \(broker)", message: nil)
                }
                return .done(answer)
            }
            answers.append((broker, answer))
        }
        return answers
    }
}
