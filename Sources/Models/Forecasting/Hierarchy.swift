/// Sums over items: stores, regions, categories, and all.
public struct Hierarchy: Hashable, Sendable {
    /// Groups first, `all` the first of them, then items.
    public let names: [String]
    /// Positions of the items in a node's sum, counted among items.
    public let members: [[Int]]
    /// Of each item, the positions of its groups among the nodes, `all` the first.
    let groupsOfItems: [[Int]]

    public var groupCount: Int { names.count - itemCount }
    public var itemCount: Int { members[0].count }

    /// - Parameters:
    ///   - items: names, at least one, each once.
    ///   - groups: of each item, the groups it belongs to, in any number of dimensions: `["store 1", "milk"]`. A group may hold all items.
    public init(items: [String], groups: [[String]]) {
        precondition(!items.isEmpty && items.count == groups.count)
        var order: [String] = [], places: [String: [Int]] = [:]
        for (item, own) in groups.enumerated() {
            for group in own where places[group]?.last != item {
                if places[group] == nil { order.append(group) }
                places[group, default: []].append(item)
            }
        }
        names = ["all"] + order + items
        members = [Array(items.indices)] + order.map { places[$0] ?? [] } + items.indices.map { [$0] }
        var own = items.map { _ in [0] }
        for (place, name) in order.enumerated() { for item in places[name] ?? [] { own[item].append(place + 1) } }
        groupsOfItems = own
    }

    /// A value a node from a value an item.
    public func sums(_ items: [Double]) -> [Double] { members.map { $0.reduce(0) { $0 + items[$1] } } }
}

extension Hierarchy {
    /// What each group's value is above the sum of its items.
    func gaps(_ nodes: [Double]) -> [Double] {
        (0..<groupCount).map { group in members[group].reduce(nodes[group]) { $0 - nodes[groupCount + $1] } }
    }
}
