import ArgumentParser
import Records

/// The command that a mistyped one may have meant: ArgumentParser suggests options only.
enum UsageSuggestion {
    /// `Did you mean 'pipeline review claim'?`; nil when every command was found, or nothing is near.
    static func text(for arguments: [String]) -> String? {
        var node: any ParsableCommand.Type = Pipeline.self
        var path = ["pipeline"]
        for argument in arguments {
            if argument.hasPrefix("-") { continue }
            let children = node.configuration.subcommands
            if children.isEmpty { return nil }
            if let child = children.first(where: { $0._commandName == argument }) {
                (node, path) = (child, path + [argument])
                continue
            }
            if argument == "help", path.count == 1 { continue }
            if let near = Nearest.name(to: argument, among: children.map { $0._commandName }) {
                return "Did you mean '\((path + [near]).joined(separator: " "))'?"
            }
            return elsewhere(argument).map { "Did you mean '\($0)'?" }
        }
        return nil
    }

    /// The first command of that name anywhere in the tree.
    private static func elsewhere(_ name: String) -> String? {
        var queue: [(any ParsableCommand.Type, String)] = [(Pipeline.self, "pipeline")]
        while !queue.isEmpty {
            let (node, path) = queue.removeFirst()
            for child in node.configuration.subcommands {
                let childPath = "\(path) \(child._commandName)"
                if child._commandName == name { return childPath }
                queue.append((child, childPath))
            }
        }
        return nil
    }
}
