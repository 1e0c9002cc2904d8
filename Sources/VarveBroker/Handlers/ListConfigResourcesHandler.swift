internal import VarveMetadata
internal import VarveTransport
internal import VarveWire

extension Broker {
    /// Tells what there is that has properties.
    func listConfigResources(
        _ request: ListConfigResourcesRequest, _ context: RequestContext, on loop: EventLoop
    ) {
        var response = ListConfigResourcesResponse()
        // Version 0 knows of client metrics alone.
        var wanted: Set<ConfigResource.Kind> =
            context.version == 0 ? [.clientMetrics] : []
        for number in request.resourceTypes {
            guard let kind = ConfigResource.Kind(rawValue: number) else {
                response.errorCode = .unsupportedVersion
                return answer(response, to: context, on: loop)
            }
            wanted.insert(kind)
        }
        if wanted.isEmpty {
            wanted = [.topic, .broker, .brokerLogger, .clientMetrics, .group]
        }
        for kind in wanted.sorted(by: { $0.rawValue > $1.rawValue }) {
            for name in names(of: kind) {
                response.configResources.append(
                    .init(resourceName: name, resourceType: kind.rawValue))
            }
        }
        answerAfterFlush(response, to: context)
    }

    private func names(of kind: ConfigResource.Kind) -> [String] {
        switch kind {
        case .topic: image.topics.keys.sorted()
        case .broker, .brokerLogger: image.brokers.keys.sorted().map { "\($0)" }
        case .clientMetrics, .group:
            image.configs.keys.filter { $0.kind == kind }.map(\.name).sorted()
        }
    }
}
